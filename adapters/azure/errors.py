"""Turns what the Azure SDK raises into the domain's one ArmError."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any, cast

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import AsyncHttpResponse

from domain.errors import ArmError

_TRY_AGAIN = re.compile(r"try again after '(\d+)' seconds", re.IGNORECASE)


@contextmanager
def arm_errors() -> Iterator[None]:
    """Raise `ArmError` for anything the SDK raises inside: an answer that is an error, or no answer at all."""
    try:
        yield
    except HttpResponseError as error:
        raise _from_response(error) from error
    except AzureError as error:
        raise ArmError(0, type(error).__name__, str(error.message)) from error


def parse_error(status: int, body: Any, headers: Mapping[str, str] | None = None) -> ArmError:
    """Read ARM's error envelope; a body without one (a proxy's page, an empty 503) is told as it is."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    message = str(error.get("message") or "the service gave no reason")
    return ArmError(
        status, str(error.get("code") or f"HTTP{status}"), message, _retry_after(headers or {}, message)
    )


def _from_response(error: HttpResponseError) -> ArmError:
    if error.response is None:
        # the identity library raises without an answer of ARM: no token could be had
        return ArmError(401, "AuthenticationFailed", str(error.message))
    response = cast("AsyncHttpResponse", error.response)
    code = error.error.code if error.error else None
    message = str((error.error and error.error.message) or error.message)
    return ArmError(
        response.status_code,
        str(code or f"HTTP{response.status_code}"),
        message,
        _retry_after(response.headers, message),
    )


def _retry_after(headers: Mapping[str, str], message: str) -> int | None:
    """The seconds to wait: of the header in either of its forms, else of ARM's own text for throttling (recorded)."""
    told = {name.lower(): value for name, value in headers.items()}
    header = told.get("retry-after", "")
    if header.isdigit():
        return int(header)
    try:
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(told.get("date", ""))
    except ValueError:
        in_text = _TRY_AGAIN.search(message)
        return int(in_text[1]) if in_text else None
    return max(0, ceil(wait.total_seconds()))
