"""Turns what the Azure SDK raises into the domain's one ArmError."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import AsyncHttpResponse

from domain.errors import ArmError


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
    return ArmError(
        status,
        str(error.get("code") or f"HTTP{status}"),
        str(error.get("message") or "the service gave no reason"),
        _retry_after(headers or {}),
    )


def _from_response(error: HttpResponseError) -> ArmError:
    if error.response is None:
        # the identity library raises without an answer of ARM: no token could be had
        return ArmError(401, "AuthenticationFailed", str(error.message))
    response = cast("AsyncHttpResponse", error.response)
    code = error.error.code if error.error else None
    message = error.error.message if error.error else None
    return ArmError(
        response.status_code,
        str(code or f"HTTP{response.status_code}"),
        str(message or error.message),
        _retry_after(response.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds, as the compute service sends them; the header's other form, a date, was never recorded from it."""
    value = headers.get("Retry-After", headers.get("retry-after", ""))
    return int(value) if value.isdigit() else None
