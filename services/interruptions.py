"""Continues orchestrations that a dead worker left in Failed, and says which ones were given up."""

import logging
from typing import Any

import azure.durable_functions as df
from pydantic import ValidationError

from adapters.task_hub import Instance, TaskHub
from domain.fleet.batches import BATCH_ID_PREFIX, Batch
from domain.fleet.interruptions import Interruption, Interruptions, Progress
from domain.host_failures import failure_sentence
from domain.migration.log_line import log_event
from domain.migration.messages import RunRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.promotion.messages import PROMOTION_ID_PREFIX, PromotionRequest
from domain.records.delivery import SendNotice
from domain.records.notices import NOTICE_ID_PREFIX
from domain.references.repoint import REPOINT_ID_PREFIX, Repoint
from domain.resources.provenance import MIGRATION_ID_PREFIX
from domain.retention.restore import RESTORE_ID_PREFIX, RestoreRequest
from domain.retention.run import RETENTION_ID_PREFIX, RetentionRequest
from domain.retirement.messages import RETIREMENT_ID_PREFIX
from domain.retirement.retirement import Retirement
from domain.starts import Start

logger = logging.getLogger(__name__)

_FAILED = "Failed"
# the ids of what is continued, and the type of its input
_CONTINUED: dict[str, type[Start]] = {
    MIGRATION_ID_PREFIX: RunRequest,
    BATCH_ID_PREFIX: Batch,
    RETIREMENT_ID_PREFIX: Retirement,
    NOTICE_ID_PREFIX: SendNotice,
    RETENTION_ID_PREFIX: RetentionRequest,
    RESTORE_ID_PREFIX: RestoreRequest,
    REPOINT_ID_PREFIX: Repoint,
    PROMOTION_ID_PREFIX: PromotionRequest,
}
START_AGAIN = (
    "Start the migration again: it continues with what is there. If it fails again, report the error; "
    "the log of the function app has the whole of it."
)


class Attempts:
    """What the task hub knows of attempts to continue; it is asked once, and only if something failed."""

    def __init__(self, hub: TaskHub) -> None:
        self._hub = hub
        self._known: Interruptions | None = None

    async def goes_on(self, instance: Instance) -> bool:
        """Whether the host ended the instance, and Gallerist is going to continue it."""
        if instance.runtime_status != _FAILED:
            return False
        if self._known is None:
            self._known = await self._hub.interruptions()
        return not self._known.of(instance.id, _progress(instance)).given_up


async def continue_interrupted(client: df.DurableOrchestrationClient) -> int:
    """Rewinds, or starts again, what the host left in Failed; returns how many were continued.

    Our orchestrators end by returning, so Failed means that the host gave up: a worker died during an episode. One
    whose input is not ours stays as it is.
    """
    hub = TaskHub(client)
    before = await hub.interruptions()
    after: dict[str, Interruption] = {}
    continued = 0
    for prefix, input_type in _CONTINUED.items():
        async for listed in hub.instances(prefix, runtime_status=_FAILED):
            instance = listed.instance
            if not _is_readable(instance, input_type):
                continue
            interruption = before.of(instance.id, _progress(instance))
            after[instance.id] = await _continue(hub, instance, interruption)
            continued += not interruption.given_up
    for instance_id, interruption in before.root.items():
        # what runs again may fail again
        if instance_id not in after and await _runs(hub, instance_id):
            after[instance_id] = interruption
    if after != before.root:
        await hub.keep_interruptions(Interruptions(after))
    return continued


async def _continue(hub: TaskHub, instance: Instance, interruption: Interruption) -> Interruption:
    """Makes one attempt; returns the interruption after it."""
    after, attempt = interruption.next()
    if attempt == "give up":
        _log_the_end(instance)
    if attempt in ("give up", "none"):
        return after
    logger.warning(
        "%s was interrupted, attempt %d to continue it (%s): %s",
        instance.id,
        after.attempts,
        attempt,
        failure_sentence(instance.output),
    )
    try:
        if attempt == "restart" or not await hub.rewind(instance.id):
            await hub.restart(instance, children_of(instance.custom_status))
    except Exception:  # the SDK raises bare Exceptions, and the other instances must go on
        logger.exception("attempt %d to continue %s failed", after.attempts, instance.id)
    return after


def _is_readable(instance: Instance, input_type: type[Start]) -> bool:
    try:
        input_type.model_validate(instance.input)
    except ValidationError:
        return False
    return True


def _log_the_end(instance: Instance) -> None:
    """Logs a migration that was given up as one that failed: alerts know no other line."""
    if not instance.id.startswith(MIGRATION_ID_PREFIX):
        logger.error("%s failed: %s", instance.id, failure_sentence(instance.output))
        return
    request = RunRequest.model_validate(instance.input)
    status = MigrationStatus(image=request.image, started_by=request.started_by).moved(MigrationState.FAILED)
    status.reason, status.fix = failure_sentence(instance.output), START_AGAIN
    log_event("failed", instance.id, status)


def children_of(custom_status: Any) -> list[str]:
    """The child orchestrations that a migration's custom status names; a batch has none."""
    try:
        status = MigrationStatus.model_validate(custom_status)
    except ValidationError:
        return []
    return list(dict.fromkeys(status.child_instance_ids))


async def _runs(hub: TaskHub, instance_id: str) -> bool:
    instance = await hub.get(instance_id)
    return instance is not None and instance.running


def _progress(instance: Instance) -> Progress:
    return Progress.of(instance.start_id, instance.custom_status)
