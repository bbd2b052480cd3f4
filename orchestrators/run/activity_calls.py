"""Calls activities and entities, and waits on durable timers while waiting helps; then gives up with the reason."""

import hashlib
from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain.results import ActivityResult, CurrentWait, Failure, RetryLater, lost_call
from orchestrators.run.log_lines import log_lost_call

Value = TypeVar("Value")

# doubling from 5 seconds to 5 minutes: about 20 tries in an hour and a quarter
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 300
MOST_WAITS = 20
# a fleet of images can use up a subscription's request quota for hours, and throttling ends by itself
THROTTLING_PATIENCE = timedelta(hours=24)

Orchestration = Generator[Any, Any, Value]
# called with the current wait, then with None when it ends
OnWait = Callable[[CurrentWait | None], None]


class StepFailedError(Exception):
    """A step failed for good, or did not succeed within its retries."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


def call_activity(
    context: df.DurableOrchestrationContext,
    activity: str,
    request: BaseModel,
    value_type: type[Value],
    on_wait: OnWait,
    *,
    first: ActivityResult[Value] | None = None,
) -> Orchestration[Value]:
    """Calls an activity until it returns a value. A call without an answer, whose worker died, is repeated, too.

    `first` is the result of the first call, if it was made already.

    Raises:
        StepFailedError: the activity failed for good, or kept asking to be retried for too long.
    """
    patience = Patience(context)
    result = first or (yield from call_once(context, activity, request, value_type))
    while result.retry_later is not None:
        yield from patience.wait(result.retry_later, on_wait)
        result = yield from call_once(context, activity, request, value_type)
    patience.end(on_wait)
    if result.failure is not None:
        raise StepFailedError(result.failure)
    return result.value  # type: ignore[return-value] # None where Value allows it


def call_once(
    context: df.DurableOrchestrationContext, activity: str, request: BaseModel, value_type: type[Value]
) -> Orchestration[ActivityResult[Value]]:
    """Calls an activity once; a call without an answer asks to be retried."""
    [result] = yield from call_each_once(context, activity, [request], value_type)
    return result


def call_each_once(
    context: df.DurableOrchestrationContext,
    activity: str,
    requests: Sequence[BaseModel],
    value_type: type[Value],
) -> Orchestration[list[ActivityResult[Value]]]:
    """Calls an activity once for each request, side by side; a call without an answer asks to be retried."""
    return (yield from call_together(context, [Call(activity, request, value_type) for request in requests]))


class Call(NamedTuple):
    """A call of an activity that returns an `ActivityResult` with a value of this type."""

    activity: str
    request: BaseModel
    value_type: Any


def call_together(
    context: df.DurableOrchestrationContext, calls: Sequence[Call]
) -> Orchestration[list[ActivityResult[Any]]]:
    """Makes each call once, side by side; a call without an answer asks to be retried."""
    tasks = [context.call_activity(call.activity, call.request.model_dump(mode="json")) for call in calls]
    replies = yield from settle(context, tasks)
    results: list[ActivityResult[Any]] = []
    for call, reply in zip(calls, replies, strict=True):
        result = _result_type(call.value_type)
        if isinstance(reply, Exception):
            log_lost_call(context, call.activity, reply)
            results.append(result(retry_later=lost_call(reply)))
        else:
            results.append(result.model_validate(reply))
    return results


def settle(context: df.DurableOrchestrationContext, tasks: Sequence[Any]) -> Orchestration[list[Any]]:
    """Waits until every task has ended; returns each one's output, or its exception.

    `task_all` begins all of them and raises as soon as one fails. Then each is waited for by itself, for the host does
    not go on before all have ended either.
    """
    if len(tasks) > 1:
        try:
            outputs: list[Any] = yield context.task_all(list(tasks))
        except Exception:  # noqa: BLE001, S110 # the SDK raises nothing narrower, and each task has its own outcome
            pass
        else:
            return outputs
    outcomes = []
    for task in tasks:
        outcome = yield from _outcome(task)
        outcomes.append(outcome)
    return outcomes


def _outcome(task: Any) -> Orchestration[Any]:
    try:
        return (yield task)
    except Exception as error:  # noqa: BLE001 # the SDK raises nothing narrower
        return error


@cache
def _result_type(value_type: Any) -> Any:
    """The result type for this value. It is kept: pydantic builds a generic model again each time it is named."""
    return ActivityResult[value_type]


def call_entity(
    context: df.DurableOrchestrationContext,
    entity: df.EntityId,
    operation: str,
    request: BaseModel,
    on_wait: OnWait,
) -> Orchestration[Any]:
    """Calls an operation of an entity until it answers; returns the answer.

    Raises:
        StepFailedError: there was no answer for too long.
    """
    patience = Patience(context)
    while True:
        try:
            reply = yield context.call_entity(entity, operation, request.model_dump(mode="json"))
            break
        except Exception as error:  # noqa: BLE001 # the SDK raises nothing narrower
            log_lost_call(context, operation, error)
            wait = lost_call(error)
        yield from patience.wait(wait, on_wait)
    patience.end(on_wait)
    return reply


def sleep(context: df.DurableOrchestrationContext, seconds: float) -> Orchestration[None]:
    """Waits on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


class Patience:
    """Waits between the tries of one call, and decides when to give up.

    Only the waits count, not the time that passed: the app itself may have been away meanwhile.
    """

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._waited = timedelta()
        self._tries = 0
        # waits for one reason after the other
        self._waits = 0
        self._reason = ""

    def wait(self, retry: RetryLater, on_wait: OnWait) -> Orchestration[None]:
        """Shows the wait, and waits on a durable timer. Throttling does not count as a try.

        Raises:
            StepFailedError: it is time to give up.
        """
        if retry.failure.code != self._reason:
            # what was waited for before is over: this one begins with a short wait again
            self._reason, self._waits = retry.failure.code, 0
        self._waits += 1
        self._tries += 0 if retry.throttled else 1
        if self._tries > MOST_WAITS or self._waited >= THROTTLING_PATIENCE:
            self.end(on_wait)
            raise StepFailedError(retry.failure)
        length = timedelta(seconds=wait_seconds(self._context.instance_id, self._waits, retry))
        self._waited += length
        until = self._context.current_utc_datetime + length
        attempt = self._waits + 1
        on_wait(CurrentWait(reason=retry.reason, until=until, throttled=retry.throttled, attempt=attempt))
        yield self._context.create_timer(until)

    def end(self, on_wait: OnWait) -> None:
        """Shows that nothing is waited for any more."""
        if self._waits:
            on_wait(None)


def wait_seconds(instance_id: str, waits: int, retry: RetryLater) -> float:
    """The length of a call's n-th wait: doubling, at least what the service asks for, spread by up to a quarter.

    The spread is derived from the instance id: equal in every replay, different between instances.
    """
    doubling = min(FIRST_WAIT_SECONDS * 2 ** (waits - 1), LONGEST_WAIT_SECONDS)
    seconds: float = max(retry.retry_after_seconds or 0, doubling)
    digest = hashlib.sha256(f"{instance_id}/{waits}".encode()).digest()
    return seconds * (1 + digest[0] / 255 / 4)
