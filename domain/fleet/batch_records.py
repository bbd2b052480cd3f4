"""What the task hub knows of batches."""

from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel

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


class BatchRecord(NamedTuple):
    """What the task hub knows of a batch. `progress` may be newer than the batch itself."""

    id: str
    batch: Batch
    progress: BatchProgress
    created: datetime
    updated: datetime
