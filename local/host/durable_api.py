"""The durable HTTP API: starts, shows and manages instances and entities, for operators and the SDK's client alike."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from local.host import history
from local.host.app import App
from local.host.clock import Clock
from local.host.engine import Engine
from local.host.entities import EntityId, signal
from local.host.history import Event
from local.host.host_json import HostJson
from local.host.instances import EntityRequest, Instance, Message, Start
from local.host.keys import Gate
from local.host.task_hub import Entity, InstanceExistsError, Query, TaskHub
from local.host.timestamps import from_text, to_seconds_text

WEBHOOK = "/runtime/webhooks/durabletask"
RPC = "/durabletask"
CONTINUATION = "x-ms-continuation-token"
PAGE_SIZE = 100

# documented: no leading '@', none of / \ # ? and no control characters
INSTANCE_ID = re.compile(r"(?!@)[^/\\#?\x00-\x1f\x7f-\x9f]{1,256}")


class ManagementUrls:
    """The addresses under which an instance is managed."""

    def __init__(self, base_url: str, hub_name: str, code: str) -> None:
        self._base = f"{base_url}{WEBHOOK}"
        self._rpc = f"{base_url}{RPC}/"
        self._hub_name = hub_name
        self._query = f"taskHub={hub_name}&connection=Storage&code={code}"

    def of(self, instance_id: str) -> dict[str, str]:
        """Give all addresses of an instance."""
        instance = f"{self._base}/instances/{quote(instance_id, safe='')}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{instance}?{self._query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{self._query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{self._query}",
            "rewindPostUri": f"{instance}/rewind?reason={{text}}&{self._query}",
            "purgeHistoryDeleteUri": f"{instance}?{self._query}",
            "restartPostUri": f"{instance}/restart?{self._query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{self._query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{self._query}",
        }

    def client_binding(self) -> str:
        """Word the ``durableClient`` binding that the SDK's client is made of, as JSON text."""
        create = f"{self._base}/orchestrators/{{functionName}}[/{{instanceId}}]?"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
        binding = {
            "taskHubName": self._hub_name,
            "creationUrls": {
                "createNewInstancePostUri": f"{create}{self._query}",
                "createAndWaitOnNewInstancePostUri": f"{create}{wait}{self._query}",
            },
            "managementUrls": self.of("INSTANCEID"),
            "baseUrl": self._base,
            "requiredQueryStringParameters": self._query,
            "rpcBaseUrl": self._rpc,
            "httpBaseUrl": None,
            "connectionName": None,
        }
        return json.dumps(binding)


class DurableApi:
    """Handlers of the API. Every answer is JSON or empty: the SDK's client reads nothing else."""

    def __init__(
        self,
        *,
        app: App,
        hub: TaskHub,
        clock: Clock,
        engine: Engine,
        settings: HostJson,
        urls: ManagementUrls,
        gate: Gate,
    ) -> None:
        self._app = app
        self._hub = hub
        self._clock = clock
        self._engine = engine
        self._settings = settings
        self._urls = urls
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """List the routes, for operators (behind the key) and for the SDK's client."""
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
            web.post(f"{base}/instances/{{id}}/raiseEvent/{{event}}", self.raise_event),
            web.get(f"{base}/entities/{{name}}/{{key}}", self.get_entity),
            web.post(f"{base}/entities/{{name}}/{{key}}", self.signal_entity),
        ]

    @web.middleware
    async def check_key(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Refuse requests to the public addresses without the extension's key."""
        if request.path.startswith(WEBHOOK) and not self._gate.admits(
            "durabletask_extension", request.query, request.headers
        ):
            return web.Response(status=401)
        response: web.StreamResponse = await handler(request)
        return response

    # instances

    async def start(self, request: web.Request) -> web.Response:
        """Start an instance: 202 with its addresses; 400 unknown function, bad id or body; 409 running."""
        name = request.match_info["name"]
        instance_id = request.match_info.get("id") or uuid.uuid4().hex
        if name.lower() not in self._app.orchestrators:
            return _refused(_unknown_orchestrator(name, self._app))
        if not INSTANCE_ID.fullmatch(instance_id):
            return _refused(f"'{instance_id}' is not an instance id.")
        try:
            input_text = _json_text(await request.text())
        except ValueError as error:
            return _refused(f"The body is not JSON: {error}")
        version = request.query.get("version") or self._settings.default_version
        wish = Start(name, instance_id, input_text, version)
        return self._start(wish)

    def _start(self, wish: Start) -> web.Response:
        try:
            self._hub.start(wish, self._clock.now(), may_replace_running=self._settings.may_replace_running)
        except InstanceExistsError as error:
            return _error(409, str(error))
        self._engine.wake()
        return self._accepted(wish.instance_id)

    def _accepted(self, instance_id: str) -> web.Response:
        urls = self._urls.of(instance_id)
        del urls["rewindPostUri"]  # documented: this answer does not offer it
        return web.json_response(
            urls, status=202, headers={"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        )

    async def get_status(self, request: web.Request) -> web.Response:
        """Show an instance: 202 while it runs, 200 when it is over, 404 unknown."""
        instance = self._hub.find(request.match_info["id"])
        if instance is None:
            return _not_found(request.match_info["id"])
        return self._status_response(instance, request.query)

    def _status_response(self, instance: Instance, query: Mapping[str, str]) -> web.Response:
        body = _status(instance, show_input=_flag(query, "showInput", default=True))
        if not instance.status.is_final:
            location = self._urls.of(instance.instance_id)["statusQueryGetUri"]
            return web.json_response(body, status=202, headers={"Location": location, "Retry-After": "5"})
        failed = instance.status == "Failed" and _flag(query, "returnInternalServerErrorOnFailure")
        return web.json_response(body, status=500 if failed else 200)

    async def list_instances(self, request: web.Request) -> web.Response:
        """List a page of instances by id; the response's continuation token is empty on the last page."""
        try:
            query = _parse_query(request.query, after=request.headers.get(CONTINUATION) or None)
            limit = int(request.query.get("top", PAGE_SIZE))
        except ValueError as error:
            return _refused(str(error))
        found = self._hub.query(query, limit + 1)
        page, more = found[:limit], len(found) > limit
        show_input = _flag(request.query, "showInput", default=True)
        token = quote(page[-1].instance_id, safe="") if more else ""
        return web.json_response(
            [_status(instance, show_input=show_input) for instance in page], headers={CONTINUATION: token}
        )

    async def purge(self, request: web.Request) -> web.Response:
        """Delete a finished instance: 200 with the count, 404 unknown, 412 running."""
        instance = self._hub.find(request.match_info["id"])
        if instance is None:
            return _not_found(request.match_info["id"])
        if not instance.status.is_final:
            return _error(412, f"The instance is {instance.status}: only finished instances can be purged.")
        return web.json_response({"instancesDeleted": self._hub.purge([instance.instance_id])})

    async def purge_many(self, request: web.Request) -> web.Response:
        """Delete the finished instances of a time: 200 with the count, 404 when there is none, 400 without a time."""
        try:
            query = _parse_query(request.query)
        except ValueError as error:
            return _refused(str(error))
        if query.created_from is None:
            return _refused("Please provide value for 'createdTimeFrom' parameter.")
        deleted = self._hub.purge(instance.instance_id for instance in self._hub.query(query))
        return web.json_response({"instancesDeleted": deleted}, status=200 if deleted else 404)

    async def terminate(self, request: web.Request) -> web.Response:
        """End an instance: 202, 404 unknown, 410 over."""
        return self._send(
            request, history.execution_terminated(self._clock.now(), request.query.get("reason"))
        )

    async def suspend(self, request: web.Request) -> web.Response:
        """Hold an instance back: 202, 404 unknown, 410 over."""
        return self._send(
            request, history.execution_suspended(self._clock.now(), request.query.get("reason"))
        )

    async def resume(self, request: web.Request) -> web.Response:
        """Let a suspended instance go on: 202, 404 unknown, 410 over."""
        return self._send(request, history.execution_resumed(self._clock.now(), request.query.get("reason")))

    async def raise_event(self, request: web.Request) -> web.Response:
        """Send an external event: 202, 404 unknown, 410 over, 400 when the body is not JSON."""
        if request.content_type != "application/json":
            return _refused("Only application/json request content is supported")
        try:
            input_text = _json_text(await request.text())
        except ValueError as error:
            return _refused(f"The body is not JSON: {error}")
        return self._send(
            request, history.event_raised(self._clock.now(), request.match_info["event"], input_text)
        )

    def _send(self, request: web.Request, event: Event) -> web.Response:
        instance_id = request.match_info["id"]
        if self._hub.send(Message(instance_id, event, self._clock.now())):
            self._engine.wake()
            return web.Response(status=202)
        return _not_found(instance_id) if self._hub.find(instance_id) is None else web.Response(status=410)

    # entities

    async def get_entity(self, request: web.Request) -> web.Response:
        """Give an entity's state: 200, 404 when it does not exist."""
        entity = self._hub.entity(str(_entity_id(request)))
        return web.Response(status=404) if entity is None else _entity_response(entity)

    async def signal_entity(self, request: web.Request) -> web.Response:
        """Send an operation to an entity without waiting for it: 202."""
        body = await request.text()
        operation = request.query.get("op", "")
        self._hub.ask(
            EntityRequest(str(_entity_id(request)), signal(operation, body or None, str(uuid.uuid4())))
        )
        self._engine.wake()
        return web.Response(status=202)


def _entity_id(request: web.Request) -> EntityId:
    key = request.match_info["key"]
    return EntityId(request.match_info["name"].lower(), "" if key == "$" else key)


def _entity_response(entity: Entity) -> web.Response:
    return web.Response(text=entity.state, content_type="application/json")


def _status(instance: Instance, *, show_input: bool) -> dict[str, Any]:
    return {
        "name": instance.orchestrator,
        "instanceId": instance.instance_id,
        "runtimeStatus": instance.status,
        "input": _parsed(instance.input_text) if show_input else None,
        "customStatus": _parsed(instance.custom_status),
        "output": _parsed(instance.output),
        "createdTime": to_seconds_text(instance.created),
        "lastUpdatedTime": to_seconds_text(instance.updated),
    }


def _parsed(text: str | None) -> Any:
    """Read JSON text; what is none (the reason of a termination) is shown as it is (documented)."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _json_text(body: str) -> str | None:
    """Check that a body is JSON and keep it as it came; an empty one is no input.

    Raises:
        ValueError: it is not JSON.
    """
    if not body.strip():
        return None
    json.loads(body)
    return body


def _parse_query(query: Mapping[str, str], after: str | None = None) -> Query:
    return Query(
        created_from=_time(query.get("createdTimeFrom")),
        created_to=_time(query.get("createdTimeTo")),
        statuses=[status for status in query.get("runtimeStatus", "").split(",") if status],
        prefix=query.get("instanceIdPrefix"),
        after=after,
    )


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None


def _flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    return query.get(name, str(default)).lower() == "true"


def _unknown_orchestrator(name: str, app: App) -> str:
    known = ", ".join(sorted(function.durable_name for function in app.orchestrators.values())) or "none"
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function. "
        f"Additional info: the following are the known orchestrator functions: {known}"
    )


def _refused(message: str) -> web.Response:
    return _error(400, "One or more of the arguments submitted is incorrect", message)


def _not_found(instance_id: str) -> web.Response:
    return _error(404, f"No instance with ID '{instance_id}' was found.")


def _error(status: int, message: str, exception: str | None = None) -> web.Response:
    detail = {"ExceptionMessage": exception, "ExceptionType": "System.ArgumentException"} if exception else {}
    return web.json_response({"Message": message, **detail}, status=status)
