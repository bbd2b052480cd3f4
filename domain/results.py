"""What activities and child orchestrations return: values, requests to wait, and failures, as plain JSON.

An expected "no" is a value. An exception that crosses the durable boundary loses its type, and inside `task_all` it
discards the results of its siblings.
"""

from datetime import datetime
from functools import partial
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel

from domain.arm_errors import diagnose
from domain.errors import ArmError, NotYetError, PolicyError, TooLargeError
from domain.fitting import cut
from domain.host_failures import failure_sentence
from domain.redaction import without_secrets

Value = TypeVar("Value")


# a custom status has 16 KB
LONGEST_REASON = 1_000
# of Azure's own text, which can be a page of HTML
LONGEST_MESSAGE = 2_000


class Failure(BaseModel):
    """Why a step gave up: the error's code and message, its cause, and how to fix it. A long message is cut."""

    code: str
    message: Annotated[
        str, AfterValidator(without_secrets), AfterValidator(partial(cut, longest=LONGEST_MESSAGE))
    ]
    http_status: int = 0
    cause: str = ""
    fix: str = ""


class RetryLater(BaseModel):
    """A step that cannot answer yet. `failure` is what it fails with once the orchestrator stops waiting.

    `retry_after_seconds` is the service's own request. Throttling is waited for up to a day; everything else a
    bounded number of times.
    """

    reason: str
    retry_after_seconds: int | None = None
    throttled: bool = False
    failure: Failure


class CurrentWait(BaseModel):
    """What an orchestration waits for at the moment: why, and until when. A long reason is cut.

    `throttled` says that Azure puts the calls off. `attempt` is the number of the try that comes then, counted
    since this reason came up; None where nothing is tried again.
    """

    reason: Annotated[
        str, AfterValidator(without_secrets), AfterValidator(partial(cut, longest=LONGEST_REASON))
    ]
    until: datetime
    throttled: bool = False
    attempt: int | None = None


class StepStatus(BaseModel):
    """The custom status of a child orchestration."""

    waiting_for: CurrentWait | None = None


class ActivityResult(BaseModel, Generic[Value]):
    """What an activity returns: exactly one of a value, a request to retry later, and a failure."""

    value: Value | None = None
    retry_later: RetryLater | None = None
    failure: Failure | None = None


class StepResult(BaseModel, Generic[Value]):
    """What a step of a migration returns: a value or a failure."""

    value: Value | None = None
    failure: Failure | None = None


def failure_of(error: ArmError) -> Failure:
    """An ARM error with its diagnosis."""
    diagnosis = diagnose(error)
    return Failure(
        code=error.code,
        message=error.message,
        http_status=error.status,
        cause=diagnosis.cause,
        fix=diagnosis.fix,
    )


def arm_error_result(error: ArmError) -> ActivityResult[None]:
    """Retries later where waiting helps; otherwise fails."""
    failure, retry = failure_of(error), diagnose(error).retry
    if retry == "never":
        return ActivityResult(failure=failure)
    wait = RetryLater(
        reason=f"{error.code}: {failure.cause}",
        retry_after_seconds=error.retry_after_seconds,
        throttled=retry == "throttled",
        failure=failure,
    )
    return ActivityResult(retry_later=wait)


def policy_error_result(error: PolicyError) -> ActivityResult[None]:
    """Retries later: somebody may be correcting the policy."""
    failure = Failure(
        code="PolicyUnusable",
        message=str(error),
        cause="The policy has errors.",
        fix="Correct the policy. GET /api/health shows whether it can be used.",
    )
    return ActivityResult(retry_later=RetryLater(reason=str(error), failure=failure))


def too_large_result(error: TooLargeError) -> ActivityResult[None]:
    """Fails: the same would be read again."""
    failure = Failure(
        code="TooLarge",
        message=str(error),
        cause="The backend of Durable Functions does not take what was read in one piece.",
        fix="Ask for less at a time, or deploy with durableBackend=storage: it stores values of any size.",
    )
    return ActivityResult(failure=failure)


def lost_call(error: Exception) -> RetryLater:
    """Retries later: the host reports that an activity, an entity or a child orchestration gave no answer.

    Its worker died or exceeded `functionTimeout`, or its code has a bug. All of them can be called again.
    """
    sentence = failure_sentence(error)
    failure = Failure(
        code="NoAnswer",
        message=sentence,
        cause="The Functions worker died or took too long, or Gallerist has a bug: the log has the whole error.",
        fix="Start the migration again: it continues with what is there. If it fails again, report the error.",
    )
    return RetryLater(reason=sentence, failure=failure)


def not_yet_result(error: NotYetError) -> ActivityResult[None]:
    """Retries later: what the activity needs is still being made or changed."""
    failure = Failure(code="NotYet", message=str(error), fix="Start the migration again later.")
    return ActivityResult(retry_later=RetryLater(reason=str(error), failure=failure))
