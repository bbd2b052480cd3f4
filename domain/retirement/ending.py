"""How a retirement ends: nothing of it may be left in Azure."""

from datetime import datetime

from domain.results import Failure
from domain.retirement.effects import End, Step, Unguard
from domain.retirement.retirement import Ending, Retirement
from domain.retirement.waiting import AFTER_REFUSAL, rest

MOST_UNGUARDS = 20


def end(retirement: Retirement, ending: Ending) -> Step:
    """Ends the retirement, once its policy assignments are removed."""
    ending_soon = retirement.changed(ending=ending)
    if retirement.guard_placed:
        return Step(ending_soon, Unguard())
    ended = ending_soon.moved(ending.state).changed(reason=ending.reason, waiting_for=None)
    return Step(ended, End())


def after_unguard(retirement: Retirement, failure: Failure | None, now: datetime) -> Step:
    """Ends. An assignment that cannot be removed for hours is left to a person."""
    ending = retirement.ending
    assert ending is not None  # noqa: S101 # nothing else removes the guards
    if failure is not None and retirement.unguard_tries < MOST_UNGUARDS:
        tried = retirement.changed(unguard_tries=retirement.unguard_tries + 1, refusal=failure)
        return rest(tried, now + AFTER_REFUSAL, f"a policy assignment cannot be removed: {failure.message}")
    left = f"; remove its policy assignments by hand: {failure.message}" if failure else ""
    ended = retirement.moved(ending.state).changed(reason=f"{ending.reason}{left}", waiting_for=None)
    return Step(ended, End())
