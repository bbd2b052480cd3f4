"""Batch states: a running batch ends once, in one of three states."""

import pytest

from domain.errors import IllegalMoveError
from domain.fleet.states import ENDS, BatchState, HasBatchState


def test_a_running_batch_can_end_in_every_end_state() -> None:
    assert {HasBatchState().moved(state).state for state in ENDS} == {
        BatchState.COMPLETED,
        BatchState.CANCELLED,
        BatchState.FAILED,
    }


@pytest.mark.parametrize("state", sorted(ENDS))
def test_a_batch_that_ended_stays_as_it_is(state: BatchState) -> None:
    with pytest.raises(IllegalMoveError, match=f"a batch cannot go from '{state}' to 'running'"):
        HasBatchState(state=state).moved(BatchState.RUNNING)
