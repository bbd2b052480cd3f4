"""The answers about batches."""

from datetime import datetime
from typing import Any, Self

from pydantic import field_serializer

from api.answers.base import Answer, Links, UnreadableInstance
from api.ids import AnyDefinitionId, AnyImageId
from api.links import Addresses
from api.requests import StartBatch
from domain.fleet.batch_records import BatchProgress, BatchRecord
from domain.fleet.batch_results import ImageResult
from domain.fleet.coverage import Category
from domain.fleet.gaps import Unreadable
from domain.fleet.states import BatchState
from domain.results import Failure


class BatchImage(Answer):
    """How the migration of one image of a batch ended, or what a dry run plans for it."""

    image: AnyImageId
    outcome: str
    """An end state of a migration; in a dry run `migrate`, `skipped`, `blocked`, or `failed`: it cannot be planned."""
    reason: str | None
    fix: str | None
    definitions: list[AnyDefinitionId]
    regions: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, result: ImageResult) -> Self:
        """An image of a batch."""
        return cls(
            image=result.image,
            outcome=result.outcome,
            reason=result.reason,
            fix=result.fix,
            definitions=result.definitions,
            regions=result.regions,
            warnings=result.warnings,
        )


class Batch(Answer):
    """A batch of migrations."""

    id: str
    state: BatchState
    request: StartBatch
    """The request that started it; what it left out is absent."""
    started_by: str
    selected: int
    """How many images the batch has taken up."""
    waiting: int
    """How many of them are not started yet."""
    running: int
    """How many of them are being migrated."""
    counts: dict[str, int]
    """How many of them ended, per outcome."""
    left_alone: dict[Category, int]
    """How many images needed no migration, per category; of those in `unknown` it cannot be found out."""
    unread: int
    """How many images and subscriptions the batch comes back to: their state was not read yet."""
    unreadable: list[Unreadable]
    """What cannot be read, or could not for too long, up to 100. The batch goes on without it."""
    migrations: list[str]
    """The addresses of running migrations, up to 100."""
    images: list[BatchImage]
    """The images that did not complete, or the plans of a dry run, up to 500."""
    failure: Failure | None
    """The error that ended the batch."""
    created: datetime
    updated: datetime
    links: Links

    @field_serializer("request")
    def _without_nulls(self, request: StartBatch) -> dict[str, Any]:
        return request.model_dump(mode="json", exclude_none=True)

    @classmethod
    def of(cls, record: BatchRecord, addresses: Addresses) -> Self:
        """The batch as the task hub knows it."""
        batch, progress = record.batch, record.progress
        return cls(
            id=record.id,
            state=batch.state,
            request=StartBatch.model_validate(batch.request.model_dump()),
            started_by=batch.started_by,
            selected=progress.selected,
            waiting=progress.waiting,
            running=progress.running,
            counts=progress.counts,
            left_alone=progress.left_alone,
            unread=progress.unread,
            unreadable=batch.walk.unreadable,
            migrations=[addresses.migration(name) for name in progress.running_migrations],
            images=[BatchImage.of(result) for result in batch.shown],
            failure=batch.failure,
            created=record.created,
            updated=record.updated,
            links=Links(self=addresses.batch(record.id)),
        )


class ListedBatch(Answer):
    """A batch in a list."""

    id: str
    state: BatchState
    created: datetime
    progress: BatchProgress
    links: Links

    @classmethod
    def of(cls, record: BatchRecord, addresses: Addresses) -> Self:
        """The batch as the task hub knows it."""
        return cls(
            id=record.id,
            state=record.batch.state,
            created=record.created,
            progress=record.progress,
            links=Links(self=addresses.batch(record.id)),
        )


class Batches(Answer):
    """All batches, in the order of their ids."""

    batches: list[ListedBatch]
    unreadable: list[UnreadableInstance]
    """What the task hub holds under ids of batches, and this release cannot read."""
