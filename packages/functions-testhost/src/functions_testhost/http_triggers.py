"""Serves the app's HTTP functions: matches the route, checks the key, calls the function, writes its response."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from azure.functions.meta import Datum
from yarl import URL

from functions_testhost.app import App, AppError, Function
from functions_testhost.engine import Engine
from functions_testhost.invocation import Invoker, encode
from functions_testhost.keys import AccessControl
from functions_testhost.routes import Route, RouteError, without_dots

if TYPE_CHECKING:
    from multidict import MultiMapping

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HttpFunction:
    """One HTTP function at its route. No methods means all of them."""

    function: Function
    route: Route
    methods: frozenset[str]
    auth_level: str


def http_functions(app: App, route_prefix: str) -> list[HttpFunction]:
    """Lists the HTTP functions, the most precise routes first.

    Raises:
        AppError: a route cannot be served.
    """
    try:
        functions = [_http_function(function, route_prefix) for function in app.triggered_by("httpTrigger")]
    except RouteError as error:
        raise AppError(str(error)) from error
    return sorted(functions, key=lambda function: function.route.precedence)


def _http_function(function: Function, route_prefix: str) -> HttpFunction:
    trigger = function.trigger
    return HttpFunction(
        function=function,
        route=Route.parse(f"{route_prefix}/{trigger['route'].strip('/')}"),
        methods=frozenset(method.upper() for method in trigger.get("methods") or ()),
        auth_level=str(trigger.get("authLevel") or "function").lower(),
    )


class HttpTriggers:
    """The catch-all handler behind the host's own addresses."""

    def __init__(
        self, functions: list[HttpFunction], invoker: Invoker, engine: Engine, access: AccessControl
    ) -> None:
        self._functions = functions
        self._invoker = invoker
        self._engine = engine
        self._access = access

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Responds with 404 when no route has the path and method, 401 without the key, 500 when the function raises.

        A `Host` header that is no address is a 400, as from Kestrel, the host's web server.

        A function that returns nothing raises too: the worker cannot encode None (seen with Microsoft's own).
        """
        try:
            request = _resolved(request)
            str(request.url)
        except ValueError:
            return web.Response(status=400)
        for candidate in self._functions:
            parameters = candidate.route.match(request.path)
            if parameters is not None and (not candidate.methods or request.method in candidate.methods):
                return await self._invoke(candidate, parameters, request)
        return web.Response(status=404)

    async def _invoke(
        self, target: HttpFunction, parameters: dict[str, str], request: web.Request
    ) -> web.Response:
        if not self._access.admits(target.auth_level, request.query, request.headers):
            return web.Response(status=401)
        with self._engine.invocation():
            trigger = await _datum(request, parameters)
            try:
                return _response(encode("http", await self._invoker.call(target.function, trigger)))
            except Exception:  # whatever user code raises is a 500 without a body, as in Azure
                log.exception("Function '%s' failed", target.function.name)
                return web.Response(status=500)


def _resolved(request: web.Request) -> web.Request:
    """The request for the path that is served, whatever dots were sent."""
    sent = request.rel_url
    path = without_dots(sent.raw_path)
    if path == sent.raw_path:
        return request
    return request.clone(rel_url=URL.build(path=path, query_string=sent.raw_query_string, encoded=True))


async def _datum(request: web.Request, parameters: dict[str, str]) -> Datum:
    """Describes a request as the Functions host does.

    Source: the names of headers are in lower case, values given several times are joined, empty values of a query are
    left out, a body is passed on as it was sent, compressed or not, and only if it has a Content-Length.
    """
    body = await request.read()
    value = {
        "method": Datum(request.method, "string"),
        "url": Datum(str(request.url), "string"),
        "headers": {name.lower(): Datum(text, "string") for name, text in _joined(request.headers)},
        "query": {name: Datum(text, "string") for name, text in _joined(request.query) if text},
        "params": {name: Datum(text, "string") for name, text in parameters.items()},
        "body": Datum(body if request.content_length else b"", "bytes"),
    }
    return Datum(value, "http")


def _joined(values: "MultiMapping[str]") -> list[tuple[str, str]]:
    return [(name, ",".join(values.getall(name))) for name in dict.fromkeys(values)]


def _response(datum: Datum) -> web.Response:
    if datum.type == "string":
        return web.Response(text=datum.value)
    value: dict[str, Any] = datum.value
    response = web.Response(status=int(value["status_code"].value), body=value["body"].value)
    for name, text in value["headers"].items():
        response.headers[name] = text.value
    for cookie in value["cookies"] or ():
        for morsel in cookie.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
