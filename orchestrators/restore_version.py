"""Brings one version back up the ladder, and waits until Azure has done it."""

from datetime import timedelta

import azure.durable_functions as df

from domain import names
from domain.records.evidence import Evidence
from domain.results import CurrentWait
from domain.retention.restore import RestoreAnswer, RestoreStatus
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.records import record
from orchestrators.run.started import started_at

blueprint = df.Blueprint()

SECONDS_BEFORE_LOOK = 60
# recorded: each of its two updates takes two minutes and a half, at most eight
MOST_LOOKS = 40


@blueprint.orchestration_trigger(context_name="context", orchestration=names.RESTORE_VERSION)
def restore_version(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Restores the version of the `RestoreRequest`; custom status and output are a `RestoreStatus`."""
    status = RestoreStatus.model_validate(context.get_input())
    status.started_at = started_at(context, status)

    def show(wait: CurrentWait | None = None) -> None:
        status.waiting_for = wait
        context.set_custom_status(status.model_dump(mode="json"))

    show()
    try:
        for _ in range(MOST_LOOKS):
            status.at = context.current_utc_datetime
            answer = yield from call_activity(context, names.RESTORE, status, RestoreAnswer, show)
            status.message = answer.message
            status.found_on = status.found_on or answer.rung
            if answer.state != "working":
                break
            until = context.current_utc_datetime + timedelta(seconds=SECONDS_BEFORE_LOOK)
            show(CurrentWait(reason=answer.message, until=until))
            yield from sleep(context, SECONDS_BEFORE_LOOK)
        if answer.state == "done":
            status.state = "restored"
            yield from record(context, _evidence(context, status), show)
        else:
            status.state = "refused" if answer.state == "refused" else "failed"
    except StepFailedError as error:
        status.state, status.failure = "failed", error.failure
    show()
    return status.model_dump(mode="json")


def _evidence(context: df.DurableOrchestrationContext, status: RestoreStatus) -> Evidence:
    return Evidence(
        subject=str(status.version),
        kind="retention",
        at=context.current_utc_datetime,
        by=status.by,
        key=f"{status.started_at}/restore",
        details={"step": "restore", "state": "done", "found_on": status.found_on, "message": status.message},
    )
