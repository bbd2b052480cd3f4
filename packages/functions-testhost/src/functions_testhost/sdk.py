"""The Durable SDK's half of replay: the whole history goes in, the orchestrator's actions or its failure come out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from functions_testhost.dotnet import worker_failure
from functions_testhost.history import Event
from functions_testhost.replay import Action
from functions_testhost.worker import CallLostError

FAILURE_LABEL = "\n\n$OutOfProcData$:"

# documented: the values of Azure Storage task hubs; a longer timer is split into timers of the interval
LONGEST_SHORT_TIMER = "6.00:00:00"
LONG_TIMER_INTERVAL = "3.00:00:00"


@dataclass(frozen=True)
class OrchestratorAnswer:
    """What the SDK returns from a replay. `output` and `custom_status` are JSON text."""

    actions: Sequence[Action]
    is_done: bool
    output: str | None
    custom_status: str | None
    error: str | None

    @classmethod
    def parse(cls, text: str) -> "OrchestratorAnswer":
        """Reads the SDK's answer (schema version 2 or 3: one list holds all actions since the beginning)."""
        answer = json.loads(text)
        return cls(
            actions=answer["actions"][0],
            is_done=answer["isDone"],
            output=_text(answer.get("output")),
            custom_status=_text(answer.get("customStatus")),
            error=answer.get("error"),
        )


class OrchestratorCrashError(CallLostError):
    """The call ended without the SDK's answer: an internal error of the SDK, or a value that is not JSON.

    Also an orchestrator that is not a generator and raises: the SDK then does not word its failure.
    """

    dotnet_type = "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script"


def orchestrator_context(
    *, history: Sequence[Event], instance_id: str, input_text: str | None, parent_instance_id: str | None
) -> str:
    """Returns the one argument of an orchestrator's call, as JSON text."""
    context = {
        "history": history,
        "input": None if input_text is None else json.loads(input_text),
        "instanceId": instance_id,
        "isReplaying": history[1]["IsPlayed"],
        "parentInstanceId": parent_instance_id,
        "sourceInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": LONG_TIMER_INTERVAL,
        "maximumShortTimerDuration": LONGEST_SHORT_TIMER,
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    return json.dumps(context)


def run_orchestrator(handle: Callable[[str], str], context: str) -> OrchestratorAnswer:
    """Replays an orchestrator through the SDK.

    Raises:
        OrchestratorCrashError: the SDK raised an error that holds no answer.
    """
    try:
        return OrchestratorAnswer.parse(handle(context))
    except Exception as failure:
        # the SDK reports every failure of user code as a bare Exception with JSON inside
        _, label, answer = str(failure).partition(FAILURE_LABEL)
        if not label:
            raise OrchestratorCrashError(worker_failure(failure)) from failure
        return OrchestratorAnswer.parse(answer)


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
