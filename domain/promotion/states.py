"""The states of a promotion and the moves between them. The table is the rule; nothing else decides."""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from domain.states import HasState, ends_of


class PromotionState(StrEnum):
    """The state of a promotion; which ring it is in is a number beside it."""

    PLANNED = "planned"
    PROMOTING = "promoting"
    BAKING = "baking"
    PAUSED = "paused"
    # a person, or a promotion that failed, asked for what was before
    ROLLING_BACK = "rolling-back"
    # seen from outside: the host ended the orchestration, and Gallerist is going to continue it
    INTERRUPTED = "interrupted"
    PROMOTED = "promoted"
    ABORTED = "aborted"
    ROLLED_BACK = "rolled-back"
    SUPERSEDED = "superseded"
    FAILED = "failed"


_S = PromotionState
_STOPS = {_S.ABORTED, _S.SUPERSEDED, _S.FAILED, _S.ROLLING_BACK, _S.INTERRUPTED}

MOVES: dict[PromotionState, frozenset[PromotionState]] = {
    _S.PLANNED: frozenset({_S.PROMOTING, _S.PAUSED, *_STOPS}),
    _S.PROMOTING: frozenset({_S.BAKING, _S.PROMOTED, _S.PAUSED, *_STOPS}),
    _S.BAKING: frozenset({_S.PROMOTING, _S.PROMOTED, _S.PAUSED, *_STOPS}),
    _S.PAUSED: frozenset({_S.PROMOTING, _S.BAKING, *_STOPS}),
    _S.ROLLING_BACK: frozenset({_S.ROLLED_BACK, _S.FAILED, _S.INTERRUPTED}),
    _S.INTERRUPTED: frozenset({_S.FAILED, _S.ABORTED}),
    _S.PROMOTED: frozenset(),
    _S.ABORTED: frozenset(),
    _S.ROLLED_BACK: frozenset(),
    _S.SUPERSEDED: frozenset(),
    _S.FAILED: frozenset(),
}

ENDS = ends_of(MOVES)


class HasPromotionState(HasState[PromotionState]):
    """A record with the state of a promotion; it begins as planned."""

    thing = "promotion"
    moves = MOVES

    if not TYPE_CHECKING:
        state: PromotionState = Field(default=PromotionState.PLANNED, frozen=True)
