"""Writes the exclusion flags of a ring, waits until Azure has finished, and reads back what `latest` resolves to."""

from datetime import timedelta

from domain import names
from domain.promotion.flags import FlagChange, merged_changes
from domain.promotion.latest import latest_of
from domain.promotion.report import ExclusionsReport, ExclusionsRequest, LookRequest, PromotionReport
from domain.promotion.states import PromotionState
from domain.promotion.steps import election_changes, promotion_changes
from domain.promotion.verdict import FLAGS_CHANGED
from domain.resources.ids import does_not_exist
from domain.results import Failure
from orchestrators.run.activity_calls import (
    Orchestration,
    StepFailedError,
    call_activity,
    call_once,
    sleep,
)
from orchestrators.run.promotion_run import PromotionRun

# recorded: an update of a version takes minutes
SECONDS_AFTER_WRITE = 30
# Azure may replicate the version to more regions for hours, and writes nothing else meanwhile
MOST_TRIES = 20
_NOT_YET = "NotYet"
CHANGED_FIX = (
    "Find out who changed it and why. Resume goes on from what is there, abort ends the promotion, rollback restores "
    "what was before it."
)


def write_ring(run: PromotionRun) -> Orchestration[None]:
    """Makes the version `latest` in the current ring. Afterwards it bakes, or pauses if the read-back differs."""
    status, ring = run.status, run.status.current_ring
    report = yield from look_at(run)
    begun_at = run.context.current_utc_datetime
    differences: list[str] = []
    for change in _changes(run, report):
        # kept before it is written, so that a rollback restores it whatever happens
        status.written = merged_changes(status.written, [change])
        run.show()
        written = yield from write(run, change)
        differences += change.differences(written.flags) if written.flags else []
    report = yield from look_at(run)
    yield from run.note_latest(report.latest, ours=True)
    latest = latest_of(report.latest)
    differences += [
        f"latest in {region} is {latest[region] or 'nothing'}, not {status.version_id.name}"
        for region in ring
        if region in latest and latest[region] != status.version_id.name
    ]
    status.promoted |= {
        region: begun_at
        for region in ring
        if latest.get(region, status.version_id.name) == status.version_id.name
    }
    status.bake_until = run.context.current_utc_datetime + timedelta(hours=status.bake_hours)
    yield from run.announce("promotion.ring-promoted", f"ring {status.ring}", {"latest": latest})
    run.log("ring promoted")
    if differences:
        reason = f"{FLAGS_CHANGED}: the read-back differs: {'; '.join(differences)}"
        status.warn(reason)
        run.pause(reason, CHANGED_FIX)
        return
    run.move(PromotionState.BAKING)
    run.wait_for(f"ring {status.ring} bakes: {', '.join(ring)}", 0)


def _changes(run: PromotionRun, report: PromotionReport) -> list[FlagChange]:
    status = run.status
    own = report.flags_of(status.version_id)
    if own is None:
        raise StepFailedError(
            Failure(
                code="VersionGone",
                message=does_not_exist(status.version_id),
                cause="Somebody deleted it.",
                fix="Promote another version.",
            )
        )
    if status.action == "elect":
        others = [one for one in report.flags if one.version != own.version]
        return election_changes(own, others, status.current_ring, last=status.is_last_ring)
    return promotion_changes(own, status.current_ring, last=status.is_last_ring)


def write(
    run: PromotionRun, change: FlagChange, *, restores: bool = False
) -> Orchestration[ExclusionsReport]:
    """Writes a change and waits until Azure has finished; returns the flags as they are then.

    Raises:
        StepFailedError: the write was refused or failed, or Azure worked on the version for too long.
    """
    request = ExclusionsRequest(change=change, restores=restores)
    report = yield from _patiently(run, names.SET_EXCLUSIONS, request)
    if report.refused is None and report.written:
        yield from sleep(run.context, SECONDS_AFTER_WRITE)
        request.operation_url = report.operation_url
        report = yield from _patiently(run, names.READ_EXCLUSIONS, request)
    if report.refused is not None:
        raise StepFailedError(report.refused)
    return report


def _patiently(
    run: PromotionRun, activity: str, request: ExclusionsRequest
) -> Orchestration[ExclusionsReport]:
    """Calls an activity while Azure works on the version, for about a day."""
    for _ in range(MOST_TRIES):
        try:
            return (
                yield from call_activity(run.context, activity, request, ExclusionsReport, run.show_waiting)
            )
        except StepFailedError as error:
            if error.failure.code != _NOT_YET:
                raise
            refusal = error
    raise refusal


def look_request(run: PromotionRun, *, counts_running: bool = False) -> LookRequest:
    """What a look at this promotion reads."""
    status = run.status
    return LookRequest(
        version_id=status.version_id,
        touched=status.touched,
        since=status.promoted if status.action == "promote" else {},
        counts_running=counts_running,
    )


def look_at(run: PromotionRun, *, counts_running: bool = False) -> Orchestration[PromotionReport]:
    """Looks, and waits while Azure does not answer.

    Raises:
        StepFailedError: Azure did not answer for too long.
    """
    request = look_request(run, counts_running=counts_running)
    return (
        yield from call_activity(
            run.context, names.LOOK_AT_PROMOTION, request, PromotionReport, run.show_waiting
        )
    )


def look_once(run: PromotionRun) -> Orchestration[tuple[PromotionReport | None, str]]:
    """Looks once; returns no report, and why, if Azure does not answer: the next look may tell."""
    result = yield from call_once(run.context, names.LOOK_AT_PROMOTION, look_request(run), PromotionReport)
    if result.value is not None:
        return result.value, ""
    failure = result.failure or (result.retry_later and result.retry_later.failure)
    return None, failure.message if failure else "no answer"


def accept_changes(run: PromotionRun) -> Orchestration[None]:
    """Takes what others changed as it is: a person said that the promotion goes on."""
    status = run.status
    report = yield from look_at(run)
    yield from run.note_latest(report.latest, ours=False)
    latest = latest_of(report.latest)
    accepted = []
    for change in status.written:
        flags = report.flags_of(change.version)
        if flags is not None:
            regions = {name: flags.regions[name] for name in change.regions if name in flags.regions}
            own = None if change.own is None else flags.own
            accepted.append(FlagChange(version=change.version, own=own, regions=regions))
    status.written = accepted
    lost = [
        region for region in status.promoted if region in latest and latest[region] != status.version_id.name
    ]
    for region in lost:
        status.warn(
            f"{region} was promoted and is not any more: somebody else changed it, and a person resumed"
        )
        del status.promoted[region]
    status.taken_back = sorted({*status.taken_back, *lost})
