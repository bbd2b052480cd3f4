"""The task hub, through the durable client: starting migrations and batches, finding and listing them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import azure.durable_functions as df

from domain import names
from domain.fleet.batches import BATCH_ID_PREFIX, CANCEL_EVENT, BatchState
from domain.fleet.coverage import KnownMigration
from domain.migration.messages import AddRegionsRequest, MigrationRequest
from domain.migration.replication import ReplicationReport
from domain.migration.results import Failure, StepStatus
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.resources.ids import ImageId
from domain.resources.provenance import MIGRATION_ID_PREFIX, migration_id

# one page of the durable extension's answer; the SDK drops the token that would lead to the next one
_PAGE = 100
_HEX = "0123456789abcdef"
# Durable Functions are younger
_BEGINNING = datetime(2017, 1, 1, tzinfo=UTC)
_RUNNING = {"Pending", "Running", "ContinuedAsNew", "Suspended"}


class Instance(NamedTuple):
    """What the task hub says of one orchestration instance."""

    id: str
    runtime_status: str
    input: Any
    custom_status: Any
    output: Any
    created: datetime
    updated: datetime


def parse_instance(status: Any) -> Instance | None:
    """Read the SDK's status, whose fields are all optional; None where the task hub has no such instance."""
    if not status:
        return None
    return Instance(
        id=status.instance_id,
        runtime_status=status.runtime_status.value,
        # the SDK's client encodes the input twice, a start over the durable HTTP API once
        input=json.loads(status.input_) if isinstance(status.input_, str) else status.input_,
        custom_status=status.custom_status,
        output=status.output,
        created=status.created_time,
        updated=status.last_updated_time,
    )


class Started(NamedTuple):
    """The migration's instance id, and whether it was this call that started it."""

    id: str
    fresh: bool


async def start_migration(client: df.DurableOrchestrationClient, request: MigrationRequest) -> Started:
    """Start the image's migration, unless it runs already.

    The instance id is the image's, and host.json lets a new start replace ended instances only, so that of two
    callers at the same moment one is refused by the durable extension.
    """
    instance_id = migration_id(request.image)
    fresh = await _start_once(client, names.MIGRATE_IMAGE, instance_id, request.model_dump(mode="json"))
    return Started(instance_id, fresh=fresh)


async def start_adding_regions(client: df.DurableOrchestrationClient, request: AddRegionsRequest) -> bool:
    """Widen the versions of an image's migration, under the migration's own id; False where it runs."""
    body = request.model_dump(mode="json")
    return await _start_once(client, names.ADD_REGIONS, migration_id(request.image), body)


async def _start_once(client: df.DurableOrchestrationClient, name: str, instance_id: str, body: Any) -> bool:
    if await _runs(client, instance_id):
        return False
    try:
        await client.start_new(name, instance_id, body)
    except Exception:  # the SDK raises bare Exceptions; what happened is read from the task hub
        if await _runs(client, instance_id):
            return False
        raise
    return True


async def find_migration(client: df.DurableOrchestrationClient, instance_id: str) -> dict[str, Any] | None:
    """One migration with the progress of every region; None if there is none of this id."""
    instance = await _instance(client, instance_id, MIGRATION_ID_PREFIX)
    if instance is None:
        return None
    status = _migration_status(instance)
    for place, target in enumerate(status.targets):
        if target.state is MigrationState.REPLICATING and target.watched_by:
            watch = await _instance(client, target.watched_by)
            if watch is not None and watch.custom_status:
                report = ReplicationReport.model_validate(watch.custom_status)
                status.targets[place] = target.seen(report.regions)
                status.waiting_for = status.waiting_for or report.waiting_for
    for work in status.works:
        step = await _instance(client, work)
        if step is not None and step.runtime_status in _RUNNING and step.custom_status:
            told = StepStatus.model_validate(step.custom_status)
            status.waiting_for = status.waiting_for or told.waiting_for
    if instance.runtime_status not in _RUNNING:
        # what was terminated has told nobody that it waits no more
        status.waiting_for = None
    return _view(instance, status)


async def list_migrations(
    client: df.DurableOrchestrationClient, after: str = "", since: datetime | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The migrations whose id comes after `after`, in the order of their ids."""
    async for instance in _instances(client, MIGRATION_ID_PREFIX, after, since):
        yield _view(instance, _migration_status(instance))


async def known_migrations(client: df.DurableOrchestrationClient) -> dict[ImageId, KnownMigration]:
    """What the task hub knows of every image's migration."""
    known = {}
    async for instance in _instances(client, MIGRATION_ID_PREFIX, "", None):
        migration = _known(instance)
        known[migration.status.image] = migration
    return known


async def known_migration(client: df.DurableOrchestrationClient, image: ImageId) -> KnownMigration | None:
    """What the task hub knows of one image's migration."""
    return await migration_of_id(client, migration_id(image))


async def migration_of_id(client: df.DurableOrchestrationClient, instance_id: str) -> KnownMigration | None:
    """What the task hub knows of the migration of this id; None if there is none."""
    instance = await _instance(client, instance_id, MIGRATION_ID_PREFIX)
    return _known(instance) if instance else None


def _known(instance: Instance) -> KnownMigration:
    running = instance.runtime_status in _RUNNING
    return KnownMigration(id=instance.id, status=_migration_status(instance), running=running)


async def start_batch(client: df.DurableOrchestrationClient, batch_id: str, state: BatchState) -> bool:
    """Start a batch under this id; False where one of this id runs."""
    return await _start_once(client, names.MIGRATE_BATCH, batch_id, state.model_dump(mode="json"))


async def cancel_batch(client: df.DurableOrchestrationClient, batch_id: str) -> None:
    """Ask a batch to start nothing more."""
    await client.raise_event(batch_id, CANCEL_EVENT, True)


async def find_batch(
    client: df.DurableOrchestrationClient, batch_id: str
) -> tuple[Instance, BatchState] | None:
    """A batch as its latest execution knows it; None if there is none of this id."""
    instance = await _instance(client, batch_id, BATCH_ID_PREFIX)
    if instance is None:
        return None
    told = instance.output if instance.runtime_status == "Completed" else instance.input
    state = BatchState.model_validate(told)
    if instance.runtime_status == "Failed":
        state.state, state.failure = (
            "failed",
            Failure(code="OrchestratorFailed", message=str(instance.output)),
        )
    if instance.runtime_status == "Terminated":
        state.state = "cancelled"
    return instance, state


async def list_batches(client: df.DurableOrchestrationClient) -> AsyncIterator[Instance]:
    """All batches, in the order of their ids."""
    async for instance in _instances(client, BATCH_ID_PREFIX, "", None):
        yield instance


async def forget_ended(client: df.DurableOrchestrationClient, before: datetime) -> int:
    """Purge what ended and was started before this moment; returns how many instances that were.

    Entities are not among them: the numbers that the version ledger has given out stay given out.
    """
    ended = [
        df.OrchestrationRuntimeStatus.Completed,
        df.OrchestrationRuntimeStatus.Failed,
        df.OrchestrationRuntimeStatus.Terminated,
    ]
    purged = await client.purge_instance_history_by(_BEGINNING, before, ended)
    return int(purged.instances_deleted)


async def _instances(
    client: df.DurableOrchestrationClient, prefix: str, after: str, since: datetime | None
) -> AsyncIterator[Instance]:
    """All instances of a prefix in the order of their ids: a page that is full is read again digit by digit."""
    page = [parse_instance(found) for found in await _page(client, prefix, since)]
    if len(page) < _PAGE:
        for instance in sorted((found for found in page if found is not None), key=lambda found: found.id):
            if instance.id > after:
                yield instance
        return
    for digit in _HEX:
        deeper = prefix + digit
        if deeper >= after[: len(deeper)]:
            async for instance in _instances(client, deeper, after, since):
                yield instance


async def _page(client: df.DurableOrchestrationClient, prefix: str, since: datetime | None) -> list[Any]:
    # the SDK's parameters default to None without saying so
    filters: dict[str, Any] = {"instance_id_prefix": prefix, "created_time_from": since}
    return await client.get_status_by(**filters)


async def _instance(
    client: df.DurableOrchestrationClient, instance_id: str, prefix: str = ""
) -> Instance | None:
    """The instance of this id; None where there is none, or the id is not of the kind asked for."""
    return parse_instance(await client.get_status(instance_id)) if instance_id.startswith(prefix) else None


async def _runs(client: df.DurableOrchestrationClient, instance_id: str) -> bool:
    instance = await _instance(client, instance_id)
    return instance is not None and instance.runtime_status in _RUNNING


def _migration_status(instance: Instance) -> MigrationStatus:
    """What the orchestration says of itself; before its first step, what it was asked."""
    request = MigrationRequest.model_validate(instance.input)
    status = MigrationStatus(image=request.image, started_by=request.started_by)
    # the output of one that has ended is whole, its custom status is cut to what fits
    told = (instance.output if instance.runtime_status == "Completed" else None) or instance.custom_status
    if told:
        status = MigrationStatus.model_validate(told)
    if instance.runtime_status == "Failed":
        status.state, status.reason = MigrationState.FAILED, str(instance.output)
    if instance.runtime_status in ("Terminated", "Canceled"):
        status.state, status.reason = MigrationState.CANCELLED, str(instance.output)
    return status


def _view(instance: Instance, status: MigrationStatus) -> dict[str, Any]:
    body = status.model_dump(mode="json", exclude={"targets", "works"})
    targets = [
        {
            "gallery": target.definition.gallery.name,
            "definition": target.definition.name,
            "version": target.version_id.name if target.version_id else None,
            **target.model_dump(mode="json", exclude={"definition", "operation_url", "watched_by"}),
        }
        for target in status.targets
    ]
    return {
        "id": instance.id,
        **body,
        "targets": targets,
        "created": instance.created.isoformat(),
        "updated": instance.updated.isoformat(),
    }
