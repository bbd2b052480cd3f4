"""How long versions of one definition took to replicate."""

from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError

# the latest ones say most about the next one
MOST_DURATIONS = 8


class Duration(BaseModel):
    """The input of the entity's `note_duration`: one replication, from the write until every region had the version.

    `size_gb` is the sum of the disks, None where a size is unknown; `regions` are those that the version was given.
    """

    seconds: float = Field(ge=0, allow_inf_nan=False)
    size_gb: int | None = None
    regions: int = 1


class Durations(BaseModel):
    """The latest replications of a definition's versions, oldest first."""

    past: list[Duration] = Field(default=[], max_length=MOST_DURATIONS)

    @classmethod
    def read(cls, state: Any) -> Self:
        """The durations in the state of an entity; none where there are none or they cannot be read."""
        try:
            return cls.model_validate(state or {})
        except ValidationError:
            return cls()

    def after(self, duration: Duration) -> Self:
        """The durations after another replication."""
        return type(self)(past=[*self.past, duration][-MOST_DURATIONS:])
