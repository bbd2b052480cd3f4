"""Views of promotions: what the task hub knows of them."""

from collections.abc import AsyncIterator

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub, created_at
from domain.host_failures import failure_sentence
from domain.migration.status import UnreadableInstance
from domain.promotion.messages import PROMOTION_ID_PREFIX, PromotionRequest
from domain.promotion.states import ENDS, PromotionState
from domain.promotion.status import PromotionRecord, PromotionStatus
from services.instances import States, find_instance, read_instance, shown_status
from services.interruptions import Attempts

_STATES = States(
    ends=ENDS,
    interrupted=PromotionState.INTERRUPTED,
    failed=PromotionState.FAILED,
    terminated=PromotionState.ABORTED,
)
_FIXES = {
    PromotionState.INTERRUPTED: "No action needed: Gallerist continues the promotion within minutes.",
    PromotionState.FAILED: "Roll the promotion back, or start it again: it goes on from what is there.",
    PromotionState.ABORTED: "Roll the promotion back, or start it again: it goes on from what is there.",
}
# what a readable instance is, in messages
EXPECTED = "a promotion"


async def find_promotion(client: df.DurableOrchestrationClient, instance_id: str) -> PromotionRecord | None:
    """One promotion; None if there is none of this id.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    if not instance_id.startswith(PROMOTION_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, EXPECTED, _record)


async def list_promotions(
    client: df.DurableOrchestrationClient,
) -> AsyncIterator[PromotionRecord | UnreadableInstance]:
    """All promotions, in the order of their ids: at most one for each definition."""
    hub = TaskHub(client)
    attempts = Attempts(hub)
    async for listed in hub.instances(PROMOTION_ID_PREFIX):
        yield await read_instance(listed.instance, attempts, EXPECTED, _record)


def _record(instance: Instance, goes_on: bool) -> PromotionRecord:
    request = PromotionRequest.model_validate(instance.input)
    return PromotionRecord(
        id=instance.id,
        status=_status(instance, request, goes_on=goes_on),
        running=instance.running or goes_on,
        created=created_at(request, instance),
        updated=instance.updated,
    )


def _status(instance: Instance, request: PromotionRequest, *, goes_on: bool) -> PromotionStatus:
    """The orchestration's own status; before its first step, what its input says."""
    stored = shown_status(instance)
    status = PromotionStatus.model_validate(stored) if stored else _beginning(request)
    if request.status is not None and not status.before:
        # the custom status is trimmed; the input of each execution is whole
        status.before, status.written = request.status.before, request.status.written
    if not instance.running:
        status.waiting_for = None
    imposed = _STATES.imposed(instance, status.state, goes_on=goes_on)
    if imposed is None:
        return status
    status = status.moved(imposed)
    status.reason = failure_sentence(instance.output)
    status.fix = _FIXES.get(status.state)
    return status


def _beginning(request: PromotionRequest) -> PromotionStatus:
    return request.status or PromotionStatus.of(request.version_id, request.action, request.started_by)
