"""Views of migrations: what the task hub knows of them, together with their child orchestrations."""

from collections.abc import AsyncIterator
from datetime import datetime

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub, created_at
from domain.host_failures import failure_sentence
from domain.migration.messages import RunRequest
from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationRecord, MigrationStatus, UnreadableInstance
from domain.proofs.proof import ProofProgress
from domain.resources.ids import ImageId
from domain.resources.provenance import MIGRATION_ID_PREFIX, migration_id
from domain.results import StepStatus
from services.instances import States, cursor_of, find_instance, read_instance, shown_status
from services.interruptions import START_AGAIN, Attempts

_STATES = States(
    ends=ENDS,
    interrupted=MigrationState.INTERRUPTED,
    failed=MigrationState.FAILED,
    terminated=MigrationState.CANCELLED,
)
_FIXES = {
    MigrationState.INTERRUPTED: "No action needed: Gallerist continues the migration within minutes.",
    MigrationState.FAILED: START_AGAIN,
}

# what a readable instance is, in messages
EXPECTED = "a migration"


async def find_migration(client: df.DurableOrchestrationClient, instance_id: str) -> MigrationRecord | None:
    """One migration, as far as its children are at the moment; None if there is none of this id.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    hub = TaskHub(client)
    record = await migration_of_id(client, instance_id)
    if record is None or not record.running:
        return record
    status = record.status
    for target in status.targets:
        if target.state is MigrationState.VERIFYING:
            for position, proof in enumerate(target.proofs):
                progress = _latest_proof(await hub.get(proof.watched_by)) if proof.watched_by else None
                if progress is not None and proof.verdict == "running":
                    target.proofs[position] = progress.proof
    for child_id in status.child_instance_ids:
        step_status = _step_status(await hub.get(child_id))
        status.waiting_for = status.waiting_for or step_status.waiting_for
    return record


async def list_migrations(
    client: df.DurableOrchestrationClient,
    page: str = "",
    since: datetime | None = None,
) -> AsyncIterator[tuple[MigrationRecord | UnreadableInstance, str]]:
    """The migrations of this page and the following ones, in the order of their ids.

    With each one comes the page that begins after it; the first page is empty.

    Raises:
        InvalidRequestError: this is no page of the list.
    """
    cursor = cursor_of(page)
    hub = TaskHub(client)
    attempts = Attempts(hub)
    async for listed in hub.instances(MIGRATION_ID_PREFIX, cursor, since=since):
        yield await read_instance(listed.instance, attempts, EXPECTED, _record), str(listed.next)


async def migrations_by_image(client: df.DurableOrchestrationClient) -> dict[ImageId, MigrationRecord]:
    """Every image's migration, as far as the task hub knows one. An instance that cannot be read is left out."""
    return {
        record.status.image: record
        async for record, _ in list_migrations(client)
        if isinstance(record, MigrationRecord)
    }


async def migration_of_image(client: df.DurableOrchestrationClient, image: ImageId) -> MigrationRecord | None:
    """The image's migration, without what its children know. Raises ConflictError as `find_migration` does."""
    return await migration_of_id(client, migration_id(image))


async def migration_of_id(client: df.DurableOrchestrationClient, instance_id: str) -> MigrationRecord | None:
    """The migration of this id, without what its children know; None if there is none.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    if not instance_id.startswith(MIGRATION_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, EXPECTED, _record)


def _record(instance: Instance, goes_on: bool) -> MigrationRecord:
    request = RunRequest.model_validate(instance.input)
    return MigrationRecord(
        id=instance.id,
        status=_status(instance, request, goes_on=goes_on),
        running=instance.running or goes_on,
        created=created_at(request, instance),
        updated=instance.updated,
    )


def _status(instance: Instance, request: RunRequest, *, goes_on: bool) -> MigrationStatus:
    """The orchestration's own status; before its first step, its request."""
    status = MigrationStatus(image=request.image, started_by=request.started_by)
    stored = shown_status(instance)
    if stored:
        status = MigrationStatus.model_validate(stored)
    if not instance.running:
        # an orchestration that was terminated never clears its custom status
        status.waiting_for = status.next_look = None
    imposed = _STATES.imposed(instance, status.state, goes_on=goes_on)
    if imposed is None:
        return status
    status = status.moved(imposed)
    status.reason = failure_sentence(instance.output)
    status.fix = _FIXES.get(status.state)
    return status


def _latest_proof(proof: Instance | None) -> ProofProgress | None:
    if proof is None or not proof.running or not proof.custom_status:
        return None
    return ProofProgress.model_validate(proof.custom_status)


def _step_status(step: Instance | None) -> StepStatus:
    if step is None or not step.running or not step.custom_status:
        return StepStatus()
    return StepStatus.model_validate(step.custom_status)
