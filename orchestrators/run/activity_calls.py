"""Calls activities and waits on durable timers while waiting helps; then gives up with the reason."""

import hashlib
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain.migration.results import ActivityResult, CurrentWait, Failure, RetryLater

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
) -> Orchestration[Value]:
    """Calls an activity until it returns a value.

    Raises:
        StepFailedError: the activity failed for good, or kept asking to be retried for too long.
    """
    patience = _Patience(context)
    while True:
        reply = yield context.call_activity(activity, request.model_dump(mode="json"))
        result = ActivityResult[value_type].model_validate(reply)  # type: ignore[valid-type] # known at run time only
        wait = patience.next_wait(result.retry_later) if result.retry_later else None
        if wait is None:
            break
        on_wait(wait)
        yield context.create_timer(wait.until)
    if patience.waits:
        on_wait(None)
    failure = result.retry_later.failure if result.retry_later else result.failure
    if failure is not None:
        raise StepFailedError(failure)
    return result.value  # type: ignore[return-value] # None where Value allows it


def sleep(context: df.DurableOrchestrationContext, seconds: float) -> Orchestration[None]:
    """Waits on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


class _Patience:
    """Counts the waits of one activity call and decides whether to wait again."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._throttled_until = context.current_utc_datetime + THROTTLING_PATIENCE
        self._tries = 0
        self.waits = 0

    def next_wait(self, retry: RetryLater) -> CurrentWait | None:
        """The next wait, or None when it is time to give up. Throttling does not count as a try."""
        self.waits += 1
        self._tries += 0 if retry.throttled else 1
        if self._tries > MOST_WAITS or self._context.current_utc_datetime >= self._throttled_until:
            return None
        seconds = wait_seconds(self._context.instance_id, self.waits, retry)
        until = self._context.current_utc_datetime + timedelta(seconds=seconds)
        return CurrentWait(reason=retry.reason, until=until)


def wait_seconds(instance_id: str, waits: int, retry: RetryLater) -> float:
    """The length of a call's n-th wait: doubling, at least what the service asks for, spread by up to a quarter.

    The spread is derived from the instance id: equal in every replay, different between instances.
    """
    doubling = min(FIRST_WAIT_SECONDS * 2 ** (waits - 1), LONGEST_WAIT_SECONDS)
    seconds: float = max(retry.retry_after_seconds or 0, doubling)
    digest = hashlib.sha256(f"{instance_id}/{waits}".encode()).digest()
    return seconds * (1 + digest[0] / 255 / 4)
