"""Many images, oldest first: looks at what runs, starts what may be started, waits, and looks again."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.fleet.batches import CANCEL_EVENT, BatchProgress, BatchState
from orchestrators.steps import StepFailedError, Steps, ask

blueprint = df.Blueprint()

LOOK_SECONDS = 30


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_BATCH)
def migrate_batch(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Carry the `BatchState` given as input one step further, and continue as new with what has become of it.

    Each execution holds one step only, so that the history of a batch never grows with the number of its images.
    Returns the state at the end; cancelling ends it at once, and leaves alone what runs.
    """
    state = BatchState.model_validate(context.get_input())
    try:
        state = yield from ask(context, names.ADVANCE_BATCH, state, BatchState)
    except StepFailedError as error:
        state.state, state.failure = "failed", error.failure
        return state.model_dump(mode="json")
    context.set_custom_status(BatchProgress.of(state).model_dump(mode="json"))
    if state.done:
        state.state = "completed"
        return state.model_dump(mode="json")
    timer: Any = context.create_timer(context.current_utc_datetime + timedelta(seconds=_pause(state)))
    cancel = context.wait_for_external_event(CANCEL_EVENT)
    winner = yield context.task_any([timer, cancel])
    if winner is cancel:
        timer.cancel()
        state.state = "cancelled"
        return state.model_dump(mode="json")
    context.continue_as_new(state.model_dump(mode="json"))
    return None


def _pause(state: BatchState) -> float:
    """A dry run has nothing to wait for but the next slice."""
    return 1 if state.request.dry_run or not state.running else LOOK_SECONDS
