"""Hints that a version may be done: whom one concerns, and how far those of a gallery are trusted.

Azure raises an event when a version was written. It is a reason to look, never proof: it may come early, late, twice or
never, and anybody who has the webhook's key can forge it.
"""

import json
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from domain.errors import ResourceIdError
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id

# the external event that asks a migration to look at its versions now
LOOK_EVENT = "look"
# a hint this close to the moment at which a version was done counts as one that came in time
PROMPT_SECONDS = 60
# this many migrations into a gallery decide about its hints
MOST_OUTCOMES = 5


class Hint(BaseModel):
    """The payload of the event: a batch says when the version was seen and `not_done_at`, Azure says nothing."""

    not_done_at: AwareDatetime | None = None

    @classmethod
    def read(cls, payload: Any) -> Self:
        """The hint in an event's payload, which may be JSON text. What cannot be read is a hint all the same."""
        try:
            found = json.loads(payload) if isinstance(payload, str) else payload
            return cls.model_validate(found if isinstance(found, dict) else {})
        except ValueError:
            return cls()


class HintOutcome(BaseModel):
    """The input of the entity's `note`: whether a hint came in time for the end of a version of the gallery."""

    hit: bool


class HintRecord(BaseModel):
    """How the last watches in one gallery ended, oldest first; true where a hint came in time.

    Nothing but misses is the same as nothing: a gallery whose hints never come is not written down.
    """

    outcomes: list[bool] = Field(default=[], max_length=MOST_OUTCOMES)

    @classmethod
    def read(cls, state: Any) -> Self:
        """The record in the state of an entity; an empty one where there is none or it cannot be read."""
        try:
            return cls.model_validate(state or {})
        except ValidationError:
            return cls()

    @property
    def proven(self) -> bool:
        """Whether a watch may rely on hints and look seldom."""
        return len(self.outcomes) == MOST_OUTCOMES and all(self.outcomes)

    def after(self, hit: bool) -> Self:  # the outcome is the value
        """The record after another watch. One miss is enough to end the trust."""
        outcomes = [*self.outcomes, hit][-MOST_OUTCOMES:]
        return type(self)(outcomes=outcomes if any(outcomes) else [])

    def is_changed_by(self, hit: bool) -> bool:  # as above
        """Whether the outcome of another watch is worth storing."""
        return self.after(hit) != self


def holders_of(number: str, ledger: Any) -> list[str]:
    """The migrations for which the ledger of a definition has reserved this number, one per image.

    `ledger` is the state of the entity `version_ledger`: `{holder: number}`, where a holder is the image's id and its
    fingerprint. What is not of this form holds nothing.
    """
    if not isinstance(ledger, dict):
        return []
    images = {str(holder).partition("@")[0] for holder, held in ledger.items() if held == number}
    return sorted(migration_id(image) for image in map(_image, images) if image is not None)


def _image(key: str) -> ImageId | None:
    try:
        return ImageId.parse(key)
    except ResourceIdError:
        return None
