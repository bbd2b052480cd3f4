"""Starts, views, cancels and resumes batches, and takes the steps that `migrate_batch` asks for."""

import time
import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub, created_at
from domain import names
from domain.arm_errors import diagnose
from domain.errors import ArmError, NotYetError
from domain.fleet.batch_images import Candidate
from domain.fleet.batch_records import BatchProgress, BatchRecord
from domain.fleet.batches import BATCH_ID_PREFIX, CANCEL_EVENT, SWEEP_BATCH_ID, Batch
from domain.fleet.carried_batch import BatchRequest
from domain.fleet.scopes import Scope
from domain.fleet.states import BatchState
from domain.host_failures import failure_sentence
from domain.migration.messages import MigrationRequest
from domain.migration.status import UnreadableInstance
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.results import Failure, failure_of
from services.container import services
from services.definition_looks import look_at_definitions
from services.instances import find_instance, read_instance
from services.interruptions import Attempts
from services.plan_migration import plan
from services.refusals import ConflictError, NotFoundError
from services.start_migration import start_migration
from services.view_fleet import view_fleet
from services.view_migration import migration_of_image

# an activity that plans for longer says what it has so far
PLAN_SECONDS = 60

# what a readable instance is, in messages
EXPECTED = "a batch"


async def start_batch(client: df.DurableOrchestrationClient, request: BatchRequest, started_by: str) -> str:
    """Starts a batch; returns its id."""
    batch_id = f"{BATCH_ID_PREFIX}{uuid.uuid4().hex}"
    await _start(client, batch_id, request, f"{started_by}, {batch_id}")
    return batch_id


async def start_sweep(client: df.DurableOrchestrationClient, subscriptions: Iterable[str]) -> bool:
    """Starts the batch over these subscriptions; returns False where the sweep before it is still running."""
    request = BatchRequest(scope=[Scope(subscription=name) for name in subscriptions])
    return await _start(client, SWEEP_BATCH_ID, request, "sweep")


async def find_batch(client: df.DurableOrchestrationClient, batch_id: str) -> BatchRecord | None:
    """The batch; None if there is none of this id.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    if not batch_id.startswith(BATCH_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), batch_id, EXPECTED, _record)


async def list_batches(
    client: df.DurableOrchestrationClient,
) -> AsyncIterator[BatchRecord | UnreadableInstance]:
    """All batches, in the order of their ids."""
    hub = TaskHub(client)
    attempts = Attempts(hub)
    async for listed in hub.instances(BATCH_ID_PREFIX):
        yield await read_instance(listed.instance, attempts, EXPECTED, _record)


async def cancel_batch(client: df.DurableOrchestrationClient, batch_id: str) -> None:
    """Stops a batch from starting more migrations. Those that are running continue.

    Raises:
        NotFoundError: there is no such batch.
        ConflictError: the batch has ended.
    """
    record = await _existing(client, batch_id)
    if record.batch.state is BatchState.INTERRUPTED:
        raise ConflictError(
            f"the batch {batch_id} was interrupted and continues within minutes; cancel it then", batch_id
        )
    if record.batch.state is not BatchState.RUNNING:
        raise ConflictError(f"the batch {batch_id} has ended: it is {record.batch.state}", batch_id)
    await TaskHub(client).raise_event(batch_id, CANCEL_EVENT)


async def resume_batch(client: df.DurableOrchestrationClient, batch_id: str, started_by: str) -> None:
    """Starts a batch that has ended once more. Images that are migrated meanwhile are skipped.

    Raises:
        NotFoundError: there is no such batch.
        ConflictError: the batch is running.
    """
    record = await _existing(client, batch_id)
    running = record.batch.state is BatchState.RUNNING
    started_by = f"{started_by}, {batch_id}"
    if running or not await _start(client, batch_id, record.batch.request, started_by):
        raise ConflictError(f"the batch {batch_id} is running", batch_id)


async def advance_batch(client: df.DurableOrchestrationClient, batch: Batch) -> Batch:
    """Takes the batch one step further: looks at what runs, selects the next images, starts what may start.

    A repeated call finds the migrations of the first call running or ended; starting one again does nothing, and
    telling one again costs a read.
    """
    batch.wake()
    for running in batch.to_look_at():
        try:
            record = await migration_of_image(client, running.candidate.image)
        except ConflictError as error:
            batch.note_lost(running, str(error))
            continue
        if record is None:
            batch.note_lost(running, "the task hub has no migration of the image any more")
        else:
            batch.note_status(running, record.status, ended=not record.running)
    batch.note_pace()
    await look_at_definitions(client, batch)
    await _select(client, batch)
    for candidate in batch.startable():
        request = MigrationRequest(image=candidate.image, started_by=batch.started_by, batch_looks=True)
        await start_migration(client, request)
        batch.note_started(candidate)
    batch.forget_definitions()
    return batch


async def plan_batch(client: df.DurableOrchestrationClient, batch: Batch) -> Batch:
    """Plans the batch's next images, as many as Azure's limits allow. Writes nothing.

    Raises:
        ArmError: not even the first of them can be planned now.
    """
    batch.wake()
    await _select(client, batch)
    begun, ends_at = len(batch.pending), time.monotonic() + PLAN_SECONDS
    for candidate in list(batch.pending):
        try:
            batch.note_plan(candidate, await _plan(candidate, batch.started_by))
        except (ArmError, NotYetError) as error:
            failure = _final_failure(error)
            if failure is not None:
                batch.note_failure(candidate, failure)
            elif len(batch.pending) == begun:
                raise
            else:
                break
        if time.monotonic() > ends_at:
            break
    return batch


def _final_failure(error: ArmError | NotYetError) -> Failure | None:
    """Why the plan of an image failed; None if the same may pass in a minute."""
    if isinstance(error, NotYetError):
        return Failure(code="NotYet", message=str(error), fix="Plan the batch again later.")
    return failure_of(error) if diagnose(error).retry == "never" else None


async def _select(client: df.DurableOrchestrationClient, batch: Batch) -> None:
    if batch.is_look_due:
        view = await view_fleet(client, batch.request.scope, batch.request.filter)
        batch.select(view.images, view.gaps, view.unlisted, view.newly_read)


async def _plan(candidate: Candidate, started_by: str) -> MigrationPlan | None:
    image = await services().compute.get_managed_image(candidate.image)
    if image is None:
        return None
    return await plan(PlanRequest(image=image, started_by=started_by, now=datetime.now(UTC)), counts=True)


async def _start(
    client: df.DurableOrchestrationClient, batch_id: str, request: BatchRequest, started_by: str
) -> bool:
    batch = Batch(request=request, started_by=started_by)
    return await TaskHub(client).start(names.MIGRATE_BATCH, batch_id, batch)


async def _existing(client: df.DurableOrchestrationClient, batch_id: str) -> BatchRecord:
    record = await find_batch(client, batch_id)
    if record is None:
        raise NotFoundError(f"there is no batch '{batch_id}'")
    return record


def _record(instance: Instance, goes_on: bool) -> BatchRecord:
    batch = _batch(instance, goes_on=goes_on)
    progress = BatchProgress.of(batch)
    if batch.state in (BatchState.RUNNING, BatchState.INTERRUPTED) and instance.custom_status:
        # newer than the batch, which is the one the execution began with
        progress = BatchProgress.model_validate(instance.custom_status)
    created = created_at(batch, instance)
    return BatchRecord(instance.id, batch, progress, created, instance.updated)


def _batch(instance: Instance, *, goes_on: bool) -> Batch:
    stored: Any = instance.output if instance.runtime_status == "Completed" else instance.input
    batch = Batch.model_validate(stored)
    if instance.runtime_status == "Failed":
        state = BatchState.INTERRUPTED if goes_on else BatchState.FAILED
        return batch.ended(
            state, Failure(code="OrchestratorFailed", message=failure_sentence(instance.output))
        )
    if instance.runtime_status == "Terminated":
        return batch.ended(BatchState.CANCELLED)
    return batch
