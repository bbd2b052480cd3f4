"""Records and announces the end of a migration. Neither can fail it."""

from collections.abc import Sequence
from datetime import datetime

from domain.migration.records import migration_ended, migration_evidence, regions_replicated
from domain.migration.status import End
from domain.planning.checks.check import Check
from domain.records.notices import NoticeTargets
from orchestrators.run.activity_calls import Orchestration
from orchestrators.run.log_lines import log_lost_evidence
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.records import announce, record_soon


def record_migration(
    run: MigrationRun,
    end: End,
    begun_at: datetime,
    targets: NoticeTargets,
    checks: Sequence[Check] = (),
) -> Orchestration[None]:
    """Stores one record for each version, and announces each region that has it and the end.

    Called right before `run.end`. Evidence that cannot be stored within minutes is logged: the version's tags remain.
    """
    status = run.status.model_copy(deep=True)
    instance_id, now = run.context.instance_id, run.context.current_utc_datetime
    for evidence in migration_evidence(status, instance_id, begun_at, now, checks):
        failure = yield from record_soon(run.context, evidence)
        if failure is not None:
            log_lost_evidence(run.context, evidence, failure)
    if not targets.any:
        return
    key = f"{instance_id}/{begun_at.isoformat()}"
    for target in status.targets:
        for notice in regions_replicated(None, target, key, now, targets):
            yield from announce(run.context, notice)
    ended = status.ended(end)
    yield from announce(run.context, migration_ended(ended, instance_id, begun_at, now, targets))
