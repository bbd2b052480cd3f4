"""What the handlers of the durable HTTP API share: reading requests, and the extension's refusals (seen on 3.19.0)."""

import json
from collections.abc import Mapping

from aiohttp import web

from functions_testhost.dotnet import HTTP_API_STACK

CONTINUATION = "x-ms-continuation-token"
PAGE_SIZE = 100


def checked_json(body: str) -> str | None:
    """Returns a body unchanged if it is JSON; an empty body is no input.

    Raises:
        ValueError: the body is not JSON.
    """
    if not body.strip():
        return None
    json.loads(body)
    return body


def invalid_json(failure: ValueError) -> web.Response:
    """Builds a 400 for a body that is not JSON."""
    return exception_response(
        400, "Invalid JSON content", str(failure), "Newtonsoft.Json.JsonReaderException"
    )


def query_flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Reads a boolean from a query."""
    return query.get(name, str(default)).lower() == "true"


def bad_request(message: str) -> web.Response:
    """Builds a 400 for an argument that is refused. The SDK's client raises its `ExceptionMessage`."""
    return exception_response(
        400, "One or more of the arguments submitted is incorrect", message, "System.ArgumentException"
    )


def not_found() -> web.Response:
    """Builds a 404. It has no body (recorded)."""
    return web.Response(status=404)


def message_response(status: int, message: str) -> web.Response:
    """Builds a refusal that is no exception in the extension: its body has `Message` alone."""
    return web.json_response({"Message": message}, status=status)


def text_response(status: int, message: str) -> web.Response:
    """Builds a refusal whose body is the message as a JSON string."""
    return web.json_response(message, status=status)


def exception_response(status: int, message: str, exception: str, exception_type: str) -> web.Response:
    """Builds a refusal that is an exception in the extension, whose stack trace it shows (recorded)."""
    body = {
        "Message": message,
        "ExceptionMessage": exception,
        "ExceptionType": exception_type,
        "StackTrace": HTTP_API_STACK,
    }
    return web.json_response(body, status=status)
