"""How requests to the durable HTTP API are read: bodies, queries and continuation tokens, whatever they hold."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from functions_testhost.timestamps import from_text

CONTINUATION = "x-ms-continuation-token"
PAGE_SIZE = 100
# Judgement: what is nested much deeper can be read in Python and not written again, so one instance would take down all
# lists. The number is that at which Newtonsoft.Json 13 stops by itself; it was not tried on the extension
DEEPEST_JSON = 64
# .NET reads the numbers of a query as Int32
LARGEST_NUMBER = 2**31 - 1


class UnreadableJsonError(json.JSONDecodeError):
    """A body that is JSON by its grammar, and that the extension's reader refuses."""


async def read_text(request: web.Request) -> str:
    """Returns a body as .NET reads it: without its byte order mark, and with a mark for what is no text.

    Raises:
        HTTPBadRequest: nobody knows the character set that the request names.
    """
    charset = request.charset or "utf-8"
    body = await request.read()
    try:
        # a codec that is none for text, such as `base64`, is a LookupError, too
        return body.decode(charset, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        message = f"The character set provided in ContentType is invalid: {charset[:100]!r}"
        raise web.HTTPBadRequest(
            text=json.dumps({"Message": message}), content_type="application/json"
        ) from None


def checked_json(body: str) -> str:
    """Returns a body unchanged if it is JSON.

    Raises:
        JSONDecodeError: the body is not JSON, or none that the extension reads.
    """
    try:
        value = json.loads(body)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _too_deep(body) from None
    except ValueError as error:
        # Python refuses the digits of a number by their count, as Newtonsoft.Json does
        raise UnreadableJsonError(str(error), body[:100], 0) from None
    # most bodies have few brackets, which are counted faster than values are walked through
    if body.count("[") + body.count("{") > DEEPEST_JSON and _is_too_deep(value):
        raise _too_deep(body)
    return body


def _too_deep(body: str) -> UnreadableJsonError:
    return UnreadableJsonError(f"The reader's MaxDepth of {DEEPEST_JSON} has been exceeded.", body[:100], 0)


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST_JSON + 1):
        level = [outer for outer in level if isinstance(outer, dict | list)]
        if not level:
            return False
        level = [inner for outer in level for inner in _inner(outer)]
    return True


def _inner(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def query_flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Reads a boolean from a query."""
    return query.get(name, str(default)).lower() == "true"


def page_size(query: Mapping[str, str]) -> int:
    """Returns how many entries a page should have. Without a positive number, it is the usual one."""
    return query_number(query.get("top")) or PAGE_SIZE


def query_number(text: str | None) -> int | None:
    """Parses a number that is not negative; anything else is ignored, as the extension does (recorded)."""
    if text is None or not text.isdecimal() or len(text) > len(str(LARGEST_NUMBER)):
        return None
    return int(text) if int(text) <= LARGEST_NUMBER else None


def query_seconds(text: str | None) -> float | None:
    """Parses a duration in seconds; anything else is ignored, as the extension does (recorded)."""
    try:
        seconds = float(text) if text else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds <= LARGEST_NUMBER else None


def query_time(text: str | None) -> datetime | None:
    """Parses a time; anything else is ignored, as the extension does (recorded)."""
    try:
        return from_text(text) if text else None
    except ValueError:
        return None


def token_text(text: str) -> str:
    """Returns what a continuation token stands for. One that no host has given may hold anything."""
    return unquote(text).encode("utf-8", "replace").decode()
