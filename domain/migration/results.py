"""What an activity answers: a value, a request to try again later, or a failure."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from domain.arm_errors import diagnose
from domain.errors import ArmError, NotYetError, PolicyError

Value = TypeVar("Value")


class Failure(BaseModel):
    """Why a step gave up: ARM's own code and text, and what they mean."""

    code: str
    message: str
    http_status: int = 0
    cause: str = ""
    fix: str = ""


class Wait(BaseModel):
    """A step that could not answer yet; `retry_after_seconds` is the service's wish, if it sent one.

    A step that is `throttled` is waited for as long as the migration may take, any other one a number of times.
    """

    reason: str
    retry_after_seconds: int | None = None
    throttled: bool = False
    failure: Failure


class Waiting(BaseModel):
    """What an orchestration waits for at the moment: why, and until when."""

    reason: str
    until: datetime


class StepStatus(BaseModel):
    """The custom status of an orchestration that takes one step of a migration."""

    waiting_for: Waiting | None = None


class Answer(BaseModel, Generic[Value]):
    """What an activity gives: exactly one of a value, a wait and a failure."""

    value: Value | None = None
    wait: Wait | None = None
    failure: Failure | None = None


def failure_of(error: ArmError) -> Failure:
    """What the error says, and what it means."""
    diagnosis = diagnose(error)
    return Failure(
        code=error.code,
        message=error.message,
        http_status=error.status,
        cause=diagnosis.cause,
        fix=diagnosis.fix,
    )


def refusal(error: ArmError) -> Answer[None]:
    """The answer of an activity that met an ARM error: a wait where waiting helps, else a failure."""
    failure, retry = failure_of(error), diagnose(error).retry
    if retry == "never":
        return Answer(failure=failure)
    wait = Wait(
        reason=f"{error.code}: {failure.cause}",
        retry_after_seconds=error.retry_after_seconds,
        throttled=retry == "throttled",
        failure=failure,
    )
    return Answer(wait=wait)


def policy_unusable(error: PolicyError) -> Answer[None]:
    """The answer of an activity that has no policy to go by: a wait, for somebody may be mending it."""
    fix = "Correct the policy; GET /api/health tells whether it can be used."
    failure = Failure(code="PolicyUnusable", message=str(error), cause="The policy cannot be used.", fix=fix)
    return Answer(wait=Wait(reason=str(error), failure=failure))


def not_yet(error: NotYetError) -> Answer[None]:
    """The answer of an activity that found something under way."""
    failure = Failure(code="NotYet", message=str(error), fix="Start the migration again later.")
    return Answer(wait=Wait(reason=str(error), failure=failure))
