"""What the task hub knows of batches."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, model_serializer, model_validator

from domain.fleet.batches import Batch
from domain.fleet.coverage import Category
from domain.resources.provenance import migration_id

# the custom status, 16 KB at most, names this many running migrations
MOST_RUNNING_SHOWN = 100


class BatchProgress(BaseModel):
    """The custom status of a batch: the counts, and some of the running migrations."""

    selected: int = 0
    waiting: int = 0
    running: int = 0
    running_migrations: list[str] = []
    counts: dict[str, int] = {}
    left_alone: dict[Category, int] = {}
    unread: int = 0
    unreadable: int = 0

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The progress of a batch."""
        return cls(
            selected=batch.selected,
            waiting=len(batch.pending),
            running=len(batch.running),
            running_migrations=[
                migration_id(one.candidate.image) for one in batch.running[:MOST_RUNNING_SHOWN]
            ],
            counts=batch.counts,
            left_alone=batch.left_alone,
            unread=len(batch.walk.unread) + len(batch.walk.unlisted),
            unreadable=len(batch.walk.unreadable),
        )


class Pause(BaseModel):
    """What the orchestration needs after a step: how the batch stands, whether it is done, how long it waits."""

    progress: BatchProgress
    seconds: float
    done: bool


class BatchStep(BaseModel):
    """What a step of a batch returns: its state as JSON, which is only carried on, and the pause after it.

    As JSON it is the batch with the pause as one more field, so that 0.1.0 can read it.
    """

    state: dict[str, Any]
    pause: Pause

    @classmethod
    def after(cls, batch: Batch) -> Self:
        """The step that left the batch like this."""
        pause = Pause(progress=BatchProgress.of(batch), seconds=batch.pause(), done=batch.done)
        return cls(state=batch.model_dump(mode="json"), pause=pause)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        """Reads what a step returned, in 0.1.0 only the batch."""
        if not isinstance(value, dict) or "state" not in value or "request" not in value:
            return value
        if "pause" not in value:
            step = cls.after(Batch.model_validate(value))
            return {"state": step.state, "pause": step.pause}
        return {
            "state": {name: found for name, found in value.items() if name != "pause"},
            "pause": value["pause"],
        }

    @model_serializer
    def _write(self) -> dict[str, Any]:
        return self.state | {"pause": self.pause.model_dump(mode="json")}


class BatchRecord(NamedTuple):
    """What the task hub knows of a batch. `progress` may be newer than the batch itself."""

    id: str
    batch: Batch
    progress: BatchProgress
    created: datetime
    updated: datetime
