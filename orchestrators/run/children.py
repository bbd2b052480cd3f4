"""Runs child orchestrations side by side, and starts again those that the host reports as failed."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import azure.durable_functions as df
from pydantic import BaseModel

from domain.results import lost_call
from orchestrators.run.activity_calls import Orchestration, Patience, StepFailedError
from orchestrators.run.log_lines import log_lost_call
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.target import Target

# called with the instance ids of the children that were started, by their position
OnStart = Callable[[Mapping[int, str]], None]


def call_children(
    run: MigrationRun,
    orchestrator: str,
    targets: Sequence[Target],
    requests: Sequence[BaseModel],
    on_start: OnStart = lambda _: None,
) -> Orchestration[list[Any]]:
    """Starts a child for each request; returns their outputs in this order.

    Our children return their failures. One that the host reports as failed, since its worker died, is started again
    under another id. Where that never helps, the output is the `Failure`.
    """
    patience = Patience(run.context)
    outputs: dict[int, Any] = {}
    missing = list(range(len(requests)))
    for attempt in itertools.count(1):
        ids = run.begin_children(orchestrator, [targets[index] for index in missing], attempt)
        on_start(dict(zip(missing, ids, strict=True)))
        settled = yield from settle(
            run.context,
            [
                run.context.call_sub_orchestrator(
                    orchestrator, requests[index].model_dump(mode="json"), child
                )
                for index, child in zip(missing, ids, strict=True)
            ],
        )
        outputs |= dict(zip(missing, settled, strict=True))
        missing = [index for index, output in outputs.items() if isinstance(output, Exception)]
        if not missing:
            break
        for index in missing:
            log_lost_call(run.context, orchestrator, outputs[index])
        try:
            yield from patience.wait(lost_call(outputs[missing[0]]), run.show_waiting)
        except StepFailedError as error:
            outputs |= dict.fromkeys(missing, error.failure)
            break
    patience.end(run.show_waiting)
    return [outputs[index] for index in range(len(requests))]


def settle(context: df.DurableOrchestrationContext, tasks: list[Any]) -> Orchestration[list[Any]]:
    """Waits until every task has ended; returns each one's output, or its exception.

    `task_all` begins all of them and raises as soon as one fails. Then each is waited for by itself, for the host does
    not go on before all have ended either.
    """
    try:
        outputs: list[Any] = yield context.task_all(tasks)
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
