"""Brings one image version to every region: watches, heals and widens it until all have it or patience ends."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.migration.replication import (
    RegionsRequest,
    RegionsUpdate,
    ReplicationReport,
    StatusRequest,
    Step,
    WatchRequest,
    next_step,
)
from domain.migration.results import Answer, Failure, Waiting
from orchestrators.steps import Show, StepFailedError, Steps, ask, sleep

blueprint = df.Blueprint()

# an execution's history stays under 5 events a look times this
LOOKS_PER_EXECUTION = 20
# a version that was just begun may be missing from an answer or two
LOOKS_FOR_A_MISSING_VERSION = 5


@blueprint.orchestration_trigger(context_name="context", orchestration=names.WATCH_REPLICATION)
def watch_replication(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Look at the version again and again, and do what its rollout needs; the custom status shows every region.

    Returns a `ReplicationReport`; a deadline that passed is its `failure`.
    """
    request = WatchRequest.model_validate(context.get_input())
    request.started_at = request.started_at or context.current_utc_datetime
    shown = ReplicationReport.unknown(request.region_names, None)
    for _ in range(LOOKS_PER_EXECUTION):
        reply = yield context.call_activity(names.GET_REPLICATION_STATUS, _look(request))
        answer = Answer[ReplicationReport].model_validate(reply)
        report = answer.value or ReplicationReport.unknown(request.region_names, answer.failure)
        if answer.value is not None:
            shown = report
            context.set_custom_status(report.model_dump(mode="json"))
        show = _showing(context, shown)
        step = next_step(report, request.rollout, request.state, context.current_utc_datetime)
        if step.kind == "end":
            return report.model_dump(mode="json")
        lost = _patience_lost(context, request, report)
        if lost is not None:
            return report.model_copy(update={"failure": lost}).model_dump(mode="json")
        try:
            yield from _carry_out(context, request, step, show)
        except StepFailedError as error:
            return report.model_copy(update={"failure": error.failure}).model_dump(mode="json")
        yield from _sleep_until_next_look(context, request, answer, show)
    context.continue_as_new(request.model_dump(mode="json"))
    return None


def _look(request: WatchRequest) -> dict[str, Any]:
    look = StatusRequest(
        version_id=request.version_id, operation_url=request.operation_url, regions=request.region_names
    )
    return look.model_dump(mode="json")


def _showing(context: df.DurableOrchestrationContext, report: ReplicationReport) -> Show:
    """Shows what is waited for beside the latest report."""

    def show(waiting: Waiting | None) -> None:
        context.set_custom_status(report.model_copy(update={"waiting_for": waiting}).model_dump(mode="json"))

    return show


def _carry_out(
    context: df.DurableOrchestrationContext, request: WatchRequest, step: Step, show: Show
) -> Steps[None]:
    """Change the version's regions if the step says so, and follow the operation that this begins."""
    request.state = step.state
    if step.kind == "change":
        change = RegionsRequest(version_id=request.version_id, put=step.put, remove=step.remove)
        update = yield from ask(context, names.UPDATE_REGIONS, change, RegionsUpdate, show)
        request.operation_url = update.operation_url


def _sleep_until_next_look(
    context: df.DurableOrchestrationContext,
    request: WatchRequest,
    answer: Answer[ReplicationReport],
    show: Show,
) -> Steps[None]:
    now = context.current_utc_datetime
    seconds = next_look_seconds(request, now - (request.started_at or now))
    if answer.wait is not None:
        seconds = max(seconds, answer.wait.retry_after_seconds or 0)
        show(Waiting(reason=answer.wait.reason, until=now + timedelta(seconds=seconds)))
    yield from sleep(context, seconds)


def next_look_seconds(request: WatchRequest, elapsed: timedelta) -> float:
    """A tenth of the time that has passed, within the policy's bounds: quick for small images, sparing for large."""
    longest = max(request.longest_poll_seconds, request.first_poll_seconds)
    return min(max(elapsed.total_seconds() / 10, request.first_poll_seconds), longest)


def _patience_lost(
    context: df.DurableOrchestrationContext, request: WatchRequest, report: ReplicationReport
) -> Failure | None:
    request.looks_missing = request.looks_missing + 1 if report.provisioning_state == "Missing" else 0
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
