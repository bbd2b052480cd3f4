"""Watches one image version until every region has it, the service gives up, or the deadline passes."""

from datetime import timedelta

import azure.durable_functions as df

from domain import contracts
from domain.contracts import Answer, Failure, ReplicationReport, StatusRequest, WatchRequest
from orchestrators.steps import Steps, sleep

blueprint = df.Blueprint()

# an execution's history stays under 5 events a look times this
LOOKS_PER_EXECUTION = 20
# a version that was just begun may be missing from an answer or two
LOOKS_FOR_A_MISSING_VERSION = 5


@blueprint.orchestration_trigger(context_name="context", orchestration=contracts.WATCH_REPLICATION)
def watch_replication(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Look at the version again and again; the custom status shows every region.

    Returns a `ReplicationReport`; a deadline that passed is its `failure`.
    """
    request = WatchRequest.model_validate(context.get_input())
    request.started_at = request.started_at or context.current_utc_datetime
    for _ in range(LOOKS_PER_EXECUTION):
        look = StatusRequest.model_validate(request.model_dump())
        reply = yield context.call_activity(contracts.GET_REPLICATION_STATUS, look.model_dump(mode="json"))
        answer = Answer[ReplicationReport].model_validate(reply)
        report = answer.value or ReplicationReport.unknown(request.regions, answer.failure)
        if answer.value is not None:
            context.set_custom_status(report.model_dump(mode="json"))
        request.looks_missing = request.looks_missing + 1 if report.provisioning_state == "Missing" else 0
        if not report.ended:
            report.failure = _patience_lost(context, request, report)
        if report.ended:
            return report.model_dump(mode="json")
        seconds = next_look_seconds(request, context.current_utc_datetime - request.started_at)
        wish = answer.wait.retry_after_seconds if answer.wait else None
        yield from sleep(context, max(seconds, wish or 0))
    context.continue_as_new(request.model_dump(mode="json"))
    return None


def next_look_seconds(request: WatchRequest, elapsed: timedelta) -> float:
    """A tenth of the time that has passed, within the policy's bounds: quick for small images, sparing for large."""
    longest = max(request.longest_poll_seconds, request.first_poll_seconds)
    return min(max(elapsed.total_seconds() / 10, request.first_poll_seconds), longest)


def _patience_lost(
    context: df.DurableOrchestrationContext, request: WatchRequest, report: ReplicationReport
) -> Failure | None:
    if request.looks_missing >= LOOKS_FOR_A_MISSING_VERSION:
        return Failure(
            code="VersionGone",
            message=f"the image version {request.version_id} does not exist any more",
            cause="Somebody deleted it while it was replicated.",
            fix="Start the migration again to make it anew.",
        )
    if context.current_utc_datetime < request.deadline:
        return None
    missing = ", ".join(region.region for region in report.regions if region.state != "Completed")
    return Failure(
        code="ReplicationDeadlinePassed",
        message=f"not replicated by {request.deadline.isoformat()}: {missing or 'the version is still being made'}",
        cause="The service took longer than the policy's deadline; it may still finish by itself.",
        fix="Start the migration again to go on watching, or raise replication.deadline_hours.",
    )
