"""What will be done with one managed image: decided from the image, the policy and what the galleries hold.

Nothing is written here, and nothing is read: the caller brings everything, so that a plan can be shown before
it is carried out.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.planning.checks.check import Check
from domain.planning.checks.gallery import check_permissions, missing_gallery
from domain.planning.checks.image import check_image, check_purchase_plan
from domain.planning.checks.policy import (
    check_decision,
    check_definition_name,
    check_end_of_life,
    name_does_not_fit,
    no_version_given,
)
from domain.planning.checks.regions import (
    check_disk_encryption_sets,
    check_regions,
    check_replicas,
    check_zone_redundancy,
)
from domain.planning.estimates import Estimate, estimate
from domain.planning.numbering import Numbering, number_image
from domain.planning.requests import Overrides, PlanRequest
from domain.planning.rollout import Pace, pace_of
from domain.planning.targets import GalleryView, TargetPlan, Wish, plan_target, purchase_plan
from domain.policy.naming import name_targets
from domain.policy.rules import Decision, Policy
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from domain.resources.permissions import GALLERY_ACTIONS, SOURCE_ACTIONS, Permission


class MigrationPlan(BaseModel):
    """The decided set of changes for one managed image, or why there is none."""

    outcome: Literal["migrate", "skipped", "blocked"]
    rule: str
    fingerprint: str
    reason: str | None = None
    fix: str | None = None
    checks: list[Check] = []
    targets: list[TargetPlan] = []
    estimate: Estimate | None = None
    pace: Pace

    @property
    def warnings(self) -> list[str]:
        """What does not stop the migration, and should be known."""
        return [check.detail for check in self.checks if check.verdict == "warned"]


def choose(policy: Policy, image: ManagedImage, overrides: Overrides, now: datetime) -> Decision:
    """What the policy and the image's tags say about the image, with the request's own choices over both."""
    decision = policy.decide(image, now)
    return decision._replace(choices=overrides.choices.over(decision.choices))


def plan_migration(
    request: PlanRequest,
    decision: Decision,
    views: dict[GalleryId, GalleryView],
    known_regions: frozenset[str],
    source_permissions: list[Permission] | None = None,
) -> MigrationPlan:
    """Decide what is done with the image.

    `views` holds every gallery that `name_targets` gives; `known_regions` the canonical names of the regions that
    all subscriptions in play can use; `source_permissions` what the identity may do with the image, None where that
    is not known.
    """
    image, choices = request.image, decision.choices
    plan = MigrationPlan(
        outcome="skipped", rule=decision.rule, fingerprint=image.fingerprint, pace=pace_of(choices)
    )
    if decision.ignores:
        return plan.model_copy(update={"reason": f"the policy ignores it ({decision.rule})"})
    faults = check_decision(decision)
    if faults:
        return _conclude(plan, faults, [])
    naming = name_targets(image, choices)
    if naming is None:
        return _conclude(plan, [name_does_not_fit(image, choices)], [])
    regions = target_regions(image, choices)
    numbering, no_number = _numbering(request, decision)
    checks = [
        *check_image(image),
        check_permissions(image.id, source_permissions, SOURCE_ACTIONS),
        *check_regions(image, choices, regions, known_regions),
        check_replicas(regions),
        *check_zone_redundancy(regions),
        *check_disk_encryption_sets(regions, naming.galleries),
        check_purchase_plan(image, purchase_plan(request)),
        check_definition_name(naming.definition),
        *check_end_of_life(request.overrides.end_of_life, request.now),
        *no_number,
    ]
    wish = Wish(request, decision, naming, regions, numbering)
    targets: list[TargetPlan] = []
    for gallery_id in naming.galleries:
        view = views[gallery_id]
        checks.append(check_permissions(gallery_id, view.permissions, GALLERY_ACTIONS))
        if view.gallery is None:
            checks.append(missing_gallery(gallery_id))
            continue
        preferred = targets[0].number if targets else None
        target, seen = plan_target(wish, view.gallery, view, preferred)
        checks += seen
        targets.append(target)
    told = {"estimate": estimate(image, regions, len(targets)) if targets else None}
    return _conclude(plan, checks, targets).model_copy(update=told)


def _conclude(plan: MigrationPlan, checks: list[Check], targets: list[TargetPlan]) -> MigrationPlan:
    failed = [check for check in checks if check.verdict == "failed"]
    if failed:
        reason = "; ".join(check.detail for check in failed)
        fix = "; ".join(check.fix for check in failed if check.fix)
        return plan.model_copy(update={"outcome": "blocked", "reason": reason, "fix": fix, "checks": checks})
    return plan.model_copy(update={"outcome": "migrate", "checks": checks, "targets": targets})


def target_regions(image: ManagedImage, choices: Choices) -> list[TargetRegion]:
    """The regions asked for, and the image's own first: the service demands it among them (documented)."""
    asked = list(choices.regions or [])
    home = next(
        (region for region in asked if region.name == image.location), TargetRegion(name=image.location)
    )
    return [home, *(region for region in asked if region.name != image.location)]


def _numbering(request: PlanRequest, decision: Decision) -> tuple[Numbering, list[Check]]:
    """How the version gets its number, and the check that failed if it cannot; a request's own number is above all."""
    if request.overrides.version is not None:
        return Numbering(), []
    try:
        return number_image(request.image, decision.choices, decision.number, request.now), []
    except ValueError as error:
        return Numbering(), [no_version_given(str(error))]
