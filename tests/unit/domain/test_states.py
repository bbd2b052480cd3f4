"""Migration states: the table of moves, and what an illegal one says."""

import pytest

from domain.errors import IllegalMoveError
from domain.migration.states import ENDS, MOVES, MigrationState, move

S = MigrationState

# the table once more, from the design: what may follow what
EXPECTED = {
    S.PLANNED: {S.PREPARING, S.SKIPPED, S.BLOCKED, S.FAILED, S.CANCELLED},
    S.PREPARING: {S.PUBLISHING, S.BLOCKED, S.FAILED, S.CANCELLED},
    S.PUBLISHING: {S.REPLICATING, S.BLOCKED, S.FAILED, S.CANCELLED},
    S.REPLICATING: {S.PUBLISHING, S.COMPLETED, S.PARTIAL, S.BLOCKED, S.FAILED, S.CANCELLED},
}


@pytest.mark.parametrize("wanted", MigrationState)
@pytest.mark.parametrize("current", MigrationState)
def test_every_move_is_in_the_table_or_illegal(current: MigrationState, wanted: MigrationState) -> None:
    if wanted in EXPECTED.get(current, set()):
        assert move(current, wanted) is wanted
        return
    with pytest.raises(IllegalMoveError, match=f"cannot go from '{current}' to '{wanted}'"):
        move(current, wanted)


def test_the_table_knows_every_state() -> None:
    assert set(MOVES) == set(MigrationState)


def test_the_ends_are_those_of_the_design() -> None:
    assert {S.COMPLETED, S.SKIPPED, S.BLOCKED, S.PARTIAL, S.FAILED, S.CANCELLED} == ENDS


def test_every_state_can_be_reached() -> None:
    reached = {S.PLANNED}.union(*MOVES.values())
    assert reached == set(MigrationState)


def test_an_illegal_move_names_everything() -> None:
    with pytest.raises(IllegalMoveError) as illegal:
        move(S.PREPARING, S.COMPLETED)
    assert str(illegal.value) == (
        "a migration cannot go from 'preparing' to 'completed'; "
        "from 'preparing' it can go to blocked, cancelled, failed, publishing"
    )


def test_a_move_from_an_end_says_that_it_is_one() -> None:
    with pytest.raises(IllegalMoveError, match="from 'completed' it can go to nothing: it is an end"):
        move(S.COMPLETED, S.PLANNED)
