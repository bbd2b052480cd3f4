"""The plan for one managed image, made from the image, the policy and what the galleries hold.

Planning neither reads nor writes anything: the caller brings what it needs, so a plan can be shown before it is
carried out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from domain.field_errors import FieldError
from domain.planning.checks.check import Check
from domain.planning.checks.creation_time import check_creation_time
from domain.planning.checks.features import check_generation
from domain.planning.checks.gallery import check_permissions, missing_gallery
from domain.planning.checks.image import (
    check_edge_zone,
    check_image,
    check_purchase_plan,
    check_source_encryption,
    check_tags,
)
from domain.planning.checks.policy import (
    check_decision,
    check_end_of_life,
    check_name,
    no_version,
    pattern_mismatch,
)
from domain.planning.checks.regions import (
    check_disk_encryption_sets,
    check_regions,
    check_replicas,
    check_zone_redundancy,
)
from domain.planning.checks.verification import check_verification
from domain.planning.estimates import Estimate, estimate
from domain.planning.facts import Facts, differences, facts_of, planned_number
from domain.planning.numbering import Numbering, number_image
from domain.planning.requests import Overrides, PlanRequest
from domain.planning.rollout import Pace, pace_of
from domain.planning.targets import GalleryView, TargetInputs, TargetPlan, plan_target
from domain.planning.verification import Verification, verification_of
from domain.policy.naming import Naming, name_targets
from domain.policy.notify import notice_targets
from domain.policy.rules import Decision, Policy
from domain.policy.sections import Choices
from domain.records.notices import NoticeTargets
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from domain.resources.permissions import GALLERY_ACTIONS, SOURCE_ACTIONS, Permission
from domain.resources.provenance import version_ids_made_from, versions_apart_by_time


class MigrationPlan(BaseModel):
    """The decided set of changes for one managed image, or the reason why there is none."""

    outcome: Literal["migrate", "skipped", "blocked"]
    rule: str
    fingerprint: str
    pace: Pace
    reason: str | None = None
    fix: str | None = None
    checks: list[Check] = []
    targets: list[TargetPlan] = []
    estimate: Estimate | None = None
    verification: Verification | None = None
    notify: NoticeTargets = NoticeTargets()
    is_followed: bool = False
    """Whether the policy promotes the version or retires the image."""
    apart_by_time: bool = False
    """Only the image's listed creation time tells it apart from a version with the same content."""
    as_of: datetime | None = None
    """When the oldest part of what the plan knows of its galleries was read."""
    facts: Facts = Field(default={}, exclude=True)
    """What it would write; for callers, it does not travel through the task hub."""
    moved: list[FieldError] = Field(default=[], exclude=True)
    """What is not as an earlier plan has it, which the request wants carried out."""

    @property
    def warnings(self) -> list[str]:
        """What does not stop the migration, but should be known."""
        return [check.detail for check in self.checks if check.verdict == "warned"]


class PolicyDraft(NamedTuple):
    """What the policy and the image alone decide, before any gallery is read.

    Without `naming` there is nothing to plan; `checks` hold the reason.
    """

    naming: Naming | None
    regions: list[TargetRegion]
    numbering: Numbering
    checks: list[Check]


def choose(policy: Policy, image: ManagedImage, overrides: Overrides, now: datetime) -> Decision:
    """Returns what the policy and the image's tags decide, with the request's own choices over both."""
    decision = policy.decide(image, now)
    return decision._replace(choices=overrides.choices.over(decision.choices))


def draft_plan(image: ManagedImage, decision: Decision, overrides: Overrides, now: datetime) -> PolicyDraft:
    """Names and numbers the image and its regions; a version in the request needs no other number."""
    faults = check_decision(decision)
    if faults:
        return PolicyDraft(None, [], Numbering(), faults)
    naming = name_targets(image, decision.choices)
    if naming is None:
        return PolicyDraft(None, [], Numbering(), [pattern_mismatch(image, decision.choices)])
    numbering, checks = Numbering(), [check_name(naming.definition)]
    if overrides.version is None:
        try:
            numbering = number_image(image, decision.choices, decision.number, now)
        except ValueError as error:
            checks.append(no_version(str(error)))
    return PolicyDraft(naming, target_regions(image, decision.choices), numbering, checks)


def target_regions(image: ManagedImage, choices: Choices) -> list[TargetRegion]:
    """Returns the chosen regions, with the image's own first: the service requires it among them (documented)."""
    chosen = choices.regions or []
    home = next((region for region in chosen if region.name == image.location), None)
    others = [region for region in chosen if region.name != image.location]
    return [home or TargetRegion(name=image.location), *others]


def plan_migration(
    request: PlanRequest,
    decision: Decision,
    views: dict[GalleryId, GalleryView],
    known_regions: frozenset[str],
    source_permissions: list[Permission] | None = None,
    *,
    proof_permissions: Mapping[str, list[Permission] | None] | None = None,
) -> MigrationPlan:
    """Decides what to do with the image.

    `views` holds every gallery that `name_targets` gives. `known_regions` are the canonical names of the regions
    that all subscriptions involved can use. `source_permissions` are the identity's permissions on the image, None
    if they cannot be read; `proof_permissions` are those at the scopes of `proof_scopes`.
    """
    plan = _plan(
        request, decision, views, known_regions, source=source_permissions, proofs=proof_permissions or {}
    )
    plan.facts = facts_of(plan.outcome, request, decision, plan.targets, plan.verification)
    if request.overrides.facts:
        plan.moved = differences(request.overrides.facts, plan.facts, plan.reason)
    return _refused(plan) if plan.moved else plan


def _refused(plan: MigrationPlan) -> MigrationPlan:
    """Returns the plan without its targets: what would be written is not what somebody agreed to."""
    moved = "; ".join(f"{one.field} {one.message}" for one in plan.moved)
    refused = plan.model_copy()
    refused.outcome, refused.targets, refused.is_followed = "blocked", [], False
    refused.reason = f"the plan is no longer true, and nothing was written: {moved}"
    refused.fix = "plan the image again, look at what has changed, and apply the new plan"
    return refused


def _plan(
    request: PlanRequest,
    decision: Decision,
    views: dict[GalleryId, GalleryView],
    known_regions: frozenset[str],
    *,
    source: list[Permission] | None,
    proofs: Mapping[str, list[Permission] | None],
) -> MigrationPlan:
    image = request.image
    if decision.ignores:
        return MigrationPlan(
            outcome="skipped",
            rule=decision.rule,
            fingerprint=image.fingerprint,
            pace=pace_of(decision.choices),
            reason=skip_reason(decision),
        )
    draft = draft_plan(image, decision, request.overrides, request.now)
    if draft.naming is None:
        return _conclude(image, decision, draft.checks, [])
    pinned = {one: planned_number(request.overrides.facts, one) for one in draft.naming.galleries}
    inputs = TargetInputs(
        request,
        decision,
        draft.naming,
        draft.regions,
        draft.numbering,
        {gallery: number for gallery, number in pinned.items() if number},
    )
    targets, target_checks = _plan_targets(inputs, views)
    verification = verification_of(decision.choices, draft.regions)
    # the first gallery decides: it gets its version from the image itself
    older = versions_apart_by_time(image, views[draft.naming.galleries[0]].versions)
    checks = [
        *check_image(image),
        *check_edge_zone(image),
        *check_source_encryption(image, draft.naming.galleries, draft.regions),
        check_creation_time(image, older),
        check_permissions(image.id, source, SOURCE_ACTIONS),
        check_regions(image, decision.choices, draft.regions, known_regions),
        check_replicas(draft.regions),
        *check_zone_redundancy(draft.regions),
        *check_disk_encryption_sets(draft.regions, draft.naming.galleries),
        check_purchase_plan(image, request.purchase_plan),
        *(check_tags(image, draft.naming.tags, targets[0].version.tags) if targets else []),
        *check_generation(image, decision.choices.definition.features.stated()),
        *check_end_of_life(request.overrides.end_of_life, request.now),
        *check_verification(verification, draft.regions, draft.naming.galleries, proofs),
        *draft.checks,
        *target_checks,
    ]
    plan = _conclude(image, decision, checks, targets)
    plan.verification = verification if plan.targets else None
    plan.notify = notice_targets(decision.choices.notify, image.tags)
    plan.is_followed = decision.choices.is_followed
    plan.apart_by_time = bool(older and plan.targets and not plan.targets[0].adopts)
    return plan


def skip_reason(decision: Decision) -> str:
    """Returns why an ignored image is skipped."""
    return f"the policy ignores it ({decision.rule})"


def _plan_targets(
    inputs: TargetInputs, views: dict[GalleryId, GalleryView]
) -> tuple[list[TargetPlan], list[Check]]:
    """Plans every gallery that exists. The further ones prefer the first one's number, so that they stay in step."""
    targets: list[TargetPlan] = []
    checks: list[Check] = []
    copied_from = sorted(
        version_ids_made_from(inputs.request.image, [view.versions for view in views.values()]), key=str
    )
    for gallery_id in inputs.naming.galleries:
        view = views[gallery_id]
        checks.append(check_permissions(gallery_id, view.permissions, GALLERY_ACTIONS))
        if view.gallery is None:
            checks.append(missing_gallery(gallery_id))
            continue
        preferred = targets[0].number if targets else None
        target, about_target = plan_target(inputs, view.gallery, view, preferred, copied_from)
        targets.append(target)
        checks += about_target
    return targets, checks


def _conclude(
    image: ManagedImage, decision: Decision, checks: list[Check], targets: list[TargetPlan]
) -> MigrationPlan:
    """Returns the plan, which migrates unless a check failed."""
    failures = [check for check in checks if check.verdict == "failed"]
    fixes = dict.fromkeys(check.fix for check in failures if check.fix)
    return MigrationPlan(
        outcome="blocked" if failures else "migrate",
        rule=decision.rule,
        fingerprint=image.fingerprint,
        pace=pace_of(decision.choices),
        reason="; ".join(check.detail for check in failures) or None,
        fix="; ".join(fixes) or None,
        checks=checks,
        targets=[] if failures else targets,
        estimate=estimate(image, targets[0].rollout.regions, len(targets)) if targets else None,
    )
