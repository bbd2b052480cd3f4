"""The Event Grid webhook: answers the handshakes, then calls the function once per event, many at the same time.

Documented: 202 when every call succeeds, 500 when one fails; Event Grid then sends the whole request again.
"""

import asyncio
import json
import logging
import re
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from functions_testhost.app import App, Function
from functions_testhost.engine import Engine
from functions_testhost.invocation import Invoker
from functions_testhost.keys import AccessControl

log = logging.getLogger(__name__)

PATH = "/runtime/webhooks/EventGrid"
# Azure starts all calls of a delivery at once. Here they share the event loop with every other request, which waits for
# one step of each: thousands of them would make it wait for seconds
CALLS_AT_ONCE = 50
EVENT_GRID_ORIGIN = re.compile(r"eventgrid\.azure\.(net|us|cn)", re.IGNORECASE)


class EventGridWebhook:
    """Delivers Event Grid's requests to the function that the query names."""

    def __init__(self, app: App, invoker: Invoker, engine: Engine, access: AccessControl) -> None:
        self._functions = {function.name: function for function in app.triggered_by("eventGridTrigger")}
        self._invoker = invoker
        self._engine = engine
        self._access = access

    async def handle(self, request: web.Request) -> web.Response:
        """Answers by the kind of request: 401 without the key, 404 for an unknown function, 400 for an unknown kind."""
        if not self._access.admits("eventgrid_extension", request.query, request.headers):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        function = self._functions.get(name)
        if function is None:
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        return (
            _cloud_events_handshake(request)
            if request.method == "OPTIONS"
            else await self._post(function, request)
        )

    async def _post(self, function: Function, request: web.Request) -> web.Response:
        match request.headers.get("aeg-event-type"):
            case "SubscriptionValidation":
                return await _validation(request)
            case "Notification":
                return await self._deliver(function, (await request.read()).decode("utf-8", "replace"))
            case "Unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(status=400)

    async def _deliver(self, function: Function, body: str) -> web.Response:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            return web.Response(status=400, text=f"The body is not JSON: {error}")
        events = document if isinstance(document, list) else [document]
        with self._engine.invocation():
            failures = await self._call_for_each(function, events)
        if failures:
            return web.Response(status=500, text=str(failures[min(failures)]))
        return web.Response(status=202)

    async def _call_for_each(self, function: Function, events: list[Any]) -> dict[int, Exception]:
        """Calls the function with each event. Returns what it raised, by the number of the event."""
        failures: dict[int, Exception] = {}
        waiting = iter(enumerate(events))

        async def call_one_after_the_other() -> None:
            for number, event in waiting:
                try:
                    await self._invoker.call(function, Datum(json.dumps(event), "json"))
                except (
                    Exception
                ) as failure:  # whatever user code raises makes Event Grid send the delivery again
                    log.exception("Function '%s' failed on an event", function.name)
                    failures[number] = failure
                await asyncio.sleep(0)

        await asyncio.gather(*(call_one_after_the_other() for _ in range(CALLS_AT_ONCE)))
        return failures


def _cloud_events_handshake(request: web.Request) -> web.Response:
    """Allows Event Grid's own origins; any other gets the public one in return (documented)."""
    origin = request.headers.get("WebHook-Request-Origin", "")
    allowed = origin if EVENT_GRID_ORIGIN.fullmatch(origin) else "eventgrid.azure.net"
    return web.Response(status=200, headers={"Webhook-Allowed-Origin": allowed})


async def _validation(request: web.Request) -> web.Response:
    """Echoes the validation code of a new subscription (documented: the data may be a JSON string)."""
    try:
        code = _validation_code(await request.json())
    except (ValueError, LookupError, TypeError, RecursionError):
        return web.Response(status=400, text="The body holds no validation code.")
    return web.json_response({"validationResponse": code})


def _validation_code(document: Any) -> str:
    event = document[0] if isinstance(document, list) else document
    data = json.loads(event["data"]) if isinstance(event["data"], str) else event["data"]
    return str(data["validationCode"])
