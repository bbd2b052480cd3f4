"""Cancels a migration that runs, and starts one again that ended."""

import logging

import azure.durable_functions as df
from pydantic import ValidationError

from adapters.task_hub import Instance, TaskHub
from domain import names
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord
from services.interruptions import children_of
from services.refusals import ConflictError, NotFoundError
from services.view_migration import migration_of_id

logger = logging.getLogger(__name__)

_NOTHING_TO_RETRY = (MigrationState.COMPLETED, MigrationState.SKIPPED)


async def cancel_migration(client: df.DurableOrchestrationClient, instance_id: str, by: str) -> None:
    """Ends a migration. What Azure has begun goes on there, and another start of the migration finds it.

    The orchestration and its children are terminated: they may wait for hours, and hear nothing. A machine that was
    proving a version is deleted by the sweep of proofs.

    Raises:
        NotFoundError: there is no such migration.
        ConflictError: it has ended, or it was interrupted and is about to continue.
    """
    record, instance = await _existing(client, instance_id)
    if record.status.state is MigrationState.INTERRUPTED:
        raise ConflictError(
            "the migration was interrupted and continues within minutes; cancel it then", instance_id
        )
    if not record.running:
        raise ConflictError(f"the migration has ended: it is {record.status.state}", instance_id)
    await TaskHub(client).end(instance_id, children_of(instance.custom_status), f"cancelled by {by}")
    logger.warning("%s was cancelled by %s", instance_id, by)


async def retry_migration(client: df.DurableOrchestrationClient, instance_id: str, by: str) -> None:
    """Starts a migration again that did not succeed, with the choices of its request. It continues with what is there.

    Raises:
        NotFoundError: there is no such migration.
        ConflictError: it is running, there is nothing to retry, or it last added regions.
    """
    record, instance = await _existing(client, instance_id)
    running = ConflictError("the migration is running", instance_id)
    if record.running:
        raise running
    if record.status.state in _NOTHING_TO_RETRY:
        raise ConflictError(f"there is nothing to retry: the migration is {record.status.state}", instance_id)
    if instance.name != names.MIGRATE_IMAGE:
        raise ConflictError("the migration last added regions; add them again instead", instance_id)
    try:
        former = MigrationRequest.model_validate(instance.input)
    except ValidationError as error:
        raise ConflictError(
            "the request of the migration cannot be read; start it with POST /api/migrations"
        ) from error
    request = MigrationRequest(image=former.image, started_by=by, overrides=former.overrides)
    if not await TaskHub(client).start(names.MIGRATE_IMAGE, instance_id, request):
        raise running


async def _existing(
    client: df.DurableOrchestrationClient, instance_id: str
) -> tuple[MigrationRecord, Instance]:
    record = await migration_of_id(client, instance_id)
    instance = await TaskHub(client).get(instance_id) if record else None
    if record is None or instance is None:
        raise NotFoundError(f"there is no migration '{instance_id}'")
    return record, instance
