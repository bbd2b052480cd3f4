"""The Azure SDK's exceptions and ARM's error bodies become ArmError."""

import json
import logging
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.mgmt.compute._utils import model_base

from adapters.azure.errors import arm_errors, parse_error
from domain.errors import ArmError


class Response:
    """The parts of an HTTP response that the SDK's errors read."""

    reason = "because"

    def __init__(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.headers = headers or {}
        self._body = body

    def text(self, encoding: str | None = None) -> str:
        return self._body

    def body(self) -> bytes:
        return self._body.encode()


def raised(error: Exception) -> ArmError:
    with pytest.raises(ArmError) as refused, arm_errors():
        raise error
    assert refused.value.__suppress_context__, "the SDK's error repeats the whole answer"
    return refused.value


ENVELOPE = '{"error": {"code": "ScopeLocked", "message": "locked"}}'


def test_an_error_response_keeps_its_status_code_and_message() -> None:
    error = raised(HttpResponseError(response=Response(409, ENVELOPE)))
    assert (error.status, error.code, error.message) == (409, "ScopeLocked", "locked")
    assert error.retry_after_seconds is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"retry-after": "17"}, 17),
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:27:30 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:05 GMT"}, 0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon", "Date": "Wed, 21 Oct 2026 07:27:30 GMT"}, None),
    ],
)
def test_the_time_to_wait_is_read_from_the_header_in_both_forms(
    headers: dict[str, str], seconds: int | None
) -> None:
    error = raised(HttpResponseError(response=Response(429, ENVELOPE, headers)))
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(("headers", "seconds"), [({}, 6), ({"Retry-After": "9"}, 9)])
def test_without_the_header_the_time_to_wait_is_read_from_the_message(
    headers: dict[str, str], seconds: int
) -> None:
    """Recorded: ARM's own throttling says it in the message."""
    message = "exceeded the backend storage limit. Please try again after '6' seconds."
    body = json.dumps({"error": {"code": "SubscriptionRequestsThrottled", "message": message}})
    error = raised(HttpResponseError(response=Response(429, body, headers)))
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize("body", ["", "<html>Service Unavailable</html>", "[]", '"no"', '{"message": "no"}'])
def test_a_response_without_an_error_body_gets_its_status_as_code(body: str) -> None:
    """Recorded: front doors return pages of HTML, or nothing at all."""
    error = raised(HttpResponseError(response=Response(503, body)))
    assert (error.status, error.code) == (503, "HTTP503")
    assert error.message


@pytest.mark.parametrize("kind", [ServiceRequestError, ServiceResponseError])
def test_no_response_has_status_0(kind: type[Exception]) -> None:
    error = raised(kind("no route to host"))
    assert (error.status, error.code, error.message) == (0, kind.__name__, "no route to host")


def test_an_identity_without_a_token_is_unavailable() -> None:
    """ARM was not asked, so it has refused nothing."""
    error = raised(ClientAuthenticationError("no managed identity"))
    assert (error.status, error.code, error.message) == (0, "IdentityUnavailable", "no managed identity")


def test_a_token_that_arm_refuses_is_its_refusal() -> None:
    body = '{"error": {"code": "InvalidAuthenticationToken", "message": "wrong audience"}}'
    error = raised(ClientAuthenticationError(response=Response(401, body)))
    assert (error.status, error.code, error.message) == (401, "InvalidAuthenticationToken", "wrong audience")


def test_other_exceptions_pass_through() -> None:
    with pytest.raises(KeyError), arm_errors():
        raise KeyError("x")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": {"code": "Conflict", "message": "different plan"}}, "Conflict", "different plan"),
        ({"status": "Failed", "error": {"code": "Conflict", "message": "no"}}, "Conflict", "no"),
        ({"status": "Failed"}, "HTTP200", "the service gave no reason"),
        ({"error": "no"}, "HTTP200", "the service gave no reason"),
        ({"error": {}}, "HTTP200", "the service gave no reason"),
        ([], "HTTP200", "the service gave no reason"),
        (None, "HTTP200", "the service gave no reason"),
    ],
)
def test_an_error_body_is_read_from_any_response(body: Any, code: str, message: str) -> None:
    """Recorded: a failed operation responds with status 200."""
    error = parse_error(200, body)
    assert (error.status, error.code, error.message) == (200, code, message)


def test_the_time_to_wait_for_a_page_is_read_from_its_headers() -> None:
    assert parse_error(429, {}, {"Retry-After": "5"}).retry_after_seconds == 5


@pytest.mark.parametrize("body", ["", "<html>Service Unavailable</html>"])
def test_an_answer_without_json_writes_no_traceback(body: str, caplog: pytest.LogCaptureFixture) -> None:
    """The SDK logs one at WARNING whenever it cannot read the body of an error; the error itself is raised."""

    class Unreadable(Response):
        def json(self) -> Any:
            return json.loads(self._body)

    with caplog.at_level(logging.DEBUG):
        assert model_base._failsafe_deserialize(object, Unreadable(503, body)) is None
    assert caplog.records == []
