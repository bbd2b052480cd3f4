"""Results of activities: exactly one of a value, a retry and a failure, and which ARM error becomes which."""

import pytest

from domain.errors import ArmError, NotYetError, PolicyError, PolicyFault
from domain.resources.images import ManagedImage
from domain.results import (
    ActivityResult,
    Failure,
    arm_error_result,
    failure_of,
    not_yet_result,
    policy_error_result,
)
from tests.unit.builders import image

FAILURE = Failure(code="Conflict", message="no")


@pytest.mark.parametrize(
    "result",
    [
        ActivityResult[ManagedImage](value=image()),
        ActivityResult[ManagedImage](),
        ActivityResult[ManagedImage](failure=FAILURE),
        ActivityResult[ManagedImage].model_validate(not_yet_result(NotYetError("soon")).model_dump()),
    ],
    ids=["value", "none", "failure", "retry"],
)
def test_a_result_survives_the_durable_boundary(result: ActivityResult[ManagedImage]) -> None:
    assert ActivityResult[ManagedImage].model_validate(result.model_dump(mode="json")) == result


def test_keys_that_a_later_version_added_are_tolerated() -> None:
    """A running orchestration may hold the results of another version of the app."""
    assert ActivityResult[Failure].model_validate(
        {"value": {"code": "a", "message": "b", "new": 1}, "newer": 2}
    ) == ActivityResult[Failure](value=Failure(code="a", message="b"))


def test_an_error_that_passes_is_retried_after_the_time_the_service_asks_for() -> None:
    result = arm_error_result(ArmError(429, "TooManyRequests", "slow down", retry_after_seconds=17))
    assert (result.value, result.failure) == (None, None)
    assert result.retry_later is not None
    assert result.retry_later.retry_after_seconds == 17
    assert result.retry_later.throttled
    assert result.retry_later.reason.startswith("TooManyRequests: ")
    assert result.retry_later.failure.http_status == 429


def test_an_error_that_does_not_pass_is_a_failure_with_cause_and_fix() -> None:
    result = arm_error_result(ArmError(409, "ScopeLocked", "locked: '/s'", retry_after_seconds=17))
    assert (result.value, result.retry_later) == (None, None)
    assert result.failure is not None
    assert (result.failure.code, result.failure.message) == ("ScopeLocked", "locked: '/s'")
    assert result.failure.http_status == 409
    assert "lock" in result.failure.cause
    assert "lock" in result.failure.fix


def test_something_under_way_is_retried_and_fails_with_its_own_code_in_the_end() -> None:
    result = not_yet_result(NotYetError("the image is being created"))
    assert (result.value, result.failure) == (None, None)
    assert result.retry_later is not None
    assert result.retry_later.reason == "the image is being created"
    assert result.retry_later.retry_after_seconds is None
    assert result.retry_later.failure.code == "NotYet"
    assert result.retry_later.failure.message == "the image is being created"


def test_an_unusable_policy_is_waited_for() -> None:
    """Somebody may be correcting it."""
    result = policy_error_result(PolicyError("policy.yaml", [PolicyFault(3, "rules", "is not a list")]))
    assert result.retry_later is not None
    assert result.retry_later.failure.code == "PolicyUnusable"
    assert "policy.yaml, line 3" in result.retry_later.failure.message


def test_the_text_of_an_unknown_error_is_kept() -> None:
    assert failure_of(ArmError(418, "Teapot", "short and stout")).message == "short and stout"
