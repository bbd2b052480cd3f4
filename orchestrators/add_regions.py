"""Brings versions that exist to more regions. The managed image that they were made from may be gone by now."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.migration.messages import AddRegionsRequest
from domain.migration.replication import RegionsRequest, RegionsUpdate, ReplicationReport, WatchRequest
from domain.migration.states import MigrationState
from domain.migration.status import TargetStatus
from domain.planning.rollout import Rollout
from domain.resources.galleries import TargetRegion
from orchestrators.progress import End, Progress
from orchestrators.steps import StepFailedError, Steps, ask

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.ADD_REGIONS)
def add_regions(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Widen the versions of the `AddRegionsRequest`; custom status and output are a `MigrationStatus`.

    It runs under the migration's own id, so that nothing else works on the same versions meanwhile. An event that
    comes while it runs is taken as done; an image that it told of is found by the sweep.
    """
    request = AddRegionsRequest.model_validate(context.get_input())
    progress = Progress(context, request)
    progress.move(MigrationState.PREPARING, rule=request.rule, fingerprint=request.fingerprint)
    progress.move(MigrationState.PUBLISHING)
    begun = []
    for target, watcher in zip(request.targets, _watchers(request, progress), strict=True):
        begun.append((yield from _widen(context, request, progress, target.watched(watcher))))
    progress.move(MigrationState.REPLICATING)
    progress.show_targets(begun)
    watched = [target for target in begun if target.failure is None]
    if watched:
        reports = yield context.task_all([_watch(context, request, target) for target in watched])
        ended = [
            target.ended(ReplicationReport.model_validate(report))
            for target, report in zip(watched, reports, strict=True)
        ]
        progress.show_targets(ended)
    end = End.of_targets(progress.status.targets)
    progress.move(end.state, **end.told)
    return progress.output()


def _watchers(request: AddRegionsRequest, progress: Progress) -> list[str]:
    return progress.step_ids("watch", range(len(request.targets)))


def _widen(
    context: df.DurableOrchestrationContext,
    request: AddRegionsRequest,
    progress: Progress,
    target: TargetStatus,
) -> Steps[TargetStatus]:
    """Ask for the regions; those that the version has already stay as they are."""
    change = RegionsRequest(version_id=_version(target), put=request.regions)
    try:
        update = yield from ask(context, names.UPDATE_REGIONS, change, RegionsUpdate, progress.show_waiting)
    except StepFailedError as error:
        return target.failed(error.failure)
    told = {"state": MigrationState.REPLICATING, "outcome": "updated", "failure": None}
    return target.model_copy(update={**told, "operation_url": update.operation_url})


def _watch(context: df.DurableOrchestrationContext, request: AddRegionsRequest, target: TargetStatus) -> Any:
    """Watch the regions that are added, and with them the version's own, which is never removed to be healed."""
    home = TargetRegion(name=target.regions[0].region)
    added = [region for region in request.regions if region.name != home.name]
    watch = WatchRequest(
        version_id=_version(target),
        operation_url=target.operation_url,
        rollout=Rollout(waves=[[home, *added]], heal_attempts=2, stuck_after_hours=6),
        deadline=context.current_utc_datetime + timedelta(hours=request.deadline_hours),
        first_poll_seconds=request.first_poll_seconds,
        longest_poll_seconds=request.longest_poll_seconds,
    )
    return context.call_sub_orchestrator(
        names.WATCH_REPLICATION, watch.model_dump(mode="json"), target.watched_by
    )


def _version(target: TargetStatus) -> Any:
    assert target.version_id is not None  # noqa: S101 # only versions that exist are asked for
    return target.version_id
