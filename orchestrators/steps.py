"""How an orchestrator asks an activity: waiting on durable timers as long as it helps, then giving up with a reason."""

import hashlib
from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain.contracts import Answer, Failure, Wait

Value = TypeVar("Value")

# doubling from 5 seconds to 5 minutes: about 20 tries in an hour and a quarter
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 300
MOST_WAITS = 20

Steps = Generator[Any, Any, Value]


class StepFailedError(Exception):
    """A step that cannot be done, or was waited for in vain."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


def ask(
    context: df.DurableOrchestrationContext, activity: str, request: BaseModel, value_type: type[Value]
) -> Steps[Value]:
    """Call an activity until it answers with a value.

    Raises:
        StepFailedError: the activity refused for good, or kept asking for time longer than patience lasts.
    """
    waits = 0
    while True:
        reply = yield context.call_activity(activity, request.model_dump(mode="json"))
        answer = Answer[value_type].model_validate(reply)  # type: ignore[valid-type] # the type is known at run time only
        if answer.failure is not None:
            raise StepFailedError(answer.failure)
        if answer.wait is None:
            return answer.value  # type: ignore[return-value] # None where Value allows it
        waits += 1
        if waits > MOST_WAITS:
            raise StepFailedError(answer.wait.failure)
        yield from sleep(context, wait_seconds(context.instance_id, waits, answer.wait))


def sleep(context: df.DurableOrchestrationContext, seconds: float) -> Steps[None]:
    """Let time pass on a durable timer."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))


def wait_seconds(instance_id: str, waits: int, wait: Wait) -> float:
    """How long to wait the waits-th time: the service's wish, else doubling; spread by up to a quarter.

    The spread comes from the instance id, so that it is the same at each replay and differs between instances.
    """
    seconds: float = wait.retry_after_seconds or min(
        FIRST_WAIT_SECONDS * 2 ** (waits - 1), LONGEST_WAIT_SECONDS
    )
    digest = hashlib.sha256(f"{instance_id}/{waits}".encode()).digest()
    return seconds * (1 + digest[0] / 255 / 4)
