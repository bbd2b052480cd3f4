"""The task hub through the durable client: starts, reads, lists, signals, continues and purges instances.

I/O only: what an instance means is decided in `services`.
"""

import base64
import binascii
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Self

import aiohttp
import azure.durable_functions as df
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from pydantic import BaseModel, ValidationError

from adapters.durable_backend import check_size, largest_bytes
from domain import names
from domain.errors import TaskHubError
from domain.fleet.gauge import Gauge
from domain.fleet.interruptions import Interruptions
from domain.promotion.watch import KnownLatest
from domain.records.freeze import Freeze
from domain.starts import Start

# the extension answers with this many instances at most unless asked for another number
PAGE = 100
CONTINUATION = "x-ms-continuation-token"
TIMEOUT = aiohttp.ClientTimeout(total=15)
# Durable Functions did not exist before
_EARLIEST = datetime(2017, 1, 1, tzinfo=UTC)
_RUNNING = {"Pending", "Running", "ContinuedAsNew", "Suspended"}
_INTERRUPTIONS = df.EntityId(names.INTERRUPTIONS, "all")
_FREEZE = df.EntityId(names.FREEZE, "all")
_LATEST = df.EntityId(names.LATEST_WATCH, "all")
_GAUGE = df.EntityId(names.LAST_GAUGE, "all")


class Instance(NamedTuple):
    """What the task hub says of one orchestration instance; `name` is its orchestrator's."""

    id: str
    name: str
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

    @property
    def start_id(self) -> str | None:
        """The id of the start whose input the instance has."""
        return self.input.get("start_id") if isinstance(self.input, dict) else None


def created_at(start: Start, instance: Instance) -> datetime:
    """When the instance was started, whole seconds as the host's own times."""
    return start.started_at.replace(microsecond=0) if start.started_at else instance.created


class Cursor(NamedTuple):
    """Where a list goes on: after this id, in the segment to which the extension's continuation token leads."""

    after: str = ""
    token: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` wrote.

        Raises:
            ValueError: the text is not a cursor.
        """
        try:
            after, token = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=="))
        except (ValueError, TypeError, RecursionError, binascii.Error) as error:
            raise ValueError("not a page of this list: follow 'next' instead of setting it") from error
        if not isinstance(after, str) or not isinstance(token, str):
            raise ValueError("not a page of this list: follow 'next' instead of setting it")  # noqa: TRY004 # the text is wrong
        return cls(after, token)

    def __str__(self) -> str:
        # without the padding, which a URL would have to escape
        return base64.urlsafe_b64encode(json.dumps(self).encode()).decode("ascii").rstrip("=")


BEGINNING = Cursor()


class Listed(NamedTuple):
    """An instance of a list, and where the list goes on after it."""

    instance: Instance
    next: Cursor


def parse_instance(status: Any) -> Instance | None:
    """Reads the SDK's status, whose fields are all optional; None where the task hub has no such instance."""
    if not status:
        return None
    return Instance(
        id=status.instance_id,
        name=status.name,
        runtime_status=status.runtime_status.value,
        input=_parse_input(status.input_),
        custom_status=status.custom_status,
        output=status.output,
        created=status.created_time,
        updated=status.last_updated_time,
    )


def _parse_input(stored: Any) -> Any:
    """The SDK's client encodes the input twice, a start over the durable HTTP API once."""
    if not isinstance(stored, str):
        return stored
    try:
        return json.loads(stored)
    except ValueError:
        return stored


# what was running may have ended when it is looked at, and then nothing stands against the start
START_TRIES = 3


class TaskHub:
    """The task hub that a durable client speaks to."""

    def __init__(self, client: df.DurableOrchestrationClient, largest: int | None = None) -> None:
        self._client = client
        self._largest = largest or largest_bytes()

    async def start(self, orchestrator: str, instance_id: str, request: Start) -> bool:
        """Starts an orchestration under this id; returns False where one is running, or another start was faster.

        host.json lets a start replace ended instances only. Of starts at one moment the extension accepts all, and one
        of them remains (seen on 3.19.0), so the instance is read back to see whose it is.

        Raises:
            TooLargeError: the backend does not take an input of this size.
        """
        mine = request.model_copy()
        mine.start_id = uuid.uuid4().hex
        sent = mine.model_dump(mode="json")
        # the SDK's client encodes it twice
        check_size("the request", json.dumps(sent), self._largest)
        for tries in range(1, START_TRIES + 1):
            try:
                await self._client.start_new(orchestrator, instance_id, sent)
                break
            except Exception:  # the SDK raises bare ones; the task hub says what happened
                if await self._is_running(instance_id):
                    return False
                if tries == START_TRIES:
                    raise
        started = await self.get(instance_id)
        return started is None or started.start_id == mine.start_id

    async def get(self, instance_id: str) -> Instance | None:
        """The instance; None where there is none."""
        return parse_instance(await self._client.get_status(instance_id))

    async def instances(
        self,
        prefix: str,
        cursor: Cursor = BEGINNING,
        *,
        since: datetime | None = None,
        runtime_status: str | None = None,
    ) -> AsyncIterator[Listed]:
        """The instances whose ids begin with `prefix`, segment by segment, from the cursor on.

        `since` leaves out those created earlier. A segment may hold fewer instances than asked for, even none, although
        more follow (documented: Azure Tables); the SDK's client drops the token that leads there.
        """
        query = {"instanceIdPrefix": prefix, "top": str(PAGE)}
        if since is not None:
            query["createdTimeFrom"] = since.astimezone(UTC).isoformat()
        if runtime_status is not None:
            query["runtimeStatus"] = runtime_status
        token: str | None = cursor.token
        after = cursor.after
        while token is not None:
            found, following = await self._segment(query, token)
            for instance in found:
                # the scheduler's documents say nothing of prefixes: an instance that it lists besides is left out
                if instance.id > after and instance.id.startswith(prefix):
                    yield Listed(instance, Cursor(instance.id, token))
            # the next segment may begin anywhere
            token, after = following or None, ""

    async def raise_event(self, instance_id: str, event: str, payload: Any = True) -> None:
        """Sends an external event. Its payload may arrive as JSON text."""
        await self._client.raise_event(instance_id, event, payload)

    async def raise_event_if_running(
        self, instance_id: str, event: str, payload: BaseModel | None = None
    ) -> bool:
        """Sends an external event to an instance; returns False where there is none that runs."""
        sent = True if payload is None else payload.model_dump(mode="json")
        try:
            await self._client.raise_event(instance_id, event, sent)
        except Exception:  # the SDK raises bare ones; the task hub says what happened
            if await self._is_running(instance_id):
                raise
            return False
        return True

    async def entity_state(self, name: str, key: str) -> Any:
        """The state of an entity as it is stored; None where there is none."""
        stored = await self._client.read_entity_state(df.EntityId(name, key))
        return stored.entity_state

    async def rewind(self, instance_id: str) -> bool:
        """Lets a failed instance try its failed calls again; returns False where the backend refuses."""
        try:
            await self._client.rewind(instance_id, "interrupted")
        except Exception:  # noqa: BLE001 # the SDK raises bare Exceptions, and not every backend can rewind
            return False
        return True

    async def restart(self, instance: Instance, children: Sequence[str]) -> None:
        """Starts an ended instance again with its input, and ends those of its child orchestrations that still run."""
        await self._terminate_running(children, "its migration was started again")
        await self._client.start_new(instance.name, instance.id, instance.input)

    async def end(self, instance_id: str, children: Sequence[str], reason: str) -> None:
        """Terminates an instance, then its child orchestrations, which nobody waits for any more."""
        await self._terminate_running([instance_id, *children], reason)

    async def _terminate_running(self, instance_ids: Sequence[str], reason: str) -> None:
        for instance_id in instance_ids:
            if await self._is_running(instance_id):
                await self._client.terminate(instance_id, reason)

    async def interruptions(self) -> Interruptions:
        """How often interrupted instances were continued. What another release counted in its own way is forgotten."""
        stored = await self._client.read_entity_state(_INTERRUPTIONS)
        try:
            return Interruptions.model_validate(stored.entity_state or {})
        except ValidationError:
            return Interruptions()

    async def keep_interruptions(self, interruptions: Interruptions) -> None:
        """Stores how often interrupted instances were continued."""
        await self._keep(_INTERRUPTIONS, interruptions)

    async def freeze(self) -> Freeze:
        """Whether deletions are stopped. What this release cannot read stops them."""
        stored = await self._client.read_entity_state(_FREEZE)
        try:
            return Freeze.model_validate(stored.entity_state or {})
        except ValidationError:
            return Freeze(frozen=True, by="another release", reason="its freeze cannot be read")

    async def keep_freeze(self, freeze: Freeze) -> None:
        """Stores whether deletions are stopped."""
        await self._keep(_FREEZE, freeze)

    async def known_latest(self) -> KnownLatest:
        """What `latest` resolved to at the last watch. What this release cannot read is forgotten."""
        stored = await self._client.read_entity_state(_LATEST)
        try:
            return KnownLatest.model_validate(stored.entity_state or {})
        except ValidationError:
            return KnownLatest()

    async def keep_known_latest(self, known: KnownLatest) -> None:
        """Stores what `latest` resolves to."""
        await self._keep(_LATEST, known)

    async def keep_gauge(self, gauge: Gauge) -> None:
        """Stores how the fleet stood."""
        await self._keep(_GAUGE, gauge)

    async def _keep(self, entity: df.EntityId, state: BaseModel) -> None:
        kept = state.model_dump(mode="json")
        check_size(f"the state of '{entity.name}'", json.dumps(kept), self._largest)
        await self._client.signal_entity(entity, names.KEEP, kept)

    async def purge(self, created_before: datetime) -> int:
        """Purges the orchestrations that were created earlier and have ended; returns how many.

        Entities stay, so the version ledger keeps the numbers it has given out.
        """
        ended = [
            df.OrchestrationRuntimeStatus.Completed,
            df.OrchestrationRuntimeStatus.Failed,
            df.OrchestrationRuntimeStatus.Terminated,
        ]
        purged = await self._client.purge_instance_history_by(_EARLIEST, created_before, ended)
        return int(purged.instances_deleted)

    async def _is_running(self, instance_id: str) -> bool:
        instance = await self.get(instance_id)
        return instance is not None and instance.running

    async def _segment(self, query: dict[str, str], token: str) -> tuple[list[Instance], str]:
        """One segment of a list from the extension's own endpoint, and the token of the next one; none ends the list.

        Raises:
            TaskHubError: the extension does not answer with a list.
        """
        # no public attribute of the client has the address
        url = f"{self._client._orchestration_bindings.rpc_base_url}instances/"  # noqa: SLF001
        headers = {CONTINUATION: token} if token else {}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.get(url, params=query, headers=headers) as response,
            ):
                if response.status != HTTPStatus.OK:
                    raise TaskHubError(f"the task hub answers a list with HTTP {response.status}")
                rows = await response.json(content_type=None)
                following = response.headers.get(CONTINUATION, "")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise TaskHubError(f"the task hub does not list its instances: {error}") from error
        found = (parse_instance(DurableOrchestrationStatus.from_json(row)) for row in rows)
        # Azure Tables lists by id; of the scheduler nothing is documented, and a cursor goes on after an id
        known = [instance for instance in found if instance is not None]
        return sorted(known, key=lambda instance: instance.id), following
