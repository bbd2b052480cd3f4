"""What the handlers of the durable HTTP API share: reading requests and building error responses."""

import json
from collections.abc import Mapping

from aiohttp import web

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


def query_flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Reads a boolean from a query."""
    return query.get(name, str(default)).lower() == "true"


def bad_request(message: str) -> web.Response:
    """Builds a 400. The SDK's client raises its `ExceptionMessage`."""
    return error_response(400, "One or more of the arguments submitted is incorrect", message)


def not_found(instance_id: str) -> web.Response:
    """Builds a 404."""
    return error_response(404, f"No instance with ID '{instance_id}' was found.")


def error_response(status: int, message: str, exception: str | None = None) -> web.Response:
    """Builds an error as JSON: the SDK's client reads nothing else."""
    detail = {"ExceptionMessage": exception, "ExceptionType": "System.ArgumentException"} if exception else {}
    return web.json_response({"Message": message, **detail}, status=status)
