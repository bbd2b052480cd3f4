"""The one function that decides what a retirement does next. It is pure, and the orchestrator only obeys it.

What follows from a look is in `looking`, what follows from the deletion in `deleting`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.retirement.deleting import after_certificate, after_completion, after_delete, after_seeing
from domain.retirement.effects import SeeImage, Step, TakeLook, Unguard
from domain.retirement.ending import after_unguard
from domain.retirement.events import (
    Certified,
    Completed,
    DeleteAnswered,
    Event,
    Guarded,
    ImageSeen,
    Looked,
    LookFailed,
    Protected,
    Told,
    Unguarded,
    Woke,
)
from domain.retirement.looking import after_look, after_notice, after_write, unsure
from domain.retirement.obligations import OBLIGATIONS
from domain.retirement.obligations.rule import Rule
from domain.retirement.retirement import Retirement
from domain.retirement.waiting import SOON, refused

# a policy assignment shows at once when it is read, and applies later
AFTER_GUARD = timedelta(minutes=1)


def next_step(  # noqa: C901 # a table
    retirement: Retirement, event: Event, now: datetime, rules: Sequence[Rule] = OBLIGATIONS
) -> Step:
    """Decides. `rules` are the obligations; only tests give others."""
    match event:
        case Woke():
            step = _after_waking(retirement)
        case Looked(look):
            step = after_look(retirement, look, now, rules)
        case LookFailed(failure):
            step = refused(unsure(retirement), failure, now)
        case Told(kind, look, failure):
            step = after_notice(retirement, kind, look, failure, now, rules)
        case Protected(failure) | Guarded(failure):
            step = after_write(retirement, failure, now, AFTER_GUARD if isinstance(event, Guarded) else SOON)
        case Certified(stored, at, failure):
            step = after_certificate(retirement, stored, at, failure, now)
        case DeleteAnswered():
            step = after_delete(retirement, event, now)
        case ImageSeen(outcome, failure):
            step = after_seeing(retirement, outcome, failure, now)
        case Completed(failure):
            step = after_completion(retirement, failure, now)
        case Unguarded(failure):
            step = after_unguard(retirement, failure, now)
    return step


def _after_waking(retirement: Retirement) -> Step:
    awake = retirement.changed(waiting_for=None)
    if awake.ending is not None:
        return Step(awake, Unguard())
    return Step(awake, SeeImage() if awake.sent_at else TakeLook())
