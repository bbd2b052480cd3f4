"""What is planned for one target gallery: definition, version and number, with the checks that concern them."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from pydantic import BaseModel

from domain.planning.checks.check import Check
from domain.planning.checks.definition import check_definition, check_identity
from domain.planning.checks.gallery import MOST_DEFINITIONS, MOST_VERSIONS, Usage, check_room, check_version
from domain.planning.numbering import Numbering, Reservation, Reserved, reserve
from domain.planning.requests import PlanRequest
from domain.planning.rollout import Rollout, rollout_of
from domain.planning.version_spec import VersionSpec
from domain.policy.naming import _LONGEST_SKU, Naming
from domain.policy.rules import Decision
from domain.policy.sections import Choices
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, TargetRegion
from domain.resources.ids import ImageDefinitionId
from domain.resources.images import ManagedImage, PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.provenance import version_made_from, version_tags


def with_free_identity(wanted: ImageDefinition, others: list[ImageDefinition]) -> ImageDefinition:
    """The definition with a publisher/offer/SKU that no other one in the gallery has (they must be unique)."""
    if wanted.identity not in {other.identity for other in others}:
        return wanted
    suffix = hashlib.sha256(wanted.id.key.encode()).hexdigest()[:8]
    return wanted.model_copy(update={"sku": f"{wanted.sku[: _LONGEST_SKU - 9]}-{suffix}"})


class TargetPlan(BaseModel):
    """One target gallery: the definition as it is or will be, and the version to make under it.

    `number` is the one that the version would get at the moment; the ledger decides when it is made. With `adopts`
    the gallery has a version of this content already.
    """

    definition: ImageDefinition
    definition_exists: bool
    version: VersionSpec
    rollout: Rollout
    number: str | None = None
    adopts: bool = False


class GalleryView(BaseModel):
    """What is known of one target gallery: None where it does not exist, or where something could not be read.

    `versions` are those of the definition that the image is to go into.
    """

    gallery: Gallery | None
    definitions: list[ImageDefinition] = []
    versions: list[ImageVersion] = []
    permissions: list[Permission] | None = None
    usage: Usage = Usage()


class Wish(NamedTuple):
    """What is the same for every target gallery of an image."""

    request: PlanRequest
    decision: Decision
    naming: Naming
    regions: list[TargetRegion]
    numbering: Numbering


def plan_target(
    wish: Wish, gallery: Gallery, view: GalleryView, preferred: str | None
) -> tuple[TargetPlan, list[Check]]:
    """The plan for a gallery that exists, and what was looked at; `preferred` is the first gallery's number."""
    wanted = _wanted_definition(wish, gallery)
    existing = next((found for found in view.definitions if found.id == wanted.id), None)
    definition = existing or with_free_identity(wanted, view.definitions)
    rollout = rollout_of(wish.decision.choices, wish.regions)
    version = _version_spec(wish, definition.id, rollout.beginning())
    held = version_made_from(wish.request.image, view.versions)
    reserved = _expected_number(wish.request, version, view, held, preferred)
    target = TargetPlan(
        definition=definition,
        definition_exists=existing is not None,
        version=version,
        rollout=rollout,
        number=reserved.version,
        adopts=held is not None,
    )
    checks = [
        *(check_definition(existing, wanted) if existing else [check_identity(wanted, definition)]),
        check_version(reserved, held=target.adopts),
        *_check_limits(target, view.usage),
    ]
    return target, checks


def _expected_number(
    request: PlanRequest,
    version: VersionSpec,
    view: GalleryView,
    held: ImageVersion | None,
    preferred: str | None,
) -> Reserved:
    """What the ledger would say, as far as the gallery shows; numbers that are promised already are not seen."""
    reservation = Reservation(
        holder=request.image.id.key,
        wanted=request.overrides.version,
        numbering=version.numbering,
        preferred=preferred,
        held=held.id.name if held else None,
        taken=[found.id.name for found in view.versions if held is None or found.id != held.id],
    )
    return reserve({}, reservation)[0]


def _check_limits(target: TargetPlan, usage: Usage) -> list[Check]:
    region, source_region = target.definition.location, target.version.location
    added = not target.definition_exists
    return [
        check_room("image definitions", MOST_DEFINITIONS, usage.definitions, region, needs_one=added),
        check_room(
            "image versions", MOST_VERSIONS, usage.versions, source_region, needs_one=not target.adopts
        ),
    ]


def purchase_plan(request: PlanRequest) -> PurchasePlan | None:
    """The plan that the request or else the image's tags tell of."""
    return request.overrides.plan or request.image.purchase_plan


def _wanted_definition(wish: Wish, gallery: Gallery) -> ImageDefinition:
    image, naming = wish.request.image, wish.naming
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
        purchase_plan=purchase_plan(wish.request),
        security_type=_security_type(image, wish.decision.choices),
    )


def _security_type(image: ManagedImage, choices: Choices) -> str:
    """Trusted launch needs generation 2 (documented)."""
    wanted = choices.definition.security_type or "Standard"
    return wanted if image.hyper_v_generation == "V2" else "Standard"


def _version_spec(wish: Wish, definition: ImageDefinitionId, regions: list[TargetRegion]) -> VersionSpec:
    request, decision = wish.request, wish.decision
    image, choices = request.image, decision.choices
    days = choices.end_of_life_after_days
    return VersionSpec(
        definition=definition,
        numbering=wish.numbering,
        # documented: the version's location is its source's; gallery and definition may be elsewhere
        location=image.location,
        source=str(image.id),
        regions=regions,
        data_disk_luns=[disk.lun for disk in image.data_disks if disk.lun is not None],
        exclude_from_latest=choices.exclude_from_latest is not False,
        end_of_life=request.overrides.end_of_life or (request.now + timedelta(days=days) if days else None),
        tags=version_tags(image, request.started_by, decision.rule, request.now),
    )
