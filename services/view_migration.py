"""Views of migrations: what the task hub knows of them, together with their child orchestrations."""

from collections.abc import AsyncIterator
from datetime import datetime

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub
from domain.migration.messages import RunRequest
from domain.migration.replication import ReplicationReport
from domain.migration.results import StepStatus
from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationRecord, MigrationStatus
from domain.resources.ids import ImageId
from domain.resources.provenance import MIGRATION_ID_PREFIX, migration_id

_STOPPED = {
    "Failed": MigrationState.FAILED,
    "Terminated": MigrationState.CANCELLED,
    "Canceled": MigrationState.CANCELLED,
}


async def find_migration(client: df.DurableOrchestrationClient, instance_id: str) -> MigrationRecord | None:
    """One migration, as far as its children are at the moment; None if there is none of this id."""
    hub = TaskHub(client)
    record = await migration_of_id(client, instance_id)
    if record is None or not record.running:
        return record
    status = record.status
    for index, target in enumerate(status.targets):
        if target.state is MigrationState.REPLICATING and target.watched_by:
            report = _latest_report(await hub.get(target.watched_by))
            if report is not None:
                status.targets[index] = target.with_regions(report.regions)
                status.waiting_for = status.waiting_for or report.waiting_for
    for child_id in status.child_instance_ids:
        step_status = _step_status(await hub.get(child_id))
        status.waiting_for = status.waiting_for or step_status.waiting_for
    return record


async def list_migrations(
    client: df.DurableOrchestrationClient, after: str = "", since: datetime | None = None
) -> AsyncIterator[MigrationRecord]:
    """The migrations whose ids come after `after`, in the order of their ids."""
    async for instance in TaskHub(client).instances(MIGRATION_ID_PREFIX, after, since):
        yield _record(instance)


async def migrations_by_image(client: df.DurableOrchestrationClient) -> dict[ImageId, MigrationRecord]:
    """Every image's migration, as far as the task hub knows one."""
    return {record.status.image: record async for record in list_migrations(client)}


async def migration_of_image(client: df.DurableOrchestrationClient, image: ImageId) -> MigrationRecord | None:
    """The image's migration, without what its children know."""
    return await migration_of_id(client, migration_id(image))


async def migration_of_id(client: df.DurableOrchestrationClient, instance_id: str) -> MigrationRecord | None:
    """The migration of this id, without what its children know; None if there is none."""
    if not instance_id.startswith(MIGRATION_ID_PREFIX):
        return None
    instance = await TaskHub(client).get(instance_id)
    return _record(instance) if instance else None


def _record(instance: Instance) -> MigrationRecord:
    return MigrationRecord(
        id=instance.id,
        status=_status(instance),
        running=instance.running,
        created=instance.created,
        updated=instance.updated,
    )


def _status(instance: Instance) -> MigrationStatus:
    """The orchestration's own status; before its first step, its request."""
    request = RunRequest.model_validate(instance.input)
    status = MigrationStatus(image=request.image, started_by=request.started_by)
    # the output is whole, the custom status is trimmed
    stored = (instance.output if instance.runtime_status == "Completed" else None) or instance.custom_status
    if stored:
        status = MigrationStatus.model_validate(stored)
    stopped = _STOPPED.get(instance.runtime_status)
    if stopped is not None and status.state not in ENDS:
        status = status.moved(stopped)
        status.reason = str(instance.output)
    if not instance.running:
        # an orchestration that was terminated never clears its custom status
        status.waiting_for = None
    return status


def _latest_report(watch: Instance | None) -> ReplicationReport | None:
    if watch is None or not watch.custom_status:
        return None
    return ReplicationReport.model_validate(watch.custom_status)


def _step_status(step: Instance | None) -> StepStatus:
    if step is None or not step.running or not step.custom_status:
        return StepStatus()
    return StepStatus.model_validate(step.custom_status)
