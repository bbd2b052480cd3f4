"""The states of a retirement and the moves between them. The table is the rule; nothing else decides."""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from domain.states import HasState, ends_of


class RetirementState(StrEnum):
    """The state of the retirement of one managed image, as it was migrated."""

    SOAKING = "soaking"
    BLOCKED = "blocked"
    AWAITING_APPROVAL = "awaiting-approval"
    DELETING = "deleting"
    # seen from outside: the host ended the orchestration, and Gallerist is going to continue it
    INTERRUPTED = "interrupted"
    RETIRED = "retired"
    KEPT = "kept"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


_S = RetirementState
_STOPS = {_S.KEPT, _S.EXPIRED, _S.CANCELLED, _S.FAILED, _S.INTERRUPTED}
_WAITS = {_S.SOAKING, _S.BLOCKED, _S.AWAITING_APPROVAL}

MOVES: dict[RetirementState, frozenset[RetirementState]] = {
    _S.SOAKING: frozenset({_S.BLOCKED, _S.AWAITING_APPROVAL, _S.DELETING, *_STOPS}),
    # it returns by itself once its obligations are met
    _S.BLOCKED: frozenset({_S.SOAKING, _S.AWAITING_APPROVAL, _S.DELETING, *_STOPS}),
    _S.AWAITING_APPROVAL: frozenset({_S.SOAKING, _S.BLOCKED, _S.DELETING, *_STOPS}),
    # the last look may find what was not there before, and Azure may refuse
    _S.DELETING: frozenset({*_WAITS, _S.RETIRED, *_STOPS}),
    _S.INTERRUPTED: frozenset({_S.FAILED, _S.CANCELLED}),
    _S.RETIRED: frozenset(),
    _S.KEPT: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset(),
}

ENDS = ends_of(MOVES)


class HasRetirementState(HasState[RetirementState]):
    """A record with the state of a retirement; it begins as soaking."""

    thing = "retirement"
    moves = MOVES

    if not TYPE_CHECKING:
        state: RetirementState = Field(default=RetirementState.SOAKING, frozen=True)
