"""Brings published versions to every region: looks, heals and widens until all have it or patience ends."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import azure.durable_functions as df

from domain import names
from domain.migration.custom_status import report_status
from domain.migration.replication import (
    RegionsRequest,
    RegionsUpdate,
    ReplicateRequest,
    ReplicationReport,
    StatusRequest,
    next_look_seconds,
    out_of_patience,
    unprotected,
)
from domain.migration.rollout_steps import RolloutStep, last_write, next_step
from domain.migration.states import MigrationState
from domain.results import ActivityResult, CurrentWait, Failure
from orchestrators.run.activity_calls import (
    Orchestration,
    StepFailedError,
    call_activity,
    call_once,
    sleep,
)
from orchestrators.run.children import call_children
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.target import Target

blueprint = df.Blueprint()

# a look takes about six events of history: these bounds keep an execution's history at a few hundred
LOOKS_PER_EXECUTION = 20
LOOKS_IN_MIGRATION = 40

Show = Callable[[ReplicationReport], None]


def replicate_versions(run: MigrationRun, targets: Sequence[Target]) -> Orchestration[None]:
    """Waits until every version is in all of its regions, or has failed; the targets get their last report.

    One version is watched here. Several are watched side by side by child orchestrations. So is one that takes long:
    `replicate_version` bounds its history by continuing as new, which the migration cannot do midway.
    """
    published = [target for target in targets if target.failure is None]
    for target in published:
        target.move(MigrationState.REPLICATING)
    run.show_targets(targets)
    requests = [_request(run.context, target) for target in published]
    if len(published) == 1:
        target, request = published[0], requests[0]
        watched = yield from _watch(
            run.context, request, lambda report: run.show_report(target, report), LOOKS_IN_MIGRATION
        )
        if isinstance(watched, ReplicationReport):
            target.report = watched
            return
        requests = [watched]
    if published:
        yield from _watch_by_children(run, published, requests)


def _request(context: df.DurableOrchestrationContext, target: Target) -> ReplicateRequest:
    assert target.status.version_id is not None  # noqa: S101 # only published targets are replicated
    return ReplicateRequest(
        version_id=target.status.version_id,
        operation_url=target.operation_url,
        expected=target.expected,
        rollout=target.rollout,
        pace=target.pace,
        started_at=context.current_utc_datetime,
    )


def _watch_by_children(
    run: MigrationRun, targets: Sequence[Target], requests: Sequence[ReplicateRequest]
) -> Orchestration[None]:
    def show(children: Mapping[int, str]) -> None:
        for index, child in children.items():
            targets[index].status.watched_by = child
        run.show_targets(targets)

    replies = yield from call_children(run, names.REPLICATE_VERSION, targets, requests, show)
    for target, request, reply in zip(targets, requests, replies, strict=True):
        if isinstance(reply, Failure):
            target.report = ReplicationReport.unknown(request.region_names, reply)
        else:
            target.report = ReplicationReport.model_validate(reply)
            target.status = target.status.with_regions(target.report.regions)


@blueprint.orchestration_trigger(context_name="context", orchestration=names.REPLICATE_VERSION)
def replicate_version(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Replicates one version; the input is a `ReplicateRequest`, the output and custom status a `ReplicationReport`."""
    request = ReplicateRequest.model_validate(context.get_input())
    watched = yield from _watch(
        context,
        request,
        lambda report: context.set_custom_status(report_status(report)),
        LOOKS_PER_EXECUTION,
    )
    if isinstance(watched, ReplicationReport):
        return watched.model_dump(mode="json")
    context.continue_as_new(watched.model_dump(mode="json"))
    return None


def _watch(
    context: df.DurableOrchestrationContext, request: ReplicateRequest, show: Show, looks: int
) -> Orchestration[ReplicationReport | ReplicateRequest]:
    """Looks at the version and does what its rollout needs; returns the last report.

    Returns, if the rollout has not ended after `looks` looks, the request with which to continue.
    """
    latest = ReplicationReport.unknown(request.region_names, None)
    due = context.current_utc_datetime
    for _ in range(looks):
        look = yield from _look(context, request)
        request = request.without_time_away(due, context.current_utc_datetime)
        report = look.value or ReplicationReport.unknown(request.region_names, look.failure)
        if look.value is not None:
            latest = report
            show(latest)
        step = next_step(report, request.rollout, request.state, context.current_utc_datetime)
        request = request.after_look(report, step.state)
        if step.kind == "end":
            return (yield from _leave(context, request, report, show))
        failure = out_of_patience(request, report, context.current_utc_datetime)
        if failure is not None:
            return (yield from _leave(context, request, report.failed(failure), show))
        if step.kind == "change":
            try:
                update = yield from _change_regions(context, request, step, latest, show)
            except StepFailedError as error:
                return (yield from _leave(context, request, report.failed(error.failure), show))
            request = request.following(update)
        due = yield from _wait_for_next_look(context, request, look, latest, show)
    return request


def _look(
    context: df.DurableOrchestrationContext, request: ReplicateRequest
) -> Orchestration[ActivityResult[ReplicationReport]]:
    """Looks once: a look that cannot be answered is repeated at the next look, within the same patience."""
    query = StatusRequest(
        version_id=request.version_id,
        operation_url=request.operation_url,
        regions=request.region_names,
        expected=request.expected,
    )
    return (yield from call_once(context, names.GET_REPLICATION_STATUS, query, ReplicationReport))


def _change_regions(
    context: df.DurableOrchestrationContext,
    request: ReplicateRequest,
    step: RolloutStep,
    latest: ReplicationReport,
    show: Show,
) -> Orchestration[RegionsUpdate]:
    """Changes the version's regions; returns the operation to follow, and what the version must have kept."""
    change = RegionsRequest(
        version_id=request.version_id,
        put=step.put,
        remove=step.remove,
        protect=step.protect,
        repeat=step.repeat,
    )
    return (
        yield from call_activity(
            context, names.UPDATE_REGIONS, change, RegionsUpdate, lambda wait: show(latest.waiting(wait))
        )
    )


def _leave(
    context: df.DurableOrchestrationContext, request: ReplicateRequest, report: ReplicationReport, show: Show
) -> Orchestration[ReplicationReport]:
    """Leaves the version as it was found: with its regions, and protected. Returns the last report."""
    step = None if report.differs else last_write(request.state, request.rollout)
    if step is not None:
        try:
            yield from _change_regions(context, request, step, report, show)
        except StepFailedError as error:
            report = report.failed(unprotected(report.explain(), request.version_id, error.failure))
    return report.failed(request.objection) if request.objection and report.failure is None else report


def _wait_for_next_look(
    context: df.DurableOrchestrationContext,
    request: ReplicateRequest,
    look: ActivityResult[ReplicationReport],
    latest: ReplicationReport,
    show: Show,
) -> Orchestration[datetime]:
    """Waits; returns when the next look is due."""
    now = context.current_utc_datetime
    seconds = next_look_seconds(request, now)
    if look.retry_later is not None:
        seconds = max(seconds, look.retry_later.retry_after_seconds or 0)
        until = now + timedelta(seconds=seconds)
        show(latest.waiting(CurrentWait(reason=look.retry_later.reason, until=until)))
    yield from sleep(context, seconds)
    return now + timedelta(seconds=seconds)
