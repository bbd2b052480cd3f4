"""What follows the migrations of a rehearsal: promotions, retirements and retention, day by day."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from api.answers import Migration, Promotion, Retirement
from client import Gallerist, ProblemError
from domain.migration.states import MigrationState
from domain.policy.rules import Policy
from domain.promotion.states import ENDS as PROMOTION_ENDS
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.versions import Version
from domain.retirement.states import ENDS as RETIREMENT_ENDS
from domain.retirement.states import RetirementState
from local.stack import Stack
from rehearsal.report import Deletion, RehearsedPromotion, RehearsedRetirement

LOOK_EVERY = timedelta(hours=6)
REASON = "approved by the rehearsal"


def follow(
    stack: Stack, gallerist: Gallerist, policy: Policy, *, days: float, approve: bool
) -> dict[str, Any]:
    """Lets time pass until nothing follows any more, or the days are over; returns the parts of the report."""
    ends = stack.now() + timedelta(days=days)
    asked: dict[str, datetime] = {}
    approvals = 0
    while True:
        promotions, retirements = gallerist.promotions().promotions, list(gallerist.retirements())
        waiting = [one for one in retirements if one.state is RetirementState.AWAITING_APPROVAL]
        for one in waiting:
            asked.setdefault(one.id, one.updated)
            if approve:
                gallerist.approve_retirement(one.id, fingerprint=one.fingerprint, reason=REASON)
                approvals += 1
        if stack.now() >= ends or not _goes_on(policy, promotions, retirements, approve=approve):
            break
        stack.let_pass(min(LOOK_EVERY, ends - stack.now()))
    return {
        "promotions": [_promotion(one) for one in promotions],
        "retirements": [_retirement(one, asked.get(one.id)) for one in retirements],
        "deletions": _deletions(stack),
        "approvals": approvals,
    }


def promote(
    gallerist: Gallerist, policy: Policy, migrations: Iterable[Migration]
) -> list[RehearsedPromotion]:
    """Promotes the newest version of each definition whose rule promotes, as a person would; returns what is refused.

    A batch promotes nothing by itself: it migrates old images, too.
    """
    newest: dict[ImageDefinitionId, ImageVersionId] = {}
    for migration in migrations:
        if migration.state is not MigrationState.COMPLETED:
            continue
        if policy.choices_of(migration.rule).promote.when in (None, "never"):
            continue
        for target in migration.targets:
            version = ImageVersionId.parse(str(target.version_id))
            best = newest.setdefault(version.definition, version)
            if Version.parse(version.name) > Version.parse(best.name):
                newest[version.definition] = version
    refused = []
    for version in newest.values():
        try:
            gallerist.start_promotion(version)
        except ProblemError as error:
            refused.append(
                RehearsedPromotion(
                    version=str(version),
                    state="refused",
                    promoted={},
                    pending=[],
                    reason=error.problem.detail,
                )
            )
    return refused


def _goes_on(
    policy: Policy, promotions: Iterable[Promotion], retirements: Iterable[Retirement], *, approve: bool
) -> bool:
    still = {RetirementState.AWAITING_APPROVAL} if not approve else set()
    return (
        any(one.state not in PROMOTION_ENDS for one in promotions)
        or any(one.state not in RETIREMENT_ENDS and one.state not in still for one in retirements)
        or _retains(policy)
    )


def _retains(policy: Policy) -> bool:
    """Whether retention may delete versions, as long as it is looked at."""
    choices = [policy.choices_of(None), *(policy.choices_of(rule.name) for rule in policy.rules)]
    return any(
        one.retention.keep_last is not None
        and one.retention.keep_days is not None
        and one.retention.dry_run is False
        for one in choices
    )


def _promotion(one: Promotion) -> RehearsedPromotion:
    return RehearsedPromotion(
        version=str(one.version),
        state=one.state,
        promoted=one.promoted,
        pending=one.pending,
        reason=one.reason,
    )


def _retirement(one: Retirement, asked: datetime | None) -> RehearsedRetirement:
    return RehearsedRetirement(
        image=str(one.image),
        state=one.state,
        soak_ends=one.soak_ends,
        approval_wanted_at=asked,
        unmet=[found.reason for found in one.obligations if not found.met],
        ended=one.updated if one.state in RETIREMENT_ENDS else None,
    )


def _deletions(stack: Stack) -> list[Deletion]:
    return [
        Deletion(
            id=one["id"],
            kind="image version" if "/versions/" in one["id"].lower() else "managed image",
            at=datetime.fromisoformat(one["ended"]),
        )
        for one in stack.control("GET", "operations")
        if one["verb"] == "delete" and one["status"] == "Succeeded" and _counts(one["id"].lower())
    ]


def _counts(resource_id: str) -> bool:
    """Machines of proofs, and their disks and interfaces, come and go."""
    parts = resource_id.rpartition("/providers/microsoft.compute/")[2].split("/")
    return parts[::2] in (["images"], ["galleries", "images", "versions"])
