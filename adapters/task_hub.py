"""The task hub through the durable client: starts, reads, lists, signals and purges orchestration instances.

I/O only: what an instance means is decided in `services`.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import azure.durable_functions as df
from pydantic import BaseModel

# one page of the durable extension's answer; the SDK drops the token that would lead to the next one
_PAGE = 100
_HEX = "0123456789abcdef"
# Durable Functions did not exist before
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

    @property
    def running(self) -> bool:
        """The instance has not ended."""
        return self.runtime_status in _RUNNING


def parse_instance(status: Any) -> Instance | None:
    """Reads the SDK's status, whose fields are all optional; None where the task hub has no such instance."""
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


class TaskHub:
    """The task hub that a durable client speaks to."""

    def __init__(self, client: df.DurableOrchestrationClient) -> None:
        self._client = client

    async def start(self, orchestrator: str, instance_id: str, request: BaseModel) -> bool:
        """Starts an orchestration under this id; returns False where one is running.

        host.json lets a start replace ended instances only, so the durable extension refuses one of two callers.
        """
        if await self._is_running(instance_id):
            return False
        try:
            await self._client.start_new(orchestrator, instance_id, request.model_dump(mode="json"))
        except Exception:  # the SDK raises bare Exceptions; the task hub says what happened
            if await self._is_running(instance_id):
                return False
            raise
        return True

    async def get(self, instance_id: str) -> Instance | None:
        """The instance; None where there is none."""
        return parse_instance(await self._client.get_status(instance_id))

    async def instances(
        self, prefix: str, after: str = "", since: datetime | None = None
    ) -> AsyncIterator[Instance]:
        """The instances whose ids begin with `prefix` and come after `after`, in the order of their ids.

        `since` leaves out those created earlier. A page that is full is read again, digit by digit.
        """
        page = [parse_instance(found) for found in await self._page(prefix, since)]
        if len(page) < _PAGE:
            for instance in sorted(
                (found for found in page if found is not None), key=lambda found: found.id
            ):
                if instance.id > after:
                    yield instance
            return
        for digit in _HEX:
            deeper = prefix + digit
            if deeper >= after[: len(deeper)]:
                async for instance in self.instances(deeper, after, since):
                    yield instance

    async def raise_event(self, instance_id: str, event: str) -> None:
        """Sends an external event without a payload of interest."""
        await self._client.raise_event(instance_id, event, True)

    async def purge(self, created_before: datetime) -> int:
        """Purges the orchestrations that were created earlier and have ended; returns how many.

        Entities stay, so the version ledger keeps the numbers it has given out.
        """
        ended = [
            df.OrchestrationRuntimeStatus.Completed,
            df.OrchestrationRuntimeStatus.Failed,
            df.OrchestrationRuntimeStatus.Terminated,
        ]
        purged = await self._client.purge_instance_history_by(_BEGINNING, created_before, ended)
        return int(purged.instances_deleted)

    async def _is_running(self, instance_id: str) -> bool:
        instance = await self.get(instance_id)
        return instance is not None and instance.running

    async def _page(self, prefix: str, since: datetime | None) -> list[Any]:
        # the SDK's parameters default to None although their types do not allow it
        filters: dict[str, Any] = {"instance_id_prefix": prefix, "created_time_from": since}
        return await self._client.get_status_by(**filters)
