"""Runs child orchestrations side by side, and starts again those that the host reports as failed."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from domain.migration.target import Child
from domain.results import lost_call
from orchestrators.run.activity_calls import Orchestration, Patience, StepFailedError, settle
from orchestrators.run.log_lines import log_lost_call
from orchestrators.run.migration_run import MigrationRun

# called with the instance ids of the children that were started, by their position
OnStart = Callable[[Mapping[int, str]], None]


def call_children(
    run: MigrationRun,
    orchestrator: str,
    children: Sequence[Child],
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
        ids = run.begin_children(orchestrator, [children[index] for index in missing], attempt)
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
