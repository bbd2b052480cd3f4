"""Applies retention to one definition: reads, decides, and takes one version after the other a step down the ladder.

plan -> who uses the candidates -> plan again -> for each step: who uses it now -> take it -> confirm it -> record it

Each execution takes one step, so that the history stays short.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.records.evidence import Evidence
from domain.records.notices import Notice
from domain.references.scan import ScanRequest
from domain.resources.ids import ImageVersionId
from domain.results import CurrentWait
from domain.retention.decide import References
from domain.retention.run import (
    CANCEL_EVENT,
    Confirmation,
    PlannedStep,
    PlanRequest,
    RetentionPlan,
    RetentionRun,
    RetentionState,
    StepAnswer,
    StepRecord,
    StepRequest,
)
from domain.retention.users import references_of
from orchestrators.find_users import scan_in_child
from orchestrators.run.activity_calls import OnWait, Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.records import announce, record
from orchestrators.run.started import started_at

blueprint = df.Blueprint()

# recorded: an update of a version takes two minutes and a half, a deletion one and a half
SECONDS_BEFORE_LOOK = 60
MOST_LOOKS = 30
# between two versions: in it a cancellation is seen
PAUSE_SECONDS = 5


@blueprint.orchestration_trigger(context_name="context", orchestration=names.APPLY_RETENTION)
def apply_retention(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Applies the policy's retention to the definition of the `RetentionRequest`; returns the `RetentionRun`."""
    run = RetentionRun.model_validate(context.get_input())
    run.started_at = started_at(context, run)

    def show(wait: CurrentWait | None = None) -> None:
        run.waiting_for = wait
        context.set_custom_status(run.shown())

    show()
    try:
        if run.plan is None:
            plan = yield from _decide(context, run, show)
            run = run.with_plan(plan)
        else:
            planned, *run.pending = run.pending
            taken = yield from _take(context, run, planned, show)
            run.steps.append(taken)
    except StepFailedError as error:
        return _end(context, run.ended(RetentionState.FAILED, error.failure))
    show()
    if run.finished:
        return _end(context, run.ended(RetentionState.DONE))
    if (yield from _is_cancelled(context)):
        return _end(context, run.ended(RetentionState.CANCELLED))
    context.continue_as_new(run.model_dump(mode="json"))
    return None


def _decide(
    context: df.DurableOrchestrationContext, run: RetentionRun, on_wait: OnWait
) -> Orchestration[RetentionPlan]:
    """The plan, once the users of its candidates are known."""
    query = PlanRequest(definition=run.definition, now=context.current_utc_datetime)
    plan = yield from call_activity(context, names.PLAN_RETENTION, query, RetentionPlan, on_wait)
    if plan is None:
        reason = "the definition does not exist any more"
        return RetentionPlan(definition=run.definition, at=query.now, reason=reason)
    if not plan.to_scan:
        return plan
    query.references = yield from _look_for_users(context, plan.to_scan, on_wait)
    query.now = context.current_utc_datetime
    plan = yield from call_activity(context, names.PLAN_RETENTION, query, RetentionPlan, on_wait)
    return plan or RetentionPlan(definition=run.definition, at=query.now)


def _take(
    context: df.DurableOrchestrationContext, run: RetentionRun, planned: PlannedStep, on_wait: OnWait
) -> Orchestration[StepRecord]:
    """Takes one step. A version that cannot take it is left, with the reason; the others go on."""
    try:
        request = yield from _request(context, run, planned, on_wait)
        answer = yield from call_activity(context, names.TAKE_RETENTION_STEP, request, StepAnswer, on_wait)
        if not answer.begun:
            return _record_of(context, planned, "left", answer.left)
    except StepFailedError as error:
        return _record_of(context, planned, "left", error.failure.message)
    try:
        confirmation = yield from _confirm(context, request, on_wait)
        if not confirmation.done:
            reason = confirmation.failed or "it is not done yet; the next run sees whether it is"
            return _record_of(context, planned, "unconfirmed", reason)
        yield from record(context, _evidence(context, request, confirmation), on_wait)
    except StepFailedError as error:
        return _record_of(context, planned, "unconfirmed", error.failure.message)
    yield from announce(context, _notice(context, run, request))
    return _record_of(context, planned, "taken")


def _request(
    context: df.DurableOrchestrationContext, run: RetentionRun, planned: PlannedStep, on_wait: OnWait
) -> Orchestration[StepRequest]:
    """The step, with the users that a scan finds right before it."""
    begun_at = context.current_utc_datetime
    references = yield from _look_for_users(context, [planned.version], on_wait)
    assert run.plan is not None  # noqa: S101 # a step comes from a plan
    assert run.started_at is not None  # noqa: S101 # set at the beginning of each execution
    return StepRequest(
        definition=run.definition,
        version=planned.version,
        step=planned.step,
        run=run.started_at.isoformat(),
        by=run.started_by,
        begun_at=begun_at,
        now=context.current_utc_datetime,
        references=references,
        old_replicas=run.plan.rules.old_replicas,
    )


def _look_for_users(
    context: df.DurableOrchestrationContext, versions: Sequence[ImageVersionId], on_wait: OnWait
) -> Orchestration[References]:
    """Who uses these versions. What could not be read at all is unknown, and that keeps them."""
    request = ScanRequest(ids=[str(version) for version in versions])
    try:
        scan = yield from scan_in_child(context, request, on_wait)
    except StepFailedError as error:
        return References(unread=[error.failure.message])
    return references_of(scan, versions)


def _confirm(
    context: df.DurableOrchestrationContext, request: StepRequest, on_wait: OnWait
) -> Orchestration[Confirmation]:
    """Looks until the step is done, or cannot be."""
    confirmation = Confirmation()
    for _ in range(MOST_LOOKS):
        until = context.current_utc_datetime + timedelta(seconds=SECONDS_BEFORE_LOOK)
        on_wait(CurrentWait(reason=f"Azure carries out: {request.step} {request.version.name}", until=until))
        yield from sleep(context, SECONDS_BEFORE_LOOK)
        confirmation = yield from call_activity(
            context, names.CONFIRM_RETENTION_STEP, request, Confirmation, on_wait
        )
        if confirmation.done or confirmation.failed:
            break
    on_wait(None)
    return confirmation


def _is_cancelled(context: df.DurableOrchestrationContext) -> Orchestration[bool]:
    """Whether somebody cancels the run between two versions."""
    timer: Any = context.create_timer(context.current_utc_datetime + timedelta(seconds=PAUSE_SECONDS))
    cancel = context.wait_for_external_event(CANCEL_EVENT)
    winner = yield context.task_any([timer, cancel])
    if winner is cancel:
        timer.cancel()
        return True
    return False


def _evidence(
    context: df.DurableOrchestrationContext, request: StepRequest, confirmation: Confirmation
) -> Evidence:
    return Evidence(
        subject=str(request.version),
        kind="retention",
        at=context.current_utc_datetime,
        by=request.by,
        key=f"{request.run}/{request.step}/done",
        details={
            "step": request.step,
            "state": "done",
            "begun_at": request.begun_at.isoformat(),
            **confirmation.details,
        },
    )


def _notice(context: df.DurableOrchestrationContext, run: RetentionRun, request: StepRequest) -> Notice:
    assert run.plan is not None  # noqa: S101 # a step comes from a plan
    return Notice(
        type="retention.step",
        subject=str(request.version),
        at=context.current_utc_datetime,
        key=f"{request.run}/{request.step}",
        data={"step": request.step, "by": request.by, "soft_delete": run.plan.soft_delete},
        targets=run.plan.notify,
    )


def _record_of(
    context: df.DurableOrchestrationContext, planned: PlannedStep, outcome: str, reason: str = ""
) -> StepRecord:
    return StepRecord.model_validate(
        {
            "version": planned.version,
            "step": planned.step,
            "outcome": outcome,
            "reason": reason,
            "at": context.current_utc_datetime,
        }
    )


def _end(context: df.DurableOrchestrationContext, run: RetentionRun) -> object:
    context.set_custom_status(run.shown())
    return run.model_dump(mode="json")
