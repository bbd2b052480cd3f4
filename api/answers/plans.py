"""The answer that says what a migration would do."""

from datetime import datetime
from typing import Literal, Self

from api.answers.base import Answer
from api.ids import AnyDefinitionId, AnyImageId
from domain.planning.changes import Change, changes_of
from domain.planning.checks.check import Check
from domain.planning.estimates import ReplicationEstimate, StorageEstimate
from domain.planning.plan import MigrationPlan
from domain.planning.targets import TargetPlan
from domain.policy.sections import PolicyStrategy
from domain.resources.galleries import ImageDefinition, TargetRegion
from domain.resources.images import PurchasePlan


class PlannedDefinition(Answer):
    """The image definition of a planned version, as it is or will be created."""

    name: str
    exists: bool
    id: AnyDefinitionId
    location: str
    os_type: str
    os_state: str
    hyper_v_generation: str
    architecture: str
    publisher: str
    offer: str
    sku: str
    purchase_plan: PurchasePlan | None
    security_type: str
    features: dict[str, str]
    """The definition's features, by Azure's names: its security type, its disk controller types and others."""
    tags: dict[str, str]

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
            features=definition.features,
            tags=definition.tags,
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
    replication: ReplicationEstimate | None = None
    """Null if no version is made."""


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
    as_of: datetime | None
    """When the oldest part of what the plan knows of its galleries was read; null if none was."""
    targets: list[PlannedTarget]
    changes: list[Change]
    """What the migration would change, resource by resource; empty if Azure is as the policy wants it."""
    facts: dict[str, str]
    """What would be written, fact by fact: `POST /api/migrations` with the same choices and these facts starts exactly
    this plan, or nothing."""

    @classmethod
    def of(cls, image: AnyImageId, plan: MigrationPlan, replication: ReplicationEstimate | None) -> Self:
        """The plan for an image."""
        return cls(
            image=image,
            outcome=plan.outcome,
            rule=plan.rule,
            fingerprint=plan.fingerprint,
            reason=plan.reason,
            fix=plan.fix,
            checks=plan.checks,
            estimate=Estimate(storage=plan.estimate.storage, replication=replication)
            if plan.estimate
            else None,
            as_of=plan.as_of,
            targets=[PlannedTarget.of(target) for target in plan.targets],
            changes=changes_of(plan.targets),
            facts=plan.facts,
        )
