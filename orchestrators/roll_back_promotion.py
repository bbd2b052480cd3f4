"""Restores exactly the flags that were before a promotion or an election, region by region."""

from domain.promotion.flags import VersionFlags
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionEnd
from domain.promotion.steps import cannot_be_restored, restoring_changes
from orchestrators.run.activity_calls import Orchestration
from orchestrators.run.flag_writes import look_at, write
from orchestrators.run.promotion_run import PromotionRun


def roll_back(run: PromotionRun) -> Orchestration[PromotionEnd]:
    """Writes what the record says, and says how many machines still run the version: excluding brings nobody back.

    Raises:
        StepFailedError: a write was refused or failed.
    """
    if run.status.state is PromotionState.PLANNED:
        run.move(PromotionState.ROLLING_BACK)
        run.log("started")
        yield from run.announce("promotion.started", "rollback")
    status = run.status
    report = yield from look_at(run)
    for change in status.written:
        flags = report.flags_of(change.version)
        if flags is not None:
            status.warn(*(f"changed by somebody else meanwhile: {one}" for one in change.differences(flags)))
    status.warn(*cannot_be_restored(status.before, report.flags))
    for change in restoring_changes(status.before, report.flags):
        written = yield from write(run, change, restores=True)
        if written.flags is not None:
            status.warn(*change.differences(written.flags))
    report = yield from look_at(run, counts_running=True)
    yield from run.note_latest(report.latest, ours=True)
    status.warn(*_left(status.before, report.flags))
    status.still_running = report.running
    status.warn(*(f"cannot be counted: {gap.where}: {gap.reason}" for gap in report.gaps))
    count = "an unknown number of" if report.running is None else str(report.running)
    reason = f"what was before {status.version_id.name} is latest again; {count} machines and instances still run it"
    fix = "Reimage or replace what still runs it." if report.running else None
    return PromotionEnd(PromotionState.ROLLED_BACK, reason, fix)


def _left(before: list[VersionFlags], after: list[VersionFlags]) -> list[str]:
    """What still differs from the record, in words."""
    now = {one.version: one for one in after}
    left = []
    for record in before:
        found = now.get(record.version)
        for region, flag in record.regions.items() if found else ():
            if found is not None and region in found.regions and found.regions[region] != flag:
                left.append(
                    f"{record.version.name} in {region} is {found.regions[region]}, and was {flag} before"
                )
    return left
