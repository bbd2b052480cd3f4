"""The plan for one target gallery: definition, version, number and rollout, with the checks about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, Field

from domain.planning.checks.check import Check
from domain.planning.checks.definition import check_definition, check_identity, offer_removal
from domain.planning.checks.features import check_features, check_vm_sizes, usable_features
from domain.planning.checks.gallery import (
    MOST_DEFINITIONS,
    MOST_VERSIONS,
    Usage,
    check_failed_versions,
    check_replication_mode,
    check_room,
    check_soft_deleted,
    check_version,
)
from domain.planning.checks.owner import check_owner, is_owned
from domain.planning.checks.sharing import check_sharing
from domain.planning.numbering import DefinitionVersions, Numbering, Reservation, Reserved, reserve
from domain.planning.requests import PlanRequest
from domain.planning.rollout import Rollout, rollout_of
from domain.planning.version_spec import VersionSpec
from domain.policy.naming import LONGEST_SKU, Naming, with_suffix
from domain.policy.rules import Decision
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, TargetRegion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageVersionId
from domain.resources.permissions import Permission
from domain.resources.provenance import definition_tags, version_made_from, version_tags, versions_made_from

# a plan travels through the task hub
MOST_NUMBERS_CARRIED = 200


class TargetInputs(NamedTuple):
    """What all target galleries of an image have in common.

    `pinned` are the numbers that an earlier plan named, by gallery.
    """

    request: PlanRequest
    decision: Decision
    naming: Naming
    regions: list[TargetRegion]
    numbering: Numbering
    pinned: Mapping[GalleryId, str] = MappingProxyType({})


class GalleryView(BaseModel):
    """What is known of one target gallery. `gallery` is None if it does not exist or cannot be read completely.

    `versions` are those of the image's definition. `soft_deleted` are the numbers of its versions in the gallery's bin,
    None if the bin cannot be read. `usage` is None where nothing was counted.
    """

    gallery: Gallery | None
    definitions: list[ImageDefinition] = []
    versions: list[ImageVersion] = []
    soft_deleted: list[str] | None = []
    permissions: list[Permission] | None = None
    usage: Usage | None = Usage()


class TargetPlan(BaseModel):
    """One target gallery: the definition as it is or will be, and the version to create under it.

    `number` is the one that the version would get now; the ledger decides when the version is created. `adopts`
    says that the gallery already has a version of this content. `copied_from` are the versions of this content in all
    galleries, `has_bin` says that the gallery keeps deleted versions for a while. `numbers` are those in the definition
    at `planned_at`, None if they are too many to carry.

    Of a version that the gallery has: `adds` are the regions that it lacks, `grows` those in which it gets more
    replicas, and `rewrites` says that it failed. They are for people, and do not travel through the task hub.
    """

    definition: ImageDefinition
    definition_exists: bool
    version: VersionSpec
    rollout: Rollout
    number: str | None = None
    adopts: bool = False
    copied_from: list[ImageVersionId] = []
    has_bin: bool = False
    numbers: DefinitionVersions | None = None
    planned_at: datetime | None = None
    adds: list[str] = Field(default=[], exclude=True)
    grows: list[str] = Field(default=[], exclude=True)
    rewrites: bool = Field(default=False, exclude=True)

    @property
    def definition_is_ready(self) -> bool:
        """Whether versions can be made in the definition as it is."""
        return self.definition_exists and self.definition.provisioning_state == "Succeeded"

    def is_its_definition(self, found: ImageDefinition) -> bool:
        """Whether a definition is the one of this plan: the one that was there, or the one that it had made."""
        return self.definition_exists or self.definition.tags.items() <= found.tags.items()


def plan_target(
    inputs: TargetInputs,
    gallery: Gallery,
    view: GalleryView,
    preferred: str | None = None,
    copied_from: Sequence[ImageVersionId] = (),
) -> tuple[TargetPlan, list[Check]]:
    """Plans one existing gallery, and returns the checks about it.

    `preferred` is the first gallery's number, `copied_from` are the versions of the image in all galleries.
    """
    wanted = _wanted_definition(inputs, gallery)
    existing = next((found for found in view.definitions if found.id == wanted.id), None)
    definition = existing or _with_free_identity(wanted, view.definitions)
    rollout = rollout_of(inputs.decision.choices, inputs.regions)
    version = _version_spec(inputs, definition.id, rollout.beginning())
    held = version_made_from(inputs.request.image, view.versions, copied_from)
    reserved = _expected_number(inputs, version, view, held, preferred)
    target = TargetPlan(
        definition=definition,
        definition_exists=existing is not None,
        version=version,
        rollout=rollout,
        number=reserved.version,
        adopts=held is not None and held.id.name == reserved.version,
        copied_from=list(copied_from),
        has_bin=gallery.soft_delete,
        numbers=_numbers(view, held),
        planned_at=inputs.request.now,
    )
    if target.adopts and held is not None:
        _compare(target, held)
    made_from_image = versions_made_from(inputs.request.image, view.versions, copied_from)
    checks = [
        *check_sharing(inputs.request.image, gallery, inputs.regions, wanted.purchase_plan),
        *(
            offer_removal(check_definition(existing, wanted), existing, view.versions)
            if existing
            else [check_identity(wanted, definition)]
        ),
        *(_check_existing(inputs, existing, wanted, view, held) if existing else []),
        check_vm_sizes(definition, exists=existing is not None),
        check_version(reserved, held),
        *check_failed_versions(held, made_from_image),
        *check_soft_deleted(gallery.id, view.soft_deleted),
        *check_replication_mode(held),
        *_check_limits(target, view.usage),
    ]
    return target, checks


def _compare(target: TargetPlan, held: ImageVersion) -> None:
    """Notes what the version that the gallery has lacks. Nothing is ever taken from it."""
    replicas = {region.name: region.replicas for region in held.target_regions}
    wanted = target.rollout.regions
    target.rewrites = held.provisioning_state == "Failed"
    target.adds = [region.name for region in wanted if region.name not in replicas]
    if target.rollout.first_replicas is not None:
        # only a rollout that begins with few replicas raises them
        target.grows = [one.name for one in wanted if one.replicas > replicas.get(one.name, one.replicas)]


def _numbers(view: GalleryView, held: ImageVersion | None) -> DefinitionVersions | None:
    if len(view.versions) > MOST_NUMBERS_CARRIED:
        return None
    return DefinitionVersions.of(view.versions, held, view.soft_deleted or [])


def _check_existing(
    inputs: TargetInputs,
    existing: ImageDefinition,
    wanted: ImageDefinition,
    view: GalleryView,
    held: ImageVersion | None,
) -> list[Check]:
    """Checks what was decided when the definition was made. A version that holds the image is not made again."""
    if held is None and is_owned(inputs.decision.choices):
        owner = check_owner(inputs.request.image.id, existing, view.versions)
    else:
        owner = []
    return [*owner, *check_features(existing, wanted)]


def _wanted_definition(inputs: TargetInputs, gallery: Gallery) -> ImageDefinition:
    image, naming, choices = inputs.request.image, inputs.naming, inputs.decision.choices
    return ImageDefinition(
        id=gallery.id.definition(naming.definition),
        location=gallery.location,
        os_type=image.os_type,
        os_state=image.os_state,
        hyper_v_generation=image.hyper_v_generation,
        # managed images are x64: Arm64 is for galleries only (documented)
        architecture="x64",
        publisher=naming.publisher,
        offer=naming.offer,
        sku=naming.sku,
        purchase_plan=inputs.request.purchase_plan,
        features=usable_features(choices.definition.features.stated(), image.hyper_v_generation),
        tags=definition_tags(
            image, inputs.decision.rule, inputs.request.now, naming.tags, owned=is_owned(choices)
        ),
    )


def _with_free_identity(wanted: ImageDefinition, others: list[ImageDefinition]) -> ImageDefinition:
    """Returns the definition with another SKU if its publisher, offer and SKU are taken: they must be unique."""
    if wanted.identity not in {other.identity for other in others}:
        return wanted
    definition = wanted.model_copy()
    definition.sku = with_suffix(wanted.sku, wanted.id.key, LONGEST_SKU)
    return definition


def _version_spec(
    inputs: TargetInputs, definition: ImageDefinitionId, regions: list[TargetRegion]
) -> VersionSpec:
    request, decision = inputs.request, inputs.decision
    image, choices = request.image, decision.choices
    days = choices.end_of_life_after_days
    return VersionSpec(
        definition=definition,
        numbering=inputs.numbering,
        # documented: the version's location is its source's; gallery and definition may be elsewhere
        location=image.location,
        source=str(image.id),
        source_created_at=image.created_at,
        regions=regions,
        data_disk_luns=[disk.lun for disk in image.data_disks if disk.lun is not None],
        exclude_from_latest=choices.exclude_from_latest is not False,
        end_of_life=request.overrides.end_of_life or (request.now + timedelta(days=days) if days else None),
        tags=version_tags(image, request.started_by, decision.rule, request.now, inputs.naming.tags),
    )


def _expected_number(
    inputs: TargetInputs,
    version: VersionSpec,
    view: GalleryView,
    held: ImageVersion | None,
    preferred: str | None,
) -> Reserved:
    """Returns what the ledger would answer now. Numbers reserved by running migrations are not visible here."""
    request = inputs.request
    reservation = Reservation(
        holder=request.image.id.key,
        wanted=request.overrides.version or inputs.pinned.get(version.definition.gallery),
        numbering=version.numbering,
        preferred=preferred,
        held=held.id.name if held else None,
        held_failed=held is not None and held.provisioning_state == "Failed",
        taken=[
            *(found.id.name for found in view.versions if held is None or found.id != held.id),
            *(view.soft_deleted or []),
        ],
    )
    return reserve({}, reservation)[0]


def _check_limits(target: TargetPlan, usage: Usage | None) -> list[Check]:
    """A definition counts in its own region, a version in that of its source."""
    if usage is None:
        return []
    return [
        check_room(
            "image definitions",
            MOST_DEFINITIONS,
            usage.definitions,
            target.definition.location,
            needs_one=not target.definition_exists,
        ),
        check_room(
            "image versions",
            MOST_VERSIONS,
            usage.versions,
            target.version.location,
            needs_one=not target.adopts,
        ),
    ]
