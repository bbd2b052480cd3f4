"""Views of retirements: what the task hub knows of them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub, created_at
from domain.host_failures import failure_sentence
from domain.migration.status import UnreadableInstance
from domain.retirement.messages import RETIREMENT_ID_PREFIX, certificates_folder
from domain.retirement.retirement import Retirement
from domain.retirement.states import ENDS, RetirementState
from services.container import services
from services.instances import States, cursor_of, find_instance, read_instance, shown_status
from services.interruptions import Attempts
from services.refusals import NotFoundError

# what a readable instance is, in messages
EXPECTED = "a retirement"
_STATES = States(
    ends=ENDS,
    interrupted=RetirementState.INTERRUPTED,
    failed=RetirementState.FAILED,
    terminated=RetirementState.CANCELLED,
)


class RetirementRecord(NamedTuple):
    """What the task hub knows of a retirement."""

    id: str
    retirement: Retirement
    running: bool
    created: datetime
    updated: datetime


async def find_retirement(client: df.DurableOrchestrationClient, instance_id: str) -> RetirementRecord | None:
    """One retirement; None if there is none of this id.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    if not instance_id.startswith(RETIREMENT_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, EXPECTED, _record)


async def existing_retirement(client: df.DurableOrchestrationClient, instance_id: str) -> RetirementRecord:
    """One retirement.

    Raises:
        NotFoundError: there is none of this id.
        ConflictError: the task hub holds something else under this id.
    """
    record = await find_retirement(client, instance_id)
    if record is None:
        raise NotFoundError(f"there is no retirement '{instance_id}'")
    return record


async def list_retirements(
    client: df.DurableOrchestrationClient, page: str = ""
) -> AsyncIterator[tuple[RetirementRecord | UnreadableInstance, str]]:
    """The retirements of this page and the following ones, in the order of their ids, each with its next page.

    Raises:
        InvalidRequestError: this is no page of the list.
    """
    cursor = cursor_of(page)
    hub = TaskHub(client)
    attempts = Attempts(hub)
    async for listed in hub.instances(RETIREMENT_ID_PREFIX, cursor):
        yield await read_instance(listed.instance, attempts, EXPECTED, _record), str(listed.next)


async def certificate_text(instance_id: str) -> str:
    """The newest certificate of a retirement, as it is stored. It outlives the task hub's record.

    Raises:
        NotFoundError: there is none.
    """
    store = services().evidence
    names = await store.names(certificates_folder(instance_id))
    newest = max((name for name in names if name.endswith("-certificate.json")), default=None)
    text = await store.get(newest) if newest else None
    if text is None:
        raise NotFoundError(f"there is no certificate of a retirement '{instance_id}'")
    return text


async def deletion_text(instance_id: str) -> str | None:
    """What completes the newest certificate; None while the deletion is not confirmed."""
    store = services().evidence
    names = await store.names(certificates_folder(instance_id))
    newest = max((name for name in names if name.endswith("-deletion.json")), default=None)
    return await store.get(newest) if newest else None


def _record(instance: Instance, goes_on: bool) -> RetirementRecord:
    begun_with = Retirement.model_validate(instance.input)
    retirement = _retirement(instance, begun_with, goes_on=goes_on)
    return RetirementRecord(
        id=instance.id,
        retirement=retirement,
        running=instance.running or goes_on,
        created=created_at(begun_with, instance),
        updated=instance.updated,
    )


def _retirement(instance: Instance, begun_with: Retirement, *, goes_on: bool) -> Retirement:
    """The orchestration's own status; before its first step, its input."""
    stored = shown_status(instance)
    retirement = Retirement.model_validate(stored) if stored else begun_with
    imposed = _STATES.imposed(instance, retirement.state, goes_on=goes_on)
    if imposed is None:
        return retirement
    reason = failure_sentence(instance.output)
    return retirement.moved(imposed).changed(reason=reason, waiting_for=None)
