"""The states of a migration and the moves between them. The table is the rule; nothing else decides.

ARM's own `provisioningState` and `replicationStatus` are other things and keep their names.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from domain.states import HasState, ends_of


class MigrationState(StrEnum):
    """The state of a migration, or of its version in one target gallery."""

    PLANNED = "planned"
    PREPARING = "preparing"
    PUBLISHING = "publishing"
    REPLICATING = "replicating"
    VERIFYING = "verifying"
    # seen from outside: the host ended the orchestration, and Gallerist is going to continue it
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    PARTIAL = "partial"
    # the version is in every region, and no machine starts from it
    UNVERIFIED = "unverified"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S = MigrationState
_STOPS = {_S.FAILED, _S.CANCELLED, _S.INTERRUPTED}

MOVES: dict[MigrationState, frozenset[MigrationState]] = {
    _S.PLANNED: frozenset({_S.PREPARING, _S.SKIPPED, _S.BLOCKED, *_STOPS}),
    _S.PREPARING: frozenset({_S.PUBLISHING, _S.BLOCKED, *_STOPS}),
    _S.PUBLISHING: frozenset({_S.REPLICATING, _S.BLOCKED, *_STOPS}),
    # further galleries copy the first gallery's version, so they publish after it is replicated
    _S.REPLICATING: frozenset({_S.PUBLISHING, _S.VERIFYING, _S.COMPLETED, _S.PARTIAL, _S.BLOCKED, *_STOPS}),
    _S.VERIFYING: frozenset({_S.PUBLISHING, _S.COMPLETED, _S.PARTIAL, _S.UNVERIFIED, *_STOPS}),
    _S.INTERRUPTED: frozenset({_S.FAILED, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.BLOCKED: frozenset(),
    _S.PARTIAL: frozenset(),
    _S.UNVERIFIED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}

ENDS = ends_of(MOVES)


class HasMigrationState(HasState[MigrationState]):
    """A record with the state of a migration; it begins as planned."""

    thing = "migration"
    moves = MOVES

    if not TYPE_CHECKING:
        state: MigrationState = Field(default=MigrationState.PLANNED, frozen=True)
