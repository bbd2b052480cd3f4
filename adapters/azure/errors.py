"""Turns the Azure SDK's exceptions and ARM's error bodies into the domain's ArmError."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any, cast

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import AsyncHttpResponse

from domain.arm_errors import IDENTITY_UNAVAILABLE
from domain.errors import ArmError

# the SDK writes a traceback for each answer without a JSON body; here it becomes an error with its status
logging.getLogger("azure.mgmt.compute._utils.model_base").setLevel(logging.ERROR)

_TRY_AGAIN = re.compile(r"try again after '(\d+)' seconds", re.IGNORECASE)


@contextmanager
def arm_errors() -> Iterator[None]:
    """Raises `ArmError` for every error of the SDK inside the block: an error response, or no response."""
    try:
        yield
    except HttpResponseError as error:
        # the SDK's own error repeats the whole answer
        raise _from_response(error) from None
    except AzureError as error:
        raise ArmError(0, type(error).__name__, str(error.message)) from None


def parse_error(status: int, body: Any, headers: Mapping[str, str] | None = None) -> ArmError:
    """Reads ARM's error body. One without an error (a proxy's page, an empty 503) gets the code `HTTP<status>`."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    message = str(error.get("message") or "the service gave no reason")
    return ArmError(
        status, str(error.get("code") or f"HTTP{status}"), message, _retry_after(headers or {}, message)
    )


def parse_object(response: AsyncHttpResponse) -> dict[str, Any]:
    """Returns the response's JSON object, empty if the body is anything else."""
    try:
        body = response.json()
    except ValueError:
        # front doors answer with pages of HTML or nothing at all (recorded)
        return {}
    return body if isinstance(body, dict) else {}


def _from_response(error: HttpResponseError) -> ArmError:
    if error.response is None:
        # the credential raises without a response of ARM: no request was sent, because there is no token
        return ArmError(0, IDENTITY_UNAVAILABLE, str(error.message))
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
    """Returns the seconds to wait, from the header in either form, or from ARM's throttling message (recorded)."""
    lowered = {name.lower(): value for name, value in headers.items()}
    header = lowered.get("retry-after", "")
    if header.isdigit():
        return int(header)
    try:
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(lowered.get("date", ""))
    except ValueError:
        in_message = _TRY_AGAIN.search(message)
        return int(in_message[1]) if in_message else None
    return max(0, ceil(wait.total_seconds()))
