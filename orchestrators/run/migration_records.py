"""Records and announces the end of a migration. Neither can fail it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain import names
from domain.migration.records import migration_ended, migration_evidence, regions_replicated
from domain.migration.status import End
from domain.planning.checks.check import Check
from domain.records.evidence import Stored
from domain.records.notices import NoticeTargets
from domain.results import ActivityResult
from orchestrators.run.activity_calls import Call, Orchestration, call_together
from orchestrators.run.log_lines import log_lost_evidence
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.records import announce, record_soon


def record_versions(
    run: MigrationRun, begun_at: datetime, checks: Sequence[Check], beside: Call
) -> Orchestration[ActivityResult[Any]]:
    """Stores one record for each version, and makes a call beside; returns the call's result.

    Evidence that cannot be stored within minutes is logged: the version's tags remain.
    """
    context = run.context
    records = migration_evidence(
        run.status.model_copy(deep=True), context.instance_id, begun_at, context.current_utc_datetime, checks
    )
    calls = [Call(names.RECORD_EVIDENCE, evidence, Stored) for evidence in records]
    result, *stored = yield from call_together(context, [beside, *calls])
    for evidence, first in zip(records, stored, strict=True):
        failure = yield from record_soon(context, evidence, first)
        if failure is not None:
            log_lost_evidence(context, evidence, failure)
    return result


def announce_end(
    run: MigrationRun, end: End, begun_at: datetime, targets: NoticeTargets
) -> Orchestration[None]:
    """Announces each region that has the version, and the end. Called right before `run.end`."""
    if not targets.any:
        return
    status = run.status.model_copy(deep=True)
    instance_id, now = run.context.instance_id, run.context.current_utc_datetime
    key = f"{instance_id}/{begun_at.isoformat()}"
    for target in status.targets:
        for notice in regions_replicated(None, target, key, now, targets):
            yield from announce(run.context, notice)
    ended = status.ended(end)
    yield from announce(run.context, migration_ended(ended, instance_id, begun_at, now, targets))
