"""The images of a batch: those that it is going to migrate, and those whose migrations run."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.resources.ids import ImageDefinitionId, ImageId


def _is_nothing(value: object) -> bool:
    return not value


class Candidate(BaseModel):
    """An image that a batch is going to migrate. What is not known takes no room in the state of the batch."""

    image: ImageId
    definitions: list[ImageDefinitionId] = Field(default=[], exclude_if=_is_nothing)


class RunningMigration(BaseModel):
    """A migration that the batch started, or found running; `numbered` once its version has a number.

    `throttled_until` is until when Azure puts its calls off, `newly_throttled` that the last look was the first to see
    it. Before `quiet_until` it does not look at its versions, so it has no news; one that was `told` to look has.
    """

    candidate: Candidate
    numbered: bool = Field(default=False, exclude_if=_is_nothing)
    throttled_until: datetime | None = Field(default=None, exclude_if=_is_nothing)
    newly_throttled: bool = Field(default=False, exclude_if=_is_nothing)
    quiet_until: datetime | None = Field(default=None, exclude_if=_is_nothing)
    told: bool = Field(default=False, exclude_if=_is_nothing)
