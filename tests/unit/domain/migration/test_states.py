"""Migration states: the table of moves, what an illegal move says, and that nothing else changes a state."""

import pytest
from pydantic import ValidationError

from domain.errors import IllegalMoveError
from domain.migration.states import ENDS, MOVES, HasMigrationState, MigrationState

S = MigrationState

# the table once more, from the design: what may follow what
STOPS = {S.FAILED, S.CANCELLED, S.INTERRUPTED}
EXPECTED = {
    S.PLANNED: {S.PREPARING, S.SKIPPED, S.BLOCKED, *STOPS},
    S.PREPARING: {S.PUBLISHING, S.BLOCKED, *STOPS},
    S.PUBLISHING: {S.REPLICATING, S.BLOCKED, *STOPS},
    S.REPLICATING: {S.PUBLISHING, S.VERIFYING, S.COMPLETED, S.PARTIAL, S.BLOCKED, *STOPS},
    S.VERIFYING: {S.PUBLISHING, S.COMPLETED, S.PARTIAL, S.UNVERIFIED, *STOPS},
    S.INTERRUPTED: {S.FAILED, S.CANCELLED},
}


def in_state(state: MigrationState) -> HasMigrationState:
    return HasMigrationState(state=state)


@pytest.mark.parametrize("wanted", MigrationState)
@pytest.mark.parametrize("current", MigrationState)
def test_every_move_is_in_the_table_or_illegal(current: MigrationState, wanted: MigrationState) -> None:
    if wanted in EXPECTED.get(current, set()):
        assert in_state(current).moved(wanted).state is wanted
        return
    with pytest.raises(IllegalMoveError, match=f"cannot go from '{current}' to '{wanted}'"):
        in_state(current).moved(wanted)


def test_a_move_leaves_the_record_before_it_unchanged() -> None:
    planned = HasMigrationState()
    assert planned.moved(S.PREPARING) == in_state(S.PREPARING)
    assert planned.state is S.PLANNED


def test_assigning_a_state_is_refused() -> None:
    """Mypy reports it too: see tests/contract/test_types.py."""
    record = HasMigrationState()
    with pytest.raises(ValidationError, match="Field is frozen"):
        record.state = S.COMPLETED  # type: ignore[misc]


def test_the_table_has_every_state() -> None:
    assert set(MOVES) == set(MigrationState)


def test_the_end_states_are_those_of_the_design() -> None:
    assert {S.COMPLETED, S.SKIPPED, S.BLOCKED, S.PARTIAL, S.UNVERIFIED, S.FAILED, S.CANCELLED} == ENDS


def test_every_state_can_be_reached() -> None:
    reached = {S.PLANNED}.union(*MOVES.values())
    assert reached == set(MigrationState)


def test_an_illegal_move_names_both_states_and_the_legal_ones() -> None:
    with pytest.raises(IllegalMoveError) as illegal:
        in_state(S.PREPARING).moved(S.COMPLETED)
    assert str(illegal.value) == (
        "a migration cannot go from 'preparing' to 'completed'; "
        "from 'preparing' it can go to blocked, cancelled, failed, interrupted, publishing"
    )


def test_a_move_from_an_end_state_says_that_it_is_one() -> None:
    with pytest.raises(IllegalMoveError, match="from 'completed' it can go to nothing: it is an end"):
        in_state(S.COMPLETED).moved(S.PLANNED)
