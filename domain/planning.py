"""What will be done with one managed image: decided from the image, the policy and what the galleries hold.

Nothing is written here, and nothing is read: the caller brings everything, so that a plan can be shown before
it is carried out.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.checks import (
    Check,
    check_decision,
    check_definition,
    check_definition_name,
    check_end_of_life,
    check_image,
    check_purchase_plan,
    check_regions,
    missing_gallery,
    name_does_not_fit,
    no_version_given,
)
from domain.contracts import Overrides, PlanRequest, VersionSpec
from domain.galleries import Gallery, ImageDefinition, TargetRegion
from domain.images import ManagedImage, PurchasePlan
from domain.numbering import number_image
from domain.policy import Decision, Policy, render, template_values
from domain.policy_sections import Choices
from domain.replication import Rollout
from domain.resource_ids import GalleryId, ImageDefinitionId
from domain.versions import Numbering, version_tags

# documented: publisher up to 128 characters, offer and SKU up to 64
_LONGEST_PUBLISHER, _LONGEST_OFFER, _LONGEST_SKU = 128, 64, 64


class TargetPlan(BaseModel):
    """One target gallery: the definition as it is or will be, and the version to make under it."""

    definition: ImageDefinition
    definition_exists: bool
    version: VersionSpec
    rollout: Rollout


class MigrationPlan(BaseModel):
    """The decided set of changes for one managed image, or why there is none."""

    outcome: Literal["migrate", "skipped", "blocked"]
    rule: str
    fingerprint: str
    reason: str | None = None
    fix: str | None = None
    checks: list[Check] = []
    targets: list[TargetPlan] = []
    deadline_hours: float = 24
    first_poll_seconds: float = 60
    longest_poll_seconds: float = 600

    @property
    def warnings(self) -> list[str]:
        """What does not stop the migration, and should be known."""
        return [check.detail for check in self.checks if check.verdict == "warned"]


class GalleryView(BaseModel):
    """What is known of one target gallery: None where it does not exist."""

    gallery: Gallery | None
    definitions: list[ImageDefinition] = []


class Naming(NamedTuple):
    """The names a policy gives an image: the galleries, and the definition's fixed fields."""

    galleries: list[GalleryId]
    definition: str
    publisher: str
    offer: str
    sku: str


def choose(policy: Policy, image: ManagedImage, overrides: Overrides, now: datetime) -> Decision:
    """What the policy and the image's tags say about the image, with the request's own choices over both."""
    decision = policy.decide(image, now)
    return decision._replace(choices=overrides.choices.over(decision.choices))


def name_targets(image: ManagedImage, choices: Choices) -> Naming | None:
    """The names that the choices give this image; None if its own name does not fit their pattern."""
    values = template_values(image, choices)
    if values is None:
        return None
    naming = choices.definition
    definition = render(naming.name or "", values)
    values["definition"] = definition
    galleries = [GalleryId.parse(render(gallery, values)) for gallery in choices.galleries or []]
    return Naming(
        galleries=list(dict.fromkeys(galleries)),
        definition=definition,
        publisher=_fit(render(naming.publisher or "", values), _LONGEST_PUBLISHER),
        offer=_fit(render(naming.offer or "", values), _LONGEST_OFFER),
        sku=_fit(render(naming.sku or "", values), _LONGEST_SKU),
    )


def plan_migration(
    request: PlanRequest,
    decision: Decision,
    views: dict[GalleryId, GalleryView],
    known_regions: frozenset[str],
) -> MigrationPlan:
    """Decide what is done with the image.

    `views` holds every gallery that `name_targets` gives; `known_regions` the canonical names of the regions that
    the image's subscription can use.
    """
    image, choices = request.image, decision.choices
    plan = MigrationPlan(outcome="skipped", rule=decision.rule, fingerprint=image.fingerprint)
    if decision.action == "ignore" and not decision.faults:
        return plan.model_copy(update={"reason": f"the policy ignores it ({decision.rule})"})
    faults = check_decision(decision)
    if faults:
        return _conclude(plan, faults, [])
    naming = name_targets(image, choices)
    if naming is None:
        return _conclude(plan, [name_does_not_fit(image, choices)], [])
    regions = _target_regions(image, choices)
    numbering, no_number = _numbering(request, decision)
    checks = [
        *check_image(image),
        *check_regions(image, choices, regions, known_regions),
        check_purchase_plan(image, _purchase_plan(request)),
        check_definition_name(naming.definition),
        *check_end_of_life(request.overrides.end_of_life, request.now),
        *no_number,
    ]
    targets = []
    for gallery_id in naming.galleries:
        view = views[gallery_id]
        if view.gallery is None:
            checks.append(missing_gallery(gallery_id))
            continue
        wanted = _wanted_definition(request, naming, choices, view.gallery)
        existing = next((found for found in view.definitions if found.id == wanted.id), None)
        if existing is not None:
            checks += check_definition(existing, wanted)
        definition = existing or _with_free_identity(wanted, view.definitions)
        rollout = _rollout(regions, choices)
        targets.append(
            TargetPlan(
                definition=definition,
                definition_exists=existing is not None,
                version=_version_spec(request, definition.id, rollout.beginning(), decision, numbering),
                rollout=rollout,
            )
        )
    return _conclude(plan, checks, targets).model_copy(
        update=choices.replication.model_dump(exclude_none=True)
    )


def _conclude(plan: MigrationPlan, checks: list[Check], targets: list[TargetPlan]) -> MigrationPlan:
    failed = [check for check in checks if check.verdict == "failed"]
    if failed:
        reason = "; ".join(check.detail for check in failed)
        fix = "; ".join(check.fix for check in failed if check.fix)
        return plan.model_copy(update={"outcome": "blocked", "reason": reason, "fix": fix, "checks": checks})
    return plan.model_copy(update={"outcome": "migrate", "checks": checks, "targets": targets})


def _target_regions(image: ManagedImage, choices: Choices) -> list[TargetRegion]:
    """The regions asked for, and the image's own first: the service demands it among them (documented)."""
    asked = list(choices.regions or [])
    home = next(
        (region for region in asked if region.name == image.location), TargetRegion(name=image.location)
    )
    return [home, *(region for region in asked if region.name != image.location)]


def _rollout(regions: list[TargetRegion], choices: Choices) -> Rollout:
    home, *others = regions
    in_waves = choices.replication.waves == "home-first" and others
    told = choices.replication.model_dump(exclude_none=True, include=set(Rollout.model_fields) - {"waves"})
    return Rollout(waves=[[home], others] if in_waves else [regions], **told)


def _purchase_plan(request: PlanRequest) -> PurchasePlan | None:
    return request.overrides.plan or request.image.purchase_plan


def _wanted_definition(
    request: PlanRequest, naming: Naming, choices: Choices, gallery: Gallery
) -> ImageDefinition:
    image = request.image
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
        purchase_plan=_purchase_plan(request),
        security_type=_security_type(image, choices),
    )


def _security_type(image: ManagedImage, choices: Choices) -> str:
    """Trusted launch needs generation 2 (documented)."""
    wanted = choices.definition.security_type or "Standard"
    return wanted if image.hyper_v_generation == "V2" else "Standard"


def _with_free_identity(wanted: ImageDefinition, others: list[ImageDefinition]) -> ImageDefinition:
    """The definition with a publisher/offer/SKU that no other one in the gallery has (they must be unique)."""
    if wanted.identity not in {other.identity for other in others}:
        return wanted
    suffix = hashlib.sha256(wanted.id.key.encode()).hexdigest()[:8]
    return wanted.model_copy(update={"sku": f"{wanted.sku[: _LONGEST_SKU - 9]}-{suffix}"})


def _numbering(request: PlanRequest, decision: Decision) -> tuple[Numbering, list[Check]]:
    """How the version gets its number, and the check that failed if it cannot; a request's own number is above all."""
    if request.overrides.version is not None:
        return Numbering(), []
    try:
        return number_image(request.image, decision.choices, decision.number, request.now), []
    except ValueError as error:
        return Numbering(), [no_version_given(str(error))]


def _version_spec(
    request: PlanRequest,
    definition: ImageDefinitionId,
    regions: list[TargetRegion],
    decision: Decision,
    numbering: Numbering,
) -> VersionSpec:
    image, choices = request.image, decision.choices
    days = choices.end_of_life_after_days
    return VersionSpec(
        definition=definition,
        numbering=numbering,
        # documented: the version's location is its source's; gallery and definition may be elsewhere
        location=image.location,
        source=str(image.id),
        regions=regions,
        data_disk_luns=[disk.lun for disk in image.data_disks if disk.lun is not None],
        exclude_from_latest=choices.exclude_from_latest is not False,
        end_of_life=request.overrides.end_of_life or (request.now + timedelta(days=days) if days else None),
        tags=version_tags(image, request.started_by, decision.rule, request.now),
    )


def _fit(text: str, longest: int) -> str:
    """A publisher, offer or SKU as the service takes it: its characters, its length, no full stop at the end."""
    cleaned = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in text)
    if len(cleaned) > longest:
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        cleaned = f"{cleaned[: longest - 9]}-{digest}"
    return cleaned.rstrip(".") or "none"
