"""Brings published versions to every region: looks, heals and widens until all have it or patience ends.

An execution waits once, for the next look or for a hint that Azure has finished, and then looks once. A hint comes from
Azure or from the batch. The migration continues as new between two looks: its history stays short, and the SDK keeps
one event of a name per execution.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.migration.durations import Duration
from domain.migration.hints import LOOK_EVENT, PROMPT_SECONDS, Hint, HintOutcome
from domain.migration.replication import (
    RegionsRequest,
    RegionsUpdate,
    ReplicationReport,
    Watch,
    out_of_patience,
    unprotected,
)
from domain.migration.rollout_steps import RolloutStep, last_write, next_step
from domain.migration.schedule import next_look_seconds
from domain.migration.states import MigrationState
from domain.migration.target import Target
from domain.results import ActivityResult, CurrentWait, RetryLater
from orchestrators.run.activity_calls import (
    MOST_WAITS,
    Orchestration,
    StepFailedError,
    call_activity,
    call_each_once,
    call_once,
    wait_seconds,
)
from orchestrators.run.migration_run import MigrationRun


def begin_watches(run: MigrationRun, targets: Sequence[Target], *, batch_looks: bool = False) -> None:
    """Begins to watch the targets whose versions were written or found."""
    for target in targets:
        if target.failure is None:
            target.move(MigrationState.REPLICATING)
            target.begin_watch(run.context.current_utc_datetime, batch_looks=batch_looks)
    run.show_targets(targets)


def look(run: MigrationRun, targets: Sequence[Target]) -> Orchestration[bool]:
    """Waits for the next look, and looks; returns whether every version is in all of its regions or has failed."""
    watched = [target for target in targets if target.is_watched]
    if not watched:
        return True
    first = min(_watch(target).due for target in watched)
    is_announced = all(_watch(target).hints.proven for target in watched)
    run.show_next_look(None if is_announced else _shown(watched, first, run.context.current_utc_datetime))
    hint = yield from _wait(run, first)
    # what is shown from here on is this look; the next one is shown when it is known
    run.status.next_look = None
    now = run.context.current_utc_datetime
    # timers come up to a second early (seen on the extension 3.19.0)
    due = [target for target in watched if hint or _watch(target).due <= max(now, first)]
    if hint is not None and len(due) == 1:
        due[0].watch = _watch(due[0]).known_not_done_at(hint.not_done_at, now)
    looks = yield from call_each_once(
        run.context,
        names.GET_REPLICATION_STATUS,
        [_watch(target).query(now) for target in due],
        ReplicationReport,
    )
    for target, seen in zip(due, looks, strict=True):
        before = _watch(target)
        yield from _take_in(run, target, seen)
        if target.report is not None and target.report.completed:
            _remember(run, target, before, hinted=hint is not None and hint.not_done_at is None)
    return not any(target.is_watched for target in targets)


def _remember(run: MigrationRun, target: Target, watch: Watch, *, hinted: bool) -> None:
    """Tells the entities how the watch over a version that this run had made ended, where that is worth a write."""
    if target.status.outcome != "created":
        return
    now, definition = run.context.current_utc_datetime, target.definition
    since = now - watch.last_seen_at
    # without a hint, one may still be on its way if the version was done just now
    is_known = hinted or since > timedelta(seconds=PROMPT_SECONDS)
    if is_known and watch.hints.is_changed_by(hinted):
        outcome = HintOutcome(hit=hinted)
        gallery = df.EntityId(names.GALLERY_HINTS, definition.gallery.digest)
        run.context.signal_entity(gallery, names.NOTE, outcome.model_dump(mode="json"))
    seconds, regions = watch.seconds_until_done(now, hinted=hinted), len(target.rollout.regions)
    # of a version that was made in waves, only the last write is known
    if watch.written_at == watch.started_at and target.memory.is_news(seconds, regions):
        took = Duration(seconds=seconds, size_gb=target.memory.size_gb, regions=regions)
        durations = df.EntityId(names.DEFINITION_DURATIONS, definition.digest)
        run.context.signal_entity(durations, names.NOTE_DURATION, took.model_dump(mode="json"))


def _watch(target: Target) -> Watch:
    assert target.watch is not None  # noqa: S101 # only watched targets are looked at
    return target.watch


def _shown(watched: Sequence[Target], first: datetime, now: datetime) -> datetime:
    """When the next look comes, the batch's among them: it looks when each would look alone."""
    alone = (
        now + timedelta(seconds=next_look_seconds(_watch(target), now, alone=True))
        for target in watched
        if _watch(target).batch_looks
    )
    return min([first, *alone])


def _wait(run: MigrationRun, until: datetime) -> Orchestration[Hint | None]:
    """Waits on a durable timer or for a hint; returns the hint if there was one."""
    if until <= run.context.current_utc_datetime:
        return None
    timer: Any = run.context.create_timer(until)
    hint = run.context.wait_for_external_event(LOOK_EVENT)
    winner = yield run.context.task_any([timer, hint])
    if winner is hint:
        timer.cancel()
        return Hint.read(hint.result)
    return None


def _take_in(
    run: MigrationRun, target: Target, seen: ActivityResult[ReplicationReport]
) -> Orchestration[None]:
    """Takes in a look at one version, and does what its rollout needs."""
    now = run.context.current_utc_datetime
    watch = _watch(target).without_time_away(now)
    # a look that cannot be answered is repeated at the next look, within the same patience
    report = seen.value or ReplicationReport.unknown(watch.region_names, seen.failure)
    if seen.value is not None:
        run.show_report(target, report)
    step = next_step(report, watch.rollout, watch.state, now)
    after = watch.after_look(report, step.state, now)
    if step.kind == "end":
        yield from _leave(run, target, after, report)
        return
    failure = out_of_patience(after, report, now)
    if failure is not None:
        yield from _leave(run, target, after, report.failed(failure))
        return
    if step.kind == "change":
        yield from _change(run, target, after, step, report)
        return
    seconds = next_look_seconds(after, now)
    if seen.retry_later is not None:
        seconds = max(seconds, seen.retry_later.retry_after_seconds or 0)
        _show_waiting(run, seen.retry_later, seconds)
    target.watch = after.due_in(seconds, now)


def _change(
    run: MigrationRun, target: Target, after: Watch, step: RolloutStep, report: ReplicationReport
) -> Orchestration[None]:
    """Changes the version's regions. If Azure puts the write off, the next look decides again."""
    before = _watch(target)
    changed = yield from call_once(run.context, names.UPDATE_REGIONS, _request(after, step), RegionsUpdate)
    now = run.context.current_utc_datetime
    if changed.value is not None:
        after = after.following(changed.value, now)
        target.watch = after.due_in(next_look_seconds(after, now), now)
        return
    retry = changed.retry_later
    if retry is None or before.refusals >= MOST_WAITS:
        failure = retry.failure if retry else changed.failure
        yield from _leave(run, target, after, report.failed(failure) if failure else report)
        return
    after = after.put_off(before, counts=not retry.throttled)
    seconds = wait_seconds(run.context.instance_id, max(after.refusals, 1), retry)
    _show_waiting(run, retry, seconds)
    target.watch = after.due_in(seconds, now)


def _request(watch: Watch, step: RolloutStep) -> RegionsRequest:
    return RegionsRequest(
        version_id=watch.version_id,
        put=step.put,
        remove=step.remove,
        protect=step.protect,
        repeat=step.repeat,
    )


def _leave(run: MigrationRun, target: Target, watch: Watch, report: ReplicationReport) -> Orchestration[None]:
    """Leaves the version as it was found: with its regions, and protected. The target keeps the last report."""
    step = None if report.differs else last_write(watch.state, watch.rollout)
    if step is not None:
        try:
            yield from call_activity(
                run.context, names.UPDATE_REGIONS, _request(watch, step), RegionsUpdate, run.show_waiting
            )
        except StepFailedError as error:
            report = report.failed(unprotected(report.explain(), watch.version_id, error.failure))
    if watch.objection and report.failure is None:
        report = report.failed(watch.objection)
    target.report = report
    run.show_report(target, report)


def _show_waiting(run: MigrationRun, retry: RetryLater, seconds: float) -> None:
    until = run.context.current_utc_datetime + timedelta(seconds=seconds)
    run.show_waiting(CurrentWait(reason=retry.reason, until=until, throttled=retry.throttled))
