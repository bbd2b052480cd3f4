"""The states of a migration and the moves between them. The table is the rule; nothing else decides.

ARM's own `provisioningState` and `replicationStatus` are other things and keep their names.
"""

from enum import StrEnum

from domain.errors import IllegalMoveError


class MigrationState(StrEnum):
    """Where a migration stands."""

    PLANNED = "planned"
    PREPARING = "preparing"
    PUBLISHING = "publishing"
    REPLICATING = "replicating"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S = MigrationState
_STOPS = {_S.FAILED, _S.CANCELLED}
MOVES: dict[MigrationState, frozenset[MigrationState]] = {
    _S.PLANNED: frozenset({_S.PREPARING, _S.SKIPPED, _S.BLOCKED, *_STOPS}),
    _S.PREPARING: frozenset({_S.PUBLISHING, _S.BLOCKED, *_STOPS}),
    _S.PUBLISHING: frozenset({_S.REPLICATING, _S.BLOCKED, *_STOPS}),
    # the next gallery's version is published after the first one is replicated
    _S.REPLICATING: frozenset({_S.PUBLISHING, _S.COMPLETED, _S.PARTIAL, _S.BLOCKED, *_STOPS}),
    _S.COMPLETED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.BLOCKED: frozenset(),
    _S.PARTIAL: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}
ENDS = frozenset(state for state, moves in MOVES.items() if not moves)


def move(current: MigrationState, wanted: MigrationState) -> MigrationState:
    """The wanted state, if it may follow the current one.

    Raises:
        IllegalMoveError: it may not; the message names both and what may follow.
    """
    if wanted not in MOVES[current]:
        raise IllegalMoveError(current, wanted, MOVES[current])
    return wanted
