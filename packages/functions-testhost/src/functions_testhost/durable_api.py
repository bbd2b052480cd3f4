"""The durable HTTP API: starts, shows and manages instances, for operators and for the SDK's client."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import web

from functions_testhost import history
from functions_testhost.clock import Clock
from functions_testhost.engine import Engine
from functions_testhost.history import Event
from functions_testhost.history_view import parsed, view
from functions_testhost.host_json import HostJson
from functions_testhost.instances import Instance, Message, Start, Status
from functions_testhost.keys import AccessControl
from functions_testhost.management_urls import RPC, WEBHOOK, ManagementUrls
from functions_testhost.reading import (
    CONTINUATION,
    checked_json,
    page_size,
    query_flag,
    query_number,
    query_seconds,
    query_time,
    read_text,
    token_text,
)
from functions_testhost.responses import (
    exception_response,
    internal_error,
    invalid_json,
    invalid_start,
    message_response,
    not_found,
    text_response,
)
from functions_testhost.switches import Switches
from functions_testhost.tables import Query
from functions_testhost.task_hub import InstanceExistsError, TaskHub
from functions_testhost.timestamps import to_seconds_text

log = logging.getLogger(__name__)

# recorded: a longer id is no key of Azure Tables. Characters that are documented as invalid (/ \ # ?) are accepted
LONGEST_INSTANCE_ID = 512
# a caller who asks for no pause would take the whole processor
SHORTEST_POLL_SECONDS = 0.05


class DurableApi:
    """Handlers of the API. Every response is JSON or empty: the SDK's client reads nothing else."""

    def __init__(
        self,
        *,
        hub: TaskHub,
        clock: Clock,
        engine: Engine,
        settings: HostJson,
        urls: ManagementUrls,
        access: AccessControl,
        switches: Switches,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._engine = engine
        self._settings = settings
        self._urls = urls
        self._access = access
        self._switches = switches

    def routes(self) -> list[web.RouteDef]:
        """Lists the routes twice: for operators (with a key) and for the SDK's client."""
        return [route for base in (WEBHOOK, RPC) for route in self._routes(base)]

    def _routes(self, base: str) -> list[web.RouteDef]:
        return [
            web.post(f"{base}/orchestrators/{{name}}", self.start),
            web.post(f"{base}/orchestrators/{{name}}/{{id}}", self.start),
            web.get(f"{base}/instances", self.list_instances),
            web.get(f"{base}/instances/", self.list_instances),
            web.delete(f"{base}/instances", self.purge_many),
            web.delete(f"{base}/instances/", self.purge_many),
            web.get(f"{base}/instances/{{id}}", self.get_status),
            web.delete(f"{base}/instances/{{id}}", self.purge),
            web.post(f"{base}/instances/{{id}}/terminate", self.terminate),
            web.post(f"{base}/instances/{{id}}/suspend", self.suspend),
            web.post(f"{base}/instances/{{id}}/resume", self.resume),
            web.post(f"{base}/instances/{{id}}/rewind", self.rewind),
            web.post(f"{base}/instances/{{id}}/restart", self.restart),
            web.post(f"{base}/instances/{{id}}/raiseEvent/{{event}}", self.raise_event),
        ]

    @web.middleware
    async def check_key(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Rejects requests to the operators' addresses that bring no key."""
        if request.path.startswith(WEBHOOK) and not self._access.admits(
            "durabletask_extension", request.query, request.headers
        ):
            return web.Response(status=401)
        response: web.StreamResponse = await handler(request)
        return response

    # instances

    async def start(self, request: web.Request) -> web.Response:
        """Starts an instance: 202 with its addresses; 400 invalid body; 409 running; 500 the id is too long.

        An unknown orchestrator is accepted, and its instance then fails (seen on the extension 3.19.0).
        """
        name = request.match_info["name"]
        instance_id = _instance_id(request) if "id" in request.match_info else uuid.uuid4().hex
        text = await read_text(request)
        try:
            # an empty body is no input
            input_text = checked_json(text) if text.strip() else None
        except json.JSONDecodeError as failure:
            return invalid_start(failure)
        if len(instance_id) > LONGEST_INSTANCE_ID:
            return internal_error(
                "An error occurred while communicating with Azure Storage",
                "DurableTask.AzureStorage.Storage.DurableTaskStorageException",
            )
        # seen: an empty version is one, too
        version = request.query.get("version", self._settings.versioning.default)
        return await self._start(
            Start(name, instance_id, input_text, version), request.query, partial(message_response, 409)
        )

    async def _start(
        self,
        start_request: Start,
        query: Mapping[str, str],
        refusal: Callable[[str], web.Response],
    ) -> web.Response:
        """Starts an instance. With a `timeout`, waits for its end: 200 with the output, or the usual responses."""
        timeout, interval = (query_seconds(query.get(name)) for name in ("timeout", "pollingInterval"))
        waits = timeout is not None and interval is not None
        if timeout is not None and interval is not None and interval > timeout:
            return message_response(
                400, f"Total timeout {timeout:g} should be bigger than retry timeout {interval:g}"
            )
        running = self._hub.running(start_request.instance_id)
        if running and not self._settings.may_replace_running:
            return refusal(f"An Orchestration instance with the status {running.status} already exists.")
        await self._write_start(start_request)
        ended = (
            await self._wait_for_end(start_request.instance_id, timeout or 0, interval or 0)
            if waits
            else None
        )
        if ended is None:
            return self._accepted(start_request.instance_id)
        if ended.status is Status.COMPLETED:
            return web.json_response(parsed(ended.output))
        return self._status_response(ended, query)

    async def _write_start(self, start_request: Start) -> None:
        """Starts the instance a moment after the check. One that another start has begun meanwhile stays.

        Seen on the extension 3.19.0, where two starts at the same moment are both accepted.
        """
        with self._engine.invocation():
            await asyncio.sleep(self._switches.start_seconds)
            try:
                self._hub.start(
                    start_request, self._clock.now(), may_replace_running=self._settings.may_replace_running
                )
            except InstanceExistsError:
                log.warning(
                    "Instance '%s' was started twice at the same moment: the later start has no effect",
                    start_request.instance_id,
                )

    async def _wait_for_end(self, instance_id: str, seconds: float, interval: float) -> Instance | None:
        """Reads the instance at this interval (wall seconds, as documented); None when it has not ended in time."""
        deadline = time.monotonic() + seconds
        while True:
            instance = self._hub.shown(instance_id)
            if instance is None or instance.status.is_final:
                return instance
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            await asyncio.sleep(min(max(interval, SHORTEST_POLL_SECONDS), remaining))

    def _accepted(self, instance_id: str) -> web.Response:
        urls = self._urls.of(instance_id)
        del urls["rewindPostUri"]  # documented: this response does not offer it
        return web.json_response(
            urls, status=202, headers={"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        )

    async def get_status(self, request: web.Request) -> web.Response:
        """Shows an instance: 202 while it runs, 200 when it has ended, 404 unknown."""
        instance = self._hub.shown(_instance_id(request))
        if instance is None:
            return not_found()
        return self._status_response(instance, request.query)

    def _status_response(self, instance: Instance, query: Mapping[str, str]) -> web.Response:
        show_input = query_flag(query, "showInput", default=True)
        body = _status(instance, show_input=show_input)
        if query_flag(query, "showHistory"):
            show_output = query_flag(query, "showHistoryOutput")
            events = self._hub.history(instance.instance_id)
            body["historyEvents"] = view(events, show_input=show_input, show_output=show_output)
        if not instance.status.is_final:
            location = self._urls.of(instance.instance_id)["statusQueryGetUri"]
            return web.json_response(body, status=202, headers={"Location": location, "Retry-After": "5"})
        failed = instance.status is Status.FAILED and query_flag(query, "returnInternalServerErrorOnFailure")
        return web.json_response(body, status=500 if failed else 200)

    async def list_instances(self, request: web.Request) -> web.Response:
        """Lists one page of instances by id. The response's continuation token is empty on the last page.

        A page may hold fewer instances than asked for, even none, although there are more (switches.py).
        """
        page_number, after = _parse_token(request.headers.get(CONTINUATION, ""))
        query = _parse_query(request.query, after=after)
        limit = self._switches.segment(page_number, page_size(request.query))
        found = self._hub.query(query, limit + 1)
        page, more = found[:limit], len(found) > limit
        if more and request.path.startswith(f"{RPC}/"):
            log.warning("The SDK's client reads only the first page of %d instances; there are more", limit)
        show_input = query_flag(request.query, "showInput", default=True)
        last = page[-1].instance_id if page else after or ""
        token = f"{page_number + 1}:{quote(last, safe='')}" if more else ""
        return web.json_response(
            [_status(instance, show_input=show_input) for instance in page], headers={CONTINUATION: token}
        )

    async def purge(self, request: web.Request) -> web.Response:
        """Deletes an instance that has ended: 200 with the count, 404 unknown, 412 running."""
        instance = self._hub.shown(_instance_id(request))
        if instance is None:
            return not_found()
        if not instance.status.is_final:
            return text_response(
                412,
                "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID"
                f" {instance.instance_id} has status {instance.status}",
            )
        return web.json_response({"instancesDeleted": self._hub.purge([instance.instance_id])})

    async def purge_many(self, request: web.Request) -> web.Response:
        """Deletes ended instances by creation time: 200 with the count, 404 when there is none, 400 without a time."""
        query = _parse_query(request.query)
        if query.created_from is None:
            return text_response(400, "Please provide value for 'createdTimeFrom' parameter.")
        deleted = self._hub.purge(instance.instance_id for instance in self._hub.query(query))
        return web.json_response({"instancesDeleted": deleted}, status=200 if deleted else 404)

    async def terminate(self, request: web.Request) -> web.Response:
        """Ends an instance: 202, 404 unknown, 410 ended."""
        return self._send(
            request, history.execution_terminated(self._clock.now(), request.query.get("reason"))
        )

    async def suspend(self, request: web.Request) -> web.Response:
        """Suspends an instance: 202, 404 unknown, 410 ended."""
        return self._send(
            request, history.execution_suspended(self._clock.now(), request.query.get("reason"))
        )

    async def resume(self, request: web.Request) -> web.Response:
        """Resumes a suspended instance: 202, 404 unknown, 410 ended, 500 running (documented)."""
        instance = self._hub.shown(_instance_id(request))
        if instance is not None and instance.status in (Status.RUNNING, Status.PENDING):
            return internal_error(
                f"Cannot resume the orchestration instance {instance.instance_id} because instance is in the"
                f" {instance.status} state.",
                "System.InvalidOperationException",
            )
        return self._send(request, history.execution_resumed(self._clock.now(), request.query.get("reason")))

    async def rewind(self, request: web.Request) -> web.Response:
        """Makes a failed instance try its failed calls again: 202, 404 unknown, 412 not failed."""
        instance = self._hub.shown(_instance_id(request))
        if instance is None:
            # recorded, the dollar sign included
            return text_response(404, f'No orchestration with instance ID "${_instance_id(request)}" found.')
        if instance.status is not Status.FAILED:
            return text_response(
                412,
                f"This orchestration has status {instance.status}, but only orchestrations in the"
                ' "Failed" state can be rewound.',
            )
        self._hub.rewind(instance.instance_id, request.query.get("reason"), self._clock.now())
        self._engine.wake()
        return web.Response(status=202)

    async def restart(self, request: web.Request) -> web.Response:
        """Starts an instance again with the same input, under a new id or the same: 202, 400 unknown, 409 running."""
        instance = self._hub.shown(_instance_id(request))
        if instance is None:
            return exception_response(
                400,
                "InstanceId does not match a valid orchestration instance.",
                f"No instance with ID '{_instance_id(request)}' was found. (Parameter 'instanceId')",
                "System.ArgumentException",
            )
        is_new = query_flag(request.query, "restartWithNewInstanceId", default=True)
        instance_id = uuid.uuid4().hex if is_new else instance.instance_id
        start_request = Start(instance.orchestrator, instance_id, instance.input_text, instance.version)
        return await self._start(start_request, request.query, _restart_refused)

    async def raise_event(self, request: web.Request) -> web.Response:
        """Raises an external event: 202, 404 unknown, 410 ended, 400 when the body is empty or not JSON."""
        if request.content_type != "application/json":
            return message_response(400, "Only application/json request content is supported")
        try:
            input_text = checked_json(await read_text(request))
        except json.JSONDecodeError as failure:
            return invalid_json(failure)
        return self._send(
            request, history.event_raised(self._clock.now(), request.match_info["event"], input_text)
        )

    def _send(self, request: web.Request, event: Event) -> web.Response:
        instance_id = _instance_id(request)
        if self._hub.send(Message(instance_id, event, self._clock.now())):
            self._engine.wake()
            return web.Response(status=202)
        return not_found() if self._hub.shown(instance_id) is None else web.Response(status=410)


def _instance_id(request: web.Request) -> str:
    """Returns the instance id of an address. Recorded: the extension reads a plus sign as a blank, even an encoded one.

    Raises:
        HTTPNotFound: the id has a slash, which no address can hold.
    """
    instance_id = request.match_info["id"].replace("+", " ")
    if "/" in instance_id:
        raise web.HTTPNotFound(text="")
    return instance_id


def _status(instance: Instance, *, show_input: bool) -> dict[str, Any]:
    return {
        "name": instance.orchestrator,
        **({"version": instance.version} if instance.version is not None else {}),
        "instanceId": instance.instance_id,
        **({"parentInstanceId": instance.parent.instance_id} if instance.parent else {}),
        "runtimeStatus": instance.status,
        "input": parsed(instance.input_text) if show_input else None,
        "customStatus": parsed(instance.custom_status),
        "output": parsed(instance.output),
        "createdTime": to_seconds_text(instance.created),
        "lastUpdatedTime": to_seconds_text(instance.updated),
    }


def _parse_query(query: Mapping[str, str], after: str | None = None) -> Query:
    return Query(
        created_from=query_time(query.get("createdTimeFrom")),
        created_to=query_time(query.get("createdTimeTo")),
        statuses=_statuses(query.get("runtimeStatus", "")),
        prefix=query.get("instanceIdPrefix"),
        after=after,
    )


def _parse_token(token: str) -> tuple[int, str | None]:
    """Reads a continuation token: which page comes next, and after which id."""
    number, _, after = token.partition(":")
    page = query_number(number)
    return (0, None) if page is None else (page, token_text(after) or None)


def _statuses(text: str) -> list[Status]:
    """Parses a list of runtime statuses; anything else in it is ignored, as the extension does (recorded)."""
    known = {status.lower(): status for status in Status}
    return [known[word.lower()] for word in text.split(",") if word.lower() in known]


def _restart_refused(message: str) -> web.Response:
    return exception_response(
        409,
        "A non-terminal instance with this instance ID already exists.",
        message,
        "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
    )
