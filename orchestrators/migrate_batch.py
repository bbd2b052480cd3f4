"""Migrates many images: looks at what runs, starts what may start, waits, and looks again."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df
from pydantic import RootModel

from domain import names
from domain.fleet.batch_records import BatchStep
from domain.fleet.batches import CANCEL_EVENT, Batch
from domain.fleet.states import BatchState
from domain.results import CurrentWait, Failure
from domain.starts import Start
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity
from orchestrators.run.started import started_at

blueprint = df.Blueprint()


class State(RootModel[dict[str, Any]]):
    """The state of a batch, unread."""


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_BATCH)
def migrate_batch(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Advances the `Batch` given as input by one step, and continues as new with it; returns the `Batch` at its end.

    Each execution takes one step, so that the history does not grow with the number of images. The state of thousands
    of images is carried unread: each replayed event would read it again. Cancelling ends the batch at once; running
    migrations continue.
    """
    given: Any = context.get_input()
    state = dict(given)
    state["started_at"] = started_at(context, Start.model_validate(state)).isoformat()
    state["now"] = context.current_utc_datetime.isoformat()
    try:
        step = yield from call_activity(context, names.ADVANCE_BATCH, State(state), BatchStep, _show_no_wait)
    except StepFailedError as error:
        return ended(state, BatchState.FAILED, error.failure)
    context.set_custom_status(step.pause.progress.model_dump(mode="json"))
    if step.pause.done:
        return ended(step.state, BatchState.COMPLETED)
    timer: Any = context.create_timer(context.current_utc_datetime + timedelta(seconds=step.pause.seconds))
    cancel = context.wait_for_external_event(CANCEL_EVENT)
    winner = yield context.task_any([timer, cancel])
    if winner is cancel:
        timer.cancel()
        return ended(step.state, BatchState.CANCELLED)
    context.continue_as_new(step.state)
    return None


def ended(state: dict[str, Any], as_state: BatchState, failure: Failure | None = None) -> dict[str, Any]:
    """The output of the orchestration."""
    return Batch.model_validate(state).ended(as_state, failure).model_dump(mode="json")


def _show_no_wait(_wait: CurrentWait | None) -> None:
    """The custom status of a batch is its progress."""
