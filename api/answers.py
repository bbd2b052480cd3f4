"""The answers of the HTTP API: what a successful operation returns as JSON.

Each is made by its `of` from the domain's values, so that a new field of the domain does not become public by accident.
No field has a default unless it can be absent: what is not in the answer is not in the schema either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from api.ids import AnyDefinitionId, AnyImageId, AnyVersionId
from api.links import Addresses
from api.requests import StartBatch
from domain.about import VERSION
from domain.fleet.batches import BatchProgress, BatchRecord, ImageResult
from domain.fleet.coverage import Category, ImageCoverage, summarize
from domain.fleet.policy_preview import ImagePreview
from domain.fleet.states import BatchState
from domain.migration.results import CurrentWait, Failure
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord, TargetStatus
from domain.planning.checks.check import Check
from domain.planning.estimates import StorageEstimate
from domain.planning.plan import MigrationPlan
from domain.planning.targets import TargetPlan
from domain.policy.sections import PolicyStrategy
from domain.resources.galleries import ImageDefinition, ImageVersion, RegionProgress, TargetRegion
from domain.resources.images import Generation, ManagedImage, OsType, PurchasePlan
from domain.resources.provenance import migration_id


class Answer(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Links(Answer):
    """Related addresses."""

    self: str
    """The address of the resource itself."""


class Accepted(Answer):
    """Something was started, or goes on differently. Poll `links.self`."""

    id: str
    """The id of the migration or batch."""
    links: Links

    @classmethod
    def of(cls, instance_id: str, addresses: Addresses) -> Self:
        """A migration or batch that the request started or changed."""
        return cls(id=instance_id, links=Links(self=addresses.of(instance_id)))


class StartedMigration(Answer):
    """A migration was started. Poll `links.self`."""

    id: str
    """The migration's id: one per managed image."""
    image: AnyImageId
    links: dict[str, str]
    """`self`, and the management addresses of Durable Functions, which hold a key."""

    @classmethod
    def of(
        cls, instance_id: str, image: AnyImageId, addresses: Addresses, management: Mapping[str, str]
    ) -> Self:
        """The migration that the request started."""
        return cls(
            id=instance_id, image=image, links={"self": addresses.migration(instance_id), **management}
        )


class MigrationTarget(Answer):
    """One target gallery of a migration."""

    gallery: str
    """The gallery's name."""
    definition: str
    """The image definition's name."""
    version: str | None
    """The version's number, once it has one."""
    version_id: AnyVersionId | None
    outcome: str | None
    """`created`, `updated`, or `adopted`: the version was there already."""
    state: MigrationState
    regions: list[RegionProgress]
    """The replication, region by region."""
    failure: Failure | None
    """Why the version is not in every region."""

    @classmethod
    def of(cls, target: TargetStatus) -> Self:
        """The target as the migration knows it."""
        return cls(
            gallery=target.definition.gallery.name,
            definition=target.definition.name,
            version=target.version_id.name if target.version_id else None,
            version_id=target.version_id,
            outcome=target.outcome,
            state=target.state,
            regions=target.regions,
            failure=target.failure,
        )


class Migration(Answer):
    """A migration."""

    id: str
    image: AnyImageId
    state: MigrationState
    """`completed`, `skipped`, `blocked`, `partial`, `failed` and `cancelled` are ends."""
    started_by: str
    """Who started it: the caller's name, `http`, an event, or a batch."""
    rule: str | None
    """The policy rule that matched the image."""
    fingerprint: str | None
    """Identifies the image's content: an image of the same name with other content has another fingerprint."""
    reason: str | None
    """Why it ended, unless it completed."""
    fix: str | None
    """What to do about it."""
    waiting_for: CurrentWait | None
    """What it waits for at the moment."""
    warnings: list[str]
    failure: Failure | None
    """The error that ended it."""
    targets: list[MigrationTarget]
    created: datetime
    """When it was started."""
    updated: datetime
    """When it last changed."""
    links: Links

    @classmethod
    def of(cls, record: MigrationRecord, addresses: Addresses) -> Self:
        """The migration as the task hub knows it."""
        status = record.status
        return cls(
            id=record.id,
            image=status.image,
            state=status.state,
            started_by=status.started_by,
            rule=status.rule,
            fingerprint=status.fingerprint,
            reason=status.reason,
            fix=status.fix,
            waiting_for=status.waiting_for,
            warnings=status.warnings,
            failure=status.failure,
            targets=[MigrationTarget.of(target) for target in status.targets],
            created=record.created,
            updated=record.updated,
            links=Links(self=addresses.migration(record.id)),
        )


class Migrations(Answer):
    """A page of migrations, in the order of their ids."""

    migrations: list[Migration]
    next: str | None
    """The address of the next page."""


class PlannedDefinition(Answer):
    """The image definition of a planned version, as it is or will be created."""

    name: str
    exists: bool
    id: AnyDefinitionId
    location: str
    os_type: OsType
    os_state: str
    hyper_v_generation: Generation
    architecture: str
    publisher: str
    offer: str
    sku: str
    purchase_plan: PurchasePlan | None
    security_type: str

    @classmethod
    def of(cls, definition: ImageDefinition, *, exists: bool) -> Self:
        """The definition of a plan."""
        return cls(
            name=definition.id.name,
            exists=exists,
            id=definition.id,
            location=definition.location,
            os_type=definition.os_type,
            os_state=definition.os_state,
            hyper_v_generation=definition.hyper_v_generation,
            architecture=definition.architecture,
            publisher=definition.publisher,
            offer=definition.offer,
            sku=definition.sku,
            purchase_plan=definition.purchase_plan,
            security_type=definition.security_type,
        )


class PlannedVersion(Answer):
    """A planned image version."""

    number: str | None
    """The number that the version would get now. Numbers reserved by running migrations are not counted."""
    exists: bool
    """Whether the gallery already has a version of this content."""
    location: str
    source: str
    exclude_from_latest: bool
    end_of_life: datetime | None
    tags: dict[str, str]
    numbering: PolicyStrategy
    """Where the number comes from."""
    regions: list[TargetRegion]
    """The regions, in the order in which they are replicated."""
    waves: list[list[str]]
    """The names of the regions, wave by wave."""

    @classmethod
    def of(cls, target: TargetPlan) -> Self:
        """The version of a plan."""
        version, rollout = target.version, target.rollout
        return cls(
            number=target.number,
            exists=target.adopts,
            location=version.location,
            source=version.source,
            exclude_from_latest=version.exclude_from_latest,
            end_of_life=version.end_of_life,
            tags=version.tags,
            numbering=version.numbering.strategy,
            regions=rollout.regions,
            waves=[[region.name for region in wave] for wave in rollout.waves],
        )


class PlannedTarget(Answer):
    """What would be created in one gallery."""

    gallery: str
    """The gallery's resource id."""
    definition: PlannedDefinition
    version: PlannedVersion

    @classmethod
    def of(cls, target: TargetPlan) -> Self:
        """A target of a plan."""
        return cls(
            gallery=str(target.definition.id.gallery),
            definition=PlannedDefinition.of(target.definition, exists=target.definition_exists),
            version=PlannedVersion.of(target),
        )


class Estimate(Answer):
    """What a migration would take, roughly."""

    storage: StorageEstimate


class Plan(Answer):
    """What a migration would do."""

    image: AnyImageId
    outcome: Literal["migrate", "skipped", "blocked"]
    rule: str
    """The policy rule that matched the image."""
    fingerprint: str
    """Identifies the image's content."""
    reason: str | None
    """Why nothing would be migrated."""
    fix: str | None
    """What to do about it."""
    checks: list[Check]
    """Every check, with its verdict."""
    estimate: Estimate | None
    targets: list[PlannedTarget]

    @classmethod
    def of(cls, image: AnyImageId, plan: MigrationPlan) -> Self:
        """The plan for an image."""
        return cls(
            image=image,
            outcome=plan.outcome,
            rule=plan.rule,
            fingerprint=plan.fingerprint,
            reason=plan.reason,
            fix=plan.fix,
            checks=plan.checks,
            estimate=Estimate(storage=plan.estimate.storage) if plan.estimate else None,
            targets=[PlannedTarget.of(target) for target in plan.targets],
        )


class Image(Answer):
    """A managed image."""

    id: AnyImageId
    name: str
    resource_group: str
    subscription: str
    location: str
    os_type: OsType
    hyper_v_generation: Generation
    os_disk_gb: int | None
    data_disks_gb: list[int | None]
    provisioning_state: str
    created: datetime | None
    tags: dict[str, str]
    migration: str
    """The address of the image's migration, which may not exist yet."""

    @classmethod
    def of(cls, image: ManagedImage, addresses: Addresses) -> Self:
        """A managed image as Azure describes it."""
        return cls(
            id=image.id,
            name=image.id.name,
            resource_group=image.id.resource_group,
            subscription=image.id.subscription,
            location=image.location,
            os_type=image.os_type,
            hyper_v_generation=image.hyper_v_generation,
            os_disk_gb=image.os_disk.size_gb,
            data_disks_gb=[disk.size_gb for disk in image.data_disks],
            provisioning_state=image.provisioning_state,
            created=image.created_at,
            tags=image.tags,
            migration=addresses.migration(migration_id(image.id)),
        )


class Images(Answer):
    """Managed images, in the order of their ids."""

    images: list[Image]

    @classmethod
    def of(cls, images: Iterable[ManagedImage], addresses: Addresses) -> Self:
        """Managed images as Azure describes them."""
        ordered = sorted(images, key=lambda image: image.id.key)
        return cls(images=[Image.of(image, addresses) for image in ordered])


class GalleryVersion(Answer):
    """An image version, or an image definition that has none: then the fields of a version are null."""

    name: str
    r"""`gallery\definition\version`, or `gallery\definition`."""
    id: AnyVersionId | AnyDefinitionId
    os_type: OsType
    hyper_v_generation: Generation
    location: str | None
    provisioning_state: str | None
    exclude_from_latest: bool | None
    published_at: datetime | None
    end_of_life: datetime | None
    regions: list[str]
    source: str | None
    """The resource id that the version was made from."""

    @classmethod
    def of(cls, definition: ImageDefinition, version: ImageVersion | None = None) -> Self:
        """A version of the definition, or the definition itself."""
        name = f"{definition.id.gallery.name}\\{definition.id.name}"
        return cls(
            name=f"{name}\\{version.id.name}" if version else name,
            id=version.id if version else definition.id,
            os_type=definition.os_type,
            hyper_v_generation=definition.hyper_v_generation,
            location=version.location if version else None,
            provisioning_state=version.provisioning_state if version else None,
            exclude_from_latest=version.exclude_from_latest if version else None,
            published_at=version.published_at if version else None,
            end_of_life=version.end_of_life if version else None,
            regions=[region.name for region in version.target_regions] if version else [],
            source=version.source if version else None,
        )


class Galleries(Answer):
    """The contents of all galleries, in the order of their names."""

    galleries: list[GalleryVersion]

    @classmethod
    def of(cls, definitions: Iterable[tuple[ImageDefinition, Sequence[ImageVersion]]]) -> Self:
        """The definitions with their versions."""
        rows = [
            GalleryVersion.of(definition, version)
            for definition, versions in definitions
            for version in list[ImageVersion | None](versions) or [None]
        ]
        return cls(galleries=sorted(rows, key=lambda row: row.name))


class BatchImage(Answer):
    """How the migration of one image of a batch ended, or what a dry run plans for it."""

    image: AnyImageId
    outcome: str
    """An end state of a migration; in a dry run `migrate`, `skipped` or `blocked`."""
    reason: str | None
    fix: str | None
    definitions: list[AnyDefinitionId]
    regions: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, result: ImageResult) -> Self:
        """An image of a batch."""
        return cls(
            image=result.image,
            outcome=result.outcome,
            reason=result.reason,
            fix=result.fix,
            definitions=result.definitions,
            regions=result.regions,
            warnings=result.warnings,
        )


class Batch(Answer):
    """A batch of migrations."""

    id: str
    state: BatchState
    request: StartBatch
    """The request that started it; what it left out is absent."""
    started_by: str
    selected: int
    """How many images the batch has taken up."""
    waiting: int
    """How many of them are not started yet."""
    running: int
    """How many of them are being migrated."""
    counts: dict[str, int]
    """How many of them ended, per outcome."""
    left_alone: dict[Category, int]
    """How many images needed no migration, per category."""
    migrations: list[str]
    """The addresses of running migrations, up to 100."""
    images: list[BatchImage]
    """The images that did not complete, or the plans of a dry run, up to 500."""
    failure: Failure | None
    """The error that ended the batch."""
    created: datetime
    updated: datetime
    links: Links

    @field_serializer("request")
    def _without_nulls(self, request: StartBatch) -> dict[str, Any]:
        return request.model_dump(mode="json", exclude_none=True)

    @classmethod
    def of(cls, record: BatchRecord, addresses: Addresses) -> Self:
        """The batch as the task hub knows it."""
        batch, progress = record.batch, record.progress
        return cls(
            id=record.id,
            state=batch.state,
            request=StartBatch.model_validate(batch.request.model_dump()),
            started_by=batch.started_by,
            selected=progress.selected,
            waiting=progress.waiting,
            running=progress.running,
            counts=progress.counts,
            left_alone=progress.left_alone,
            migrations=[addresses.migration(name) for name in progress.running_migrations],
            images=[BatchImage.of(result) for result in batch.shown],
            failure=batch.failure,
            created=record.created,
            updated=record.updated,
            links=Links(self=addresses.batch(record.id)),
        )


class ListedBatch(Answer):
    """A batch in a list."""

    id: str
    state: BatchState
    created: datetime
    progress: BatchProgress
    links: Links

    @classmethod
    def of(cls, record: BatchRecord, addresses: Addresses) -> Self:
        """The batch as the task hub knows it."""
        return cls(
            id=record.id,
            state=record.batch.state,
            created=record.created,
            progress=record.progress,
            links=Links(self=addresses.batch(record.id)),
        )


class Batches(Answer):
    """All batches, in the order of their ids."""

    batches: list[ListedBatch]


class ListedImage(Answer):
    """A managed image of the category that was asked for."""

    image: AnyImageId
    category: Category
    rule: str
    """The policy rule that matched the image."""
    why: str | None
    """Why the image is in this category."""
    created_at: datetime | None
    definitions: list[AnyDefinitionId]

    @classmethod
    def of(cls, coverage: ImageCoverage) -> Self:
        """An image with its category."""
        return cls(
            image=coverage.image,
            category=coverage.category,
            rule=coverage.rule,
            why=coverage.why,
            created_at=coverage.created_at,
            definitions=coverage.definitions,
        )


class Coverage(Answer):
    """How many managed images there are in each category."""

    images: int
    """The sum of the five categories."""
    migrated: int
    running: int
    blocked: int
    ignored: int
    untouched: int
    blocked_why: dict[str, int]
    """How many images are blocked, per reason."""
    ignored_by: dict[str, int]
    """How many images the policy ignores, per rule."""
    listed: list[ListedImage] | None = Field(default=None, exclude_if=lambda listed: listed is None)
    """The images of the category in the query; absent without one."""

    @classmethod
    def of(cls, images: Sequence[ImageCoverage], category: Category | None) -> Self:
        """The coverage of these images, with those of one category listed."""
        summary = summarize(images)
        return cls(
            images=summary.images,
            migrated=summary.counts["migrated"],
            running=summary.counts["running"],
            blocked=summary.counts["blocked"],
            ignored=summary.counts["ignored"],
            untouched=summary.counts["untouched"],
            blocked_why=summary.blocked_why,
            ignored_by=summary.ignored_by,
            listed=[ListedImage.of(image) for image in images if image.category == category]
            if category
            else None,
        )


class PreviewedNumber(Answer):
    """Where a version's number would come from."""

    strategy: PolicyStrategy
    number: str | None
    """The number, as far as the image decides it."""


class PreviewedImage(Answer):
    """What a policy gives one image."""

    image: AnyImageId
    rule: str
    """The policy rule that matched the image."""
    action: Literal["migrate", "ignore", "blocked"]
    galleries: list[str]
    """The resource ids of the target galleries."""
    definition: str | None
    """The name of the image definition."""
    version: PreviewedNumber | None
    regions: list[TargetRegion]
    reason: str | None
    """Why the image would not be migrated."""

    @classmethod
    def of(cls, preview: ImagePreview) -> Self:
        """An image with what the policy gives it."""
        numbering = preview.version
        return cls(
            image=preview.image,
            rule=preview.rule,
            action=preview.action,
            galleries=[str(gallery) for gallery in preview.galleries],
            definition=preview.definition,
            version=PreviewedNumber(strategy=numbering.strategy, number=numbering.number)
            if numbering
            else None,
            regions=preview.regions,
            reason=preview.reason,
        )


class PolicyCounts(Answer):
    """How many images each action and each rule applies to."""

    actions: dict[str, int]
    rules: dict[str, int]


class PolicyCheck(Answer):
    """What a policy gives the images of a scope."""

    policy: Literal["in force", "given"]
    """Whether the policy came with the request."""
    total: int
    """How many images the scope has."""
    counts: PolicyCounts
    images: list[PreviewedImage]
    """The first images, up to the request's limit, in the order of their ids."""

    @classmethod
    def of(cls, previews: Sequence[ImagePreview], *, limit: int, given: bool) -> Self:
        """The first images in full, all of them counted."""
        counts = PolicyCounts(
            actions=Counter(preview.action for preview in previews),
            rules=Counter(preview.rule for preview in previews),
        )
        return cls(
            policy="given" if given else "in force",
            total=len(previews),
            counts=counts,
            images=[PreviewedImage.of(preview) for preview in previews[:limit]],
        )


class Health(Answer):
    """Whether the app can work."""

    status: Literal["healthy", "degraded"]
    """`degraded`: the newest policy has errors, and an older one stays in force."""
    version: str
    """The version of Gallerist."""
    rules: int
    """How many rules the policy in force has."""
    policy_problem: str | None
    """The errors of the newest policy."""

    @classmethod
    def of(cls, rules: int, policy_problem: str | None) -> Self:
        """The health, with what is wrong with the newest policy."""
        status: Literal["healthy", "degraded"] = "degraded" if policy_problem else "healthy"
        return cls(status=status, version=VERSION, rules=rules, policy_problem=policy_problem)
