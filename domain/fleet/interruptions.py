"""Orchestrations that the host left in Failed, without an answer of ours: how often they are continued, and how.

Nothing inside an orchestration can catch the death of a worker during an episode. A rewind keeps its history; a new
start with the same input finds in Azure what was done so far.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, RootModel

# in a row and without progress; every second one is a new start
MOST_ATTEMPTS = 8
MOST_SEEN = 50

Attempt = Literal["rewind", "restart", "give up", "none"]


class Progress(NamedTuple):
    """How far one start of an instance is: the start's id, and a digest of what the instance shows."""

    start_id: str | None
    digest: str

    @classmethod
    def of(cls, start_id: str | None, custom_status: Any) -> Self:
        """The progress of an instance that shows this; what it waits for is no progress."""
        shown = custom_status if isinstance(custom_status, Mapping) else {"status": custom_status}
        lasting = {name: value for name, value in shown.items() if name != "waiting_for"}
        return cls(start_id, hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()[:16])


class Interruption(BaseModel):
    """How often a start was continued since it last made progress; `seen` are digests of the progress so far.

    What it showed before is no progress: a new start begins from the front.
    """

    attempts: int = 0
    start_id: str | None = None
    seen: list[str] = []

    def at(self, progress: Progress) -> Self:
        """The interruption at this progress; without attempts if it is new."""
        if self.seen and progress.start_id != self.start_id:
            return type(self)(start_id=progress.start_id, seen=[progress.digest])
        if progress.digest in self.seen:
            return self
        seen = [*self.seen, progress.digest][-MOST_SEEN:]
        return type(self)(start_id=progress.start_id, seen=seen)

    @property
    def given_up(self) -> bool:
        """Nothing was gained for so long that only a person can help."""
        return self.attempts >= MOST_ATTEMPTS

    def next(self) -> tuple[Self, Attempt]:
        """What to do now, and the interruption after it.

        A rewind cannot heal a history in which a call was lost and repeated, so each second attempt is a new start.
        """
        if self.attempts > MOST_ATTEMPTS:
            return self, "none"
        after = type(self)(attempts=self.attempts + 1, start_id=self.start_id, seen=self.seen)
        if self.given_up:
            return after, "give up"
        return after, "rewind" if after.attempts % 2 else "restart"


class Interruptions(RootModel[dict[str, Interruption]]):
    """The state of the entity that counts: an interruption for each instance id that was continued."""

    root: dict[str, Interruption] = {}

    def of(self, instance_id: str, progress: Progress) -> Interruption:
        """The instance's interruption at this progress."""
        return self.root.get(instance_id, Interruption()).at(progress)
