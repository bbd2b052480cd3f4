"""What the task hub knows of batches."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, model_validator

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
            running_migrations=[migration_id(one.candidate.image) for one in batch.running][
                :MOST_RUNNING_SHOWN
            ],
            counts=batch.counts,
            left_alone=batch.left_alone,
            unread=len(batch.walk.unread) + len(batch.walk.unlisted),
            unreadable=len(batch.walk.unreadable),
        )


class BatchStep(BaseModel):
    """What a step of a batch returns: its state as JSON, which is only carried on, and what has to be known of it."""

    state: dict[str, Any]
    progress: BatchProgress
    pause_seconds: float
    done: bool

    @classmethod
    def after(cls, batch: Batch) -> Self:
        """The step that left the batch like this."""
        pause_seconds = batch.pause()
        return cls(
            state=batch.model_dump(mode="json"),
            progress=BatchProgress.of(batch),
            pause_seconds=pause_seconds,
            done=batch.done,
        )

    @model_validator(mode="before")
    @classmethod
    def _read_batch(cls, value: Any) -> Any:
        """Reads what steps of earlier versions of the app returned: the batch itself."""
        if isinstance(value, dict) and "request" in value:
            return cls.after(Batch.model_validate(value)).model_dump()
        return value


class BatchRecord(NamedTuple):
    """What the task hub knows of a batch. `progress` may be newer than the batch itself."""

    id: str
    batch: Batch
    progress: BatchProgress
    created: datetime
    updated: datetime
