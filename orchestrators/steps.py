"""How an orchestrator asks an activity: waiting on durable timers as long as it helps, then giving up with a reason."""

import hashlib
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain.migration.results import Answer, Failure, StepStatus, Wait, Waiting

Value = TypeVar("Value")

# doubling from 5 seconds to 5 minutes: about 20 tries in an hour and a quarter
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 300
MOST_WAITS = 20
# a throttled subscription is waited for: a fleet of images empties its buckets for hours
THROTTLING_PATIENCE = timedelta(hours=24)

Steps = Generator[Any, Any, Value]
# is told what is waited for, and None once it is over
Show = Callable[[Waiting | None], None]


class StepFailedError(Exception):
    """A step that cannot be done, or was waited for in vain."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


def ask(
    context: df.DurableOrchestrationContext,
    activity: str,
    request: BaseModel,
    value_type: type[Value],
    show: Show = lambda _: None,
) -> Steps[Value]:
    """Call an activity until it answers with a value; `show` is told of every wait, and of its end.

    Raises:
        StepFailedError: the activity refused for good, or kept asking for time longer than patience lasts.
    """
    patience = _Patience(context)
    while True:
        reply = yield context.call_activity(activity, request.model_dump(mode="json"))
        answer = Answer[value_type].model_validate(reply)  # type: ignore[valid-type] # the type is known at run time only
        waiting = patience.next_wait(answer.wait) if answer.wait else None
        if waiting is None:
            break
        show(waiting)
        yield context.create_timer(waiting.until)
    if patience.waits:
        show(None)
    failure = answer.wait.failure if answer.wait else answer.failure
    if failure is not None:
        raise StepFailedError(failure)
    return answer.value  # type: ignore[return-value] # None where Value allows it


def shown_as_custom_status(context: df.DurableOrchestrationContext) -> Show:
    """The `show` of an orchestration that has nothing else to tell."""

    def show(waiting: Waiting | None) -> None:
        context.set_custom_status(StepStatus(waiting_for=waiting).model_dump(mode="json"))

    return show


def sleep(context: df.DurableOrchestrationContext, seconds: float) -> Steps[None]:
    """Let time pass on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


class _Patience:
    """How often one step was waited for, and whether it is worth waiting again."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._throttled_until = context.current_utc_datetime + THROTTLING_PATIENCE
        self._tries = 0
        self.waits = 0

    def next_wait(self, wait: Wait) -> Waiting | None:
        """What is waited for next, None at the end of patience.

        Throttling ends by itself, anything else may not: its tries are counted.
        """
        self.waits += 1
        self._tries += 0 if wait.throttled else 1
        if self._tries > MOST_WAITS or self._context.current_utc_datetime >= self._throttled_until:
            return None
        seconds = wait_seconds(self._context.instance_id, self.waits, wait)
        until = self._context.current_utc_datetime + timedelta(seconds=seconds)
        return Waiting(reason=wait.reason, until=until)


def wait_seconds(instance_id: str, waits: int, wait: Wait) -> float:
    """How long to wait the waits-th time: doubling, at least the service's wish; spread by up to a quarter.

    The spread comes from the instance id, so that it is the same at each replay and differs between instances.
    """
    doubling = min(FIRST_WAIT_SECONDS * 2 ** (waits - 1), LONGEST_WAIT_SECONDS)
    seconds: float = max(wait.retry_after_seconds or 0, doubling)
    digest = hashlib.sha256(f"{instance_id}/{waits}".encode()).digest()
    return seconds * (1 + digest[0] / 255 / 4)
