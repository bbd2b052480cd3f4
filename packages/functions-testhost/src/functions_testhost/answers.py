"""What the handlers of the durable HTTP API share: how requests are read and errors are worded."""

import json
from collections.abc import Mapping

from aiohttp import web

CONTINUATION = "x-ms-continuation-token"
PAGE_SIZE = 100


def json_text(body: str) -> str | None:
    """Check that a body is JSON and keep it as it came; an empty one is no input.

    Raises:
        ValueError: it is not JSON.
    """
    if not body.strip():
        return None
    json.loads(body)
    return body


def flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Read a boolean out of a query."""
    return query.get(name, str(default)).lower() == "true"


def refused(message: str) -> web.Response:
    """Word a 400; the SDK's client raises its ``ExceptionMessage``."""
    return error(400, "One or more of the arguments submitted is incorrect", message)


def not_found(instance_id: str) -> web.Response:
    """Word a 404."""
    return error(404, f"No instance with ID '{instance_id}' was found.")


def error(status: int, message: str, exception: str | None = None) -> web.Response:
    """Word an error as JSON: the SDK's client reads nothing else."""
    detail = {"ExceptionMessage": exception, "ExceptionType": "System.ArgumentException"} if exception else {}
    return web.json_response({"Message": message, **detail}, status=status)
