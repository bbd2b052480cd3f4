"""How a retirement waits: for how long, and for what."""

from datetime import datetime, timedelta

from domain.results import CurrentWait, Failure
from domain.retirement.effects import Rest, Step
from domain.retirement.obligations import SOAK
from domain.retirement.obligations.rule import named
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState

# how often everything is looked at while nothing else is due: a scan reads every subscription
BETWEEN_LOOKS = timedelta(hours=12)
WHILE_BLOCKED = timedelta(hours=1)
WHILE_UNSOAKED = timedelta(hours=6)
# what passes by itself: a version that is being updated, an answer that did not come
SOON = timedelta(minutes=5)
AFTER_REFUSAL = timedelta(minutes=15)
MOST_DOUBLINGS = 5


def rest(retirement: Retirement, until: datetime, reason: str) -> Step:
    """Waits, and shows for what."""
    return Step(retirement.changed(waiting_for=CurrentWait(reason=reason, until=until)), Rest(until))


def block(retirement: Retirement, now: datetime) -> Step:
    """Waits until what stands against the deletion may have passed."""
    against = [one for one in retirement.unmet if one.number != SOAK]
    soaked = len(against) == len(retirement.unmet)
    # until the soak is over nobody waits for what else stands against the deletion
    pause = WHILE_BLOCKED if soaked else WHILE_UNSOAKED
    until = now + (SOON if all(one.passes for one in against) else pause)
    return rest(retirement.without_certificate().at(RetirementState.BLOCKED), until, reasons_of(retirement))


def refused(retirement: Retirement, failure: Failure, now: datetime) -> Step:
    """Shows the refusal, and looks again: soon at first, and ever later while it lasts."""
    pause = min(AFTER_REFUSAL * 2**retirement.refusals, WHILE_UNSOAKED)
    refusals = min(retirement.refusals + 1, MOST_DOUBLINGS)
    blocked = (
        retirement.without_certificate()
        .at(RetirementState.BLOCKED)
        .changed(refusal=failure, refusals=refusals)
    )
    return rest(blocked, now + pause, failure.message)


def next_moment(now: datetime, *moments: datetime, longest: timedelta = BETWEEN_LOOKS) -> datetime:
    """The first of the moments to come, at most one pause away."""
    return min((moment for moment in (*moments, now + longest) if moment > now), default=now + longest)


def reasons_of(retirement: Retirement) -> str:
    """Why the image is not deleted yet."""
    return named([one.reason for one in retirement.unmet])


def unknown(message: str) -> Failure:
    """Nobody refused, and still the image is not deleted."""
    return Failure(
        code="NotDeleted", message=message, fix="No action needed: Gallerist looks again by itself."
    )
