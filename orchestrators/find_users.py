"""Finds who uses versions, in a child orchestration: a scan reads many things side by side.

A worker that dies while several calls are in flight leaves a history that no rewind heals: their answers are lost (seen
on the embedded host, as on extension 3.19.0). A child is begun again under another id; its parent waits for one thing.
"""

import hashlib
import itertools

import azure.durable_functions as df

from domain import names
from domain.references.scan import Scan, ScanRequest
from domain.results import CurrentWait, StepResult, StepStatus, lost_call
from orchestrators.run.activity_calls import OnWait, Orchestration, Patience, StepFailedError
from orchestrators.run.log_lines import log_lost_call
from orchestrators.scan_references import scan_references

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.FIND_USERS)
def find_users(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Carries out the `ScanRequest`; returns a `StepResult` with the `Scan`."""

    def show(wait: CurrentWait | None) -> None:
        context.set_custom_status(StepStatus(waiting_for=wait).model_dump(mode="json"))

    result = StepResult[Scan]
    request = ScanRequest.model_validate(context.get_input())
    try:
        scan = yield from scan_references(context, request, show)
    except StepFailedError as error:
        return result(failure=error.failure).model_dump(mode="json")
    return result(value=scan).model_dump(mode="json")


def scan_in_child(
    context: df.DurableOrchestrationContext, request: ScanRequest, on_wait: OnWait
) -> Orchestration[Scan]:
    """Scans in a child orchestration, and in another one if the host reports that it failed.

    Raises:
        StepFailedError: the scan could not be made.
    """
    patience = Patience(context)
    for attempt in itertools.count(1):
        child = _child_id(context, request, attempt)
        try:
            reply = yield context.call_sub_orchestrator(
                names.FIND_USERS, request.model_dump(mode="json"), child
            )
            break
        except Exception as error:  # noqa: BLE001 # the SDK raises nothing narrower
            log_lost_call(context, names.FIND_USERS, error)
            lost = lost_call(error)
        yield from patience.wait(lost, on_wait)
    patience.end(on_wait)
    result = StepResult[Scan].model_validate(reply)
    if result.failure is not None or result.value is None:
        raise StepFailedError(result.failure or lost_call(Exception("no answer")).failure)
    return result.value


def _child_id(context: df.DurableOrchestrationContext, request: ScanRequest, attempt: int) -> str:
    """Another one for each scan of a run, and no prefix of what is listed or continued by itself."""
    text = f"{context.instance_id}\n{context.current_utc_datetime.isoformat()}\n{request.ids}"
    return f"users-{hashlib.sha256(text.encode()).hexdigest()[:32]}-{attempt}"
