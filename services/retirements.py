"""Begins retirements, and keeps what persons decide about them."""

from datetime import UTC, datetime
from typing import NamedTuple

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.errors import NotYetError
from domain.migration.status import MigrationRecord
from domain.records.evidence import lineage_folder, text_of
from domain.resources.ids import ImageId, does_not_exist
from domain.retirement.hand_over import obstacle, retirement_request
from domain.retirement.messages import DECIDED_EVENT, Decision, DecisionKind, RetirementRequest
from domain.retirement.records import ENDED_BY_PERSONS, KIND, says_ended
from domain.retirement.retirement import Retirement
from domain.retirement.states import ENDS, RetirementState
from services.container import services
from services.plan_migration import read_image
from services.read_retirement import decisions_of
from services.refusals import ConflictError, NotFoundError
from services.view_migration import migration_of_image
from services.view_retirements import RetirementRecord, existing_retirement, find_retirement


class StartedRetirement(NamedTuple):
    """The retirement's instance id, and whether this call started it."""

    id: str
    fresh: bool


async def start_retirement(
    client: df.DurableOrchestrationClient, request: RetirementRequest
) -> StartedRetirement:
    """Begins the retirement of an image, unless it runs. One that a person ended is not begun again by itself."""
    if not request.by_hand and await _ended_by_person(client, request):
        return StartedRetirement(request.id, fresh=False)
    fresh = await TaskHub(client).start(names.RETIRE_IMAGE, request.id, request)
    return StartedRetirement(request.id, fresh)


async def _ended_by_person(client: df.DurableOrchestrationClient, request: RetirementRequest) -> bool:
    """Whether a person ended the retirement of this content, or let it pass.

    The task hub forgets that after a while, the records of decisions and of its end do not. One that this release
    cannot read may be a rejection, so it counts as one.
    """
    record = await find_retirement(client, request.id)
    if record is not None and record.retirement.state in ENDED_BY_PERSONS:
        return True
    decisions, faults = await decisions_of(request.id)
    if faults or any(decision.kind in ("reject", "cancel") for decision in decisions):
        return True
    store = services().evidence
    ends = [name for name in await store.names(lineage_folder(str(request.image))) if f"-{KIND}-" in name]
    return any([says_ended(await store.get(name), request.id) for name in ends])


async def start_by_hand(
    client: df.DurableOrchestrationClient, image_id: ImageId, started_by: str
) -> StartedRetirement:
    """Begins the retirement of an image whose migration completed; it always needs an approval.

    Raises:
        NotFoundError: the image, or its migration, does not exist.
        ConflictError: the migration did not complete in every gallery, the image was replaced, or a retirement runs.
    """
    record = await migration_of_image(client, image_id)
    if record is None:
        raise NotFoundError(f"there is no migration of {image_id}: nothing says which version replaces it")
    if record.running:
        raise ConflictError(
            "the migration of the image is running; retire the image when it has ended", record.id
        )
    why = obstacle(record.status)
    if why is not None:
        raise ConflictError(f"{image_id} cannot be retired: {why}", record.id)
    request = await _request(record, image_id, started_by)
    started = await start_retirement(client, request)
    if not started.fresh:
        raise ConflictError(f"the retirement of {image_id} is running", started.id)
    return started


async def _request(record: MigrationRecord, image_id: ImageId, started_by: str) -> RetirementRequest:
    image = await read_image(image_id)
    if image.fingerprint != record.status.fingerprint:
        raise ConflictError(f"{image_id} was re-created since its migration; migrate it first", record.id)
    choices = (await services().policies.current()).choices_of(record.status.rule)
    return retirement_request(record.id, record.status, image, choices, started_by=started_by)


async def approve(
    client: df.DurableOrchestrationClient, instance_id: str, fingerprint: str, by: str, reason: str
) -> None:
    """Keeps an approval: it counts for this fingerprint and the soak that is over.

    Raises:
        NotFoundError: there is no such retirement.
        ConflictError: it does not wait for an approval, or the image with this fingerprint is gone.
    """
    record = await existing_retirement(client, instance_id)
    retirement = record.retirement
    _check_running(record)
    if fingerprint != retirement.fingerprint:
        raise ConflictError(f"the retirement is for the fingerprint {retirement.fingerprint}", instance_id)
    if retirement.asked_at is None:
        ends = f"; its soak lasts until {retirement.soak_ends.isoformat()}" if retirement.soak_ends else ""
        message = f"the retirement does not wait for an approval: it is {retirement.state}{ends}"
        raise ConflictError(message, instance_id)
    await _check_image(retirement, instance_id)
    await _keep(client, record, "approve", by, reason)


async def _check_image(retirement: Retirement, instance_id: str) -> None:
    try:
        image = await services().compute.get_managed_image(retirement.image)
    except NotYetError as error:
        raise ConflictError(str(error), instance_id) from error
    if image is None:
        raise ConflictError(does_not_exist(retirement.image), instance_id)
    recreated = (
        None not in (image.created_at, retirement.created_at) and image.created_at != retirement.created_at
    )
    if image.fingerprint != retirement.fingerprint or recreated:
        raise ConflictError(f"{retirement.image} was re-created: the approved image is gone", instance_id)


async def reject(client: df.DurableOrchestrationClient, instance_id: str, by: str, reason: str) -> None:
    """Ends a retirement: the image is kept. Raises NotFoundError and ConflictError."""
    await _keep(client, _check_running(await existing_retirement(client, instance_id)), "reject", by, reason)


async def cancel(client: df.DurableOrchestrationClient, instance_id: str, by: str, reason: str) -> None:
    """Cancels a retirement. Raises NotFoundError and ConflictError."""
    await _keep(client, _check_running(await existing_retirement(client, instance_id)), "cancel", by, reason)


async def acknowledge(
    client: df.DurableOrchestrationClient,
    instance_id: str,
    by: str,
    reason: str,
    *,
    consumer: str,
    digest: str,
) -> None:
    """Accepts one unknown consumer as it is now: it no longer blocks, until it changes.

    Raises:
        NotFoundError: there is no such retirement.
        ConflictError: the retirement has ended.
    """
    record = _check_running(await existing_retirement(client, instance_id))
    await _keep(client, record, "acknowledge", by, reason, consumer=consumer, digest=digest)


def _check_running(record: RetirementRecord) -> RetirementRecord:
    retirement = record.retirement
    if retirement.state in ENDS:
        raise ConflictError(f"the retirement has ended: it is {retirement.state}", record.id)
    if retirement.state is RetirementState.INTERRUPTED:
        raise ConflictError(
            "the retirement was interrupted and continues within minutes; try again then", record.id
        )
    if retirement.sent_at is not None:
        raise ConflictError("the DELETE has been sent", record.id)
    return record


async def _keep(
    client: df.DurableOrchestrationClient,
    record: RetirementRecord,
    kind: DecisionKind,
    by: str,
    reason: str,
    *,
    consumer: str | None = None,
    digest: str | None = None,
) -> None:
    """Stores the decision, and lets the retirement look at once. The record counts, whatever becomes of the event.

    A caller of Durable's own API may raise the event, too: it only makes the retirement read the decisions, which this
    store alone has.
    """
    decision = Decision(
        kind=kind,
        retirement=record.id,
        run=record.retirement.start_id,
        by=by,
        at=datetime.now(UTC),
        reason=reason,
        round=record.retirement.round,
        consumer=consumer,
        digest=digest,
    )
    await services().evidence.put(decision.name, text_of(decision))
    await TaskHub(client).raise_event(record.id, DECIDED_EVENT)
