"""Starts promotions, elections and rollbacks, and gives orders to those that run."""

import re
import uuid
from typing import NamedTuple

import azure.durable_functions as df
from pydantic import ValidationError

from adapters.task_hub import TaskHub
from domain import names
from domain.promotion.messages import PROMOTION_ID_PREFIX, Order, Ordered, PromotionRequest, promotion_id
from domain.promotion.plan import PromotionPlan
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionRecord, PromotionStatus, may_roll_back
from domain.records.evidence import LINEAGE
from services.container import services
from services.promotion_policy import choices_for
from services.promotions import parse_before, plan
from services.refusals import ConflictError, NotFoundError
from services.view_promotions import find_promotion

_DIGEST = re.compile(rf"{LINEAGE}/[0-9a-f]{{32}}/")


class StartedPromotion(NamedTuple):
    """The promotion's instance id, whether this call started it, and whether it comes instead of one that runs."""

    id: str
    fresh: bool
    supersedes: bool = False


async def start_promotion(
    client: df.DurableOrchestrationClient, request: PromotionRequest
) -> StartedPromotion:
    """Starts a promotion or an election; one that runs for the definition ends as superseded.

    The same request again changes nothing. There is one instance id per definition.
    """
    instance_id = promotion_id(request.definition)
    hub = TaskHub(client)
    if await hub.start(names.PROMOTE_VERSION, instance_id, request):
        return StartedPromotion(instance_id, fresh=True)
    running = await hub.get(instance_id)
    if running is not None and _asks_for(running.input, request):
        return StartedPromotion(instance_id, fresh=False)
    newer = request.model_copy()
    newer.start_id = uuid.uuid4().hex
    await _order(client, instance_id, "supersede", Ordered(by=request.started_by, request=newer))
    return StartedPromotion(instance_id, fresh=True, supersedes=True)


async def checked_plan(request: PromotionRequest) -> PromotionPlan:
    """The plan of a promotion that may begin.

    Raises:
        NotFoundError: the version does not exist.
        ConflictError: the version may not be promoted or elected.
        ArmError, NotYetError: Azure cannot be read, or still works on the version.
    """
    planned = await plan(request)
    if planned.obstacle is not None:
        message = f"{planned.obstacle.message}. {planned.obstacle.fix}"
        if planned.obstacle.code == "VersionGone":
            raise NotFoundError(message)
        raise ConflictError(message)
    return planned


async def give_order(client: df.DurableOrchestrationClient, instance_id: str, wanted: Order, by: str) -> None:
    """Pauses, resumes or aborts a promotion that runs.

    Raises:
        NotFoundError: there is no such promotion.
        ConflictError: its state does not allow the order.
    """
    record = await _existing(client, instance_id)
    state = record.status.state
    if state is PromotionState.INTERRUPTED:
        raise ConflictError(
            "the promotion was interrupted and continues within minutes; try again then", record.id
        )
    if not record.running:
        raise ConflictError(f"the promotion has ended: it is {state}", record.id)
    if state is PromotionState.ROLLING_BACK:
        raise ConflictError("the promotion is being rolled back, which nothing stops", record.id)
    if wanted == "pause" and state is PromotionState.PAUSED:
        raise ConflictError("the promotion is paused already", record.id)
    if wanted == "resume" and state is not PromotionState.PAUSED:
        raise ConflictError(f"the promotion is not paused: it is {state}", record.id)
    await _order(client, instance_id, wanted, Ordered(by=by))


async def roll_back(client: df.DurableOrchestrationClient, instance_id: str, by: str) -> None:
    """Restores what was before a promotion or an election, whether it runs or has ended.

    Raises:
        NotFoundError: there is no such promotion, and no evidence of one.
        ConflictError: it wrote nothing, or it is rolled back already.
        ArmError: the evidence cannot be read.
    """
    record = await find_promotion(client, instance_id)
    if record is not None and record.running:
        if record.status.state in (PromotionState.ROLLING_BACK, PromotionState.INTERRUPTED):
            raise ConflictError(f"the promotion is {record.status.state}", record.id)
        await _order(client, instance_id, "rollback", Ordered(by=by))
        return
    status = record.status if record is not None else await _from_evidence(instance_id)
    if not status.before and record is not None:
        # the custom status of an instance that the host ended is trimmed
        status = await _from_evidence(instance_id)
    if not may_roll_back(status):
        raise ConflictError(f"there is nothing to roll back: the promotion is {status.state}", instance_id)
    request = PromotionRequest(
        version_id=status.version_id,
        action="rollback",
        started_by=by,
        status=PromotionStatus.rolling_back(status, by),
        targets=(await choices_for(status.version_id)).notice_targets,
    )
    if not await TaskHub(client).start(names.PROMOTE_VERSION, instance_id, request):
        raise ConflictError("a promotion of the definition was started at the same moment", instance_id)


async def _order(
    client: df.DurableOrchestrationClient, instance_id: str, order: Order, ordered: Ordered
) -> None:
    ordered.id = uuid.uuid4().hex
    await TaskHub(client).raise_event(instance_id, order, ordered.model_dump(mode="json"))


def _asks_for(stored: object, request: PromotionRequest) -> bool:
    """Whether what runs was started with the same request."""
    try:
        return PromotionRequest.model_validate(stored).is_like(request)
    except ValidationError:
        return False


async def _existing(client: df.DurableOrchestrationClient, instance_id: str) -> PromotionRecord:
    record = await find_promotion(client, instance_id)
    if record is None:
        raise NotFoundError(f"there is no promotion '{instance_id}'")
    return record


async def _from_evidence(instance_id: str) -> PromotionStatus:
    """The newest promotion or election of which the evidence has what was before: the task hub forgets it at last.

    A promotion's id and the folder of its definition are made from the same digest.
    """
    folder = f"{LINEAGE}/{instance_id.removeprefix(PROMOTION_ID_PREFIX)}/"
    if instance_id.startswith(PROMOTION_ID_PREFIX) and _DIGEST.fullmatch(folder):
        store = services().evidence
        for name in reversed(await store.names(folder)):
            before = parse_before(await store.get(name))
            if before is not None and before.before:
                return before.as_status()
    raise NotFoundError(f"there is no promotion '{instance_id}', and no evidence of one")
