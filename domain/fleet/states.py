"""The states of a batch and the moves between them."""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from domain.states import HasState, ends_of


class BatchState(StrEnum):
    """The state of a batch."""

    RUNNING = "running"
    # seen from outside: the host ended the orchestration, and Gallerist is going to continue it
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.RUNNING: frozenset(
        {BatchState.COMPLETED, BatchState.CANCELLED, BatchState.FAILED, BatchState.INTERRUPTED}
    ),
    BatchState.INTERRUPTED: frozenset({BatchState.CANCELLED, BatchState.FAILED}),
    BatchState.COMPLETED: frozenset(),
    BatchState.CANCELLED: frozenset(),
    BatchState.FAILED: frozenset(),
}

ENDS = ends_of(MOVES)


class HasBatchState(HasState[BatchState]):
    """A record with the state of a batch; it begins as running."""

    thing = "batch"
    moves = MOVES

    if not TYPE_CHECKING:
        state: BatchState = Field(default=BatchState.RUNNING, frozen=True)
