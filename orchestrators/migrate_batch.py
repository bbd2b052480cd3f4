"""Migrates many images, oldest first: looks at what runs, starts what may start, waits, and looks again."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.fleet.batch_records import BatchProgress
from domain.fleet.batches import CANCEL_EVENT, Batch
from domain.fleet.states import BatchState
from domain.results import CurrentWait
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity
from orchestrators.run.started import started_at

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.MIGRATE_BATCH)
def migrate_batch(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Advances the `Batch` given as input by one step, and continues as new with it; returns the `Batch` at its end.

    Each execution takes one step, so that the history does not grow with the number of images. Cancelling ends the
    batch at once; running migrations continue.
    """
    batch = Batch.model_validate(context.get_input())
    batch.started_at = started_at(context, batch)
    batch.now = context.current_utc_datetime
    try:
        batch = yield from call_activity(context, names.ADVANCE_BATCH, batch, Batch, _show_no_wait)
    except StepFailedError as error:
        return batch.ended(BatchState.FAILED, error.failure).model_dump(mode="json")
    context.set_custom_status(BatchProgress.of(batch).model_dump(mode="json"))
    if batch.done:
        return batch.ended(BatchState.COMPLETED).model_dump(mode="json")
    timer: Any = context.create_timer(context.current_utc_datetime + timedelta(seconds=batch.pause_seconds))
    cancel = context.wait_for_external_event(CANCEL_EVENT)
    winner = yield context.task_any([timer, cancel])
    if winner is cancel:
        timer.cancel()
        return batch.ended(BatchState.CANCELLED).model_dump(mode="json")
    context.continue_as_new(batch.model_dump(mode="json"))
    return None


def _show_no_wait(_wait: CurrentWait | None) -> None:
    """The custom status of a batch is its progress."""
