"""State machines: a record shows its state as a read-only property, and only `HasState.moved` changes it.

Each kind of record has its own table of moves, such as `domain.migration.states`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, Field

from domain.errors import IllegalMoveError

State = TypeVar("State", bound=StrEnum)


class HasState(BaseModel, Generic[State]):
    """A record with a state. `thing` is what error messages call the record."""

    thing: ClassVar[str]
    moves: ClassVar[Mapping[Any, frozenset[Any]]]

    if TYPE_CHECKING:
        # For mypy the state is a property, so that neither an assignment nor a constructor can set it: mypy does not
        # see that a single pydantic field is frozen.
        @property
        def state(self) -> State: ...
    else:
        state: State = Field(frozen=True)

    def moved(self, wanted: State) -> Self:
        """Returns a copy of the record in the wanted state.

        Raises:
            IllegalMoveError: the table does not have this move; the message names the moves it has.
        """
        allowed = self.moves[self.state]
        if wanted not in allowed:
            raise IllegalMoveError(self.thing, self.state, wanted, allowed)
        copy = self.model_copy()
        # past the frozen field: no other line changes a state
        copy.__dict__["state"] = wanted
        return copy


def ends_of(moves: Mapping[State, frozenset[State]]) -> frozenset[State]:
    """The states that no move leaves."""
    return frozenset(state for state, following in moves.items() if not following)
