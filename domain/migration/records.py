"""What a migration leaves for ever, and what it tells: evidence for each version, and notices about its end."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.migration.status import MigrationStatus, TargetStatus
from domain.planning.checks.check import Check
from domain.records.evidence import Evidence
from domain.records.notices import Notice, NoticeTargets

# a record is for people: it has no need of every detail of a hundred regions
MOST_CHECKS = 50


def migration_evidence(
    status: MigrationStatus,
    instance_id: str,
    begun_at: datetime,
    ended_at: datetime,
    checks: Sequence[Check] = (),
) -> list[Evidence]:
    """One record for each version that the migration made, updated or adopted.

    Its key is the run, so that a run that is repeated from its end writes the same record.
    """
    return [
        Evidence(
            subject=str(target.version_id),
            kind="migration",
            at=ended_at,
            by=status.started_by,
            key=f"{instance_id}/{begun_at.isoformat()}",
            details={
                "source": str(status.image),
                "fingerprint": status.fingerprint,
                "rule": status.rule,
                "migration": instance_id,
                "begun_at": begun_at.isoformat(),
                "state": str(target.state),
                "outcome": target.outcome,
                "regions": [region.model_dump(mode="json") for region in target.regions],
                "checks": [check.model_dump(mode="json") for check in checks[:MOST_CHECKS]],
                "failure": target.failure.model_dump(mode="json") if target.failure else None,
            },
        )
        for target in status.targets
        if target.version_id is not None
    ]


def migration_ended(
    status: MigrationStatus, instance_id: str, begun_at: datetime, ended_at: datetime, targets: NoticeTargets
) -> Notice:
    """Tells how the migration ended."""
    return Notice(
        type="migration.ended",
        subject=str(status.image),
        at=ended_at,
        key=f"{instance_id}/{begun_at.isoformat()}",
        data={
            "state": str(status.state),
            "reason": status.reason,
            "fix": status.fix,
            "rule": status.rule,
            "fingerprint": status.fingerprint,
            "versions": [str(target.version_id) for target in status.targets if target.version_id],
        },
        targets=targets,
    )


def regions_replicated(
    before: TargetStatus | None, after: TargetStatus, run: str, at: datetime, targets: NoticeTargets
) -> Iterator[Notice]:
    """Tells of each region that has the version now and did not have it before."""
    had = {region.region for region in before.regions if region.state == "Completed"} if before else set()
    for region in after.regions if after.version_id else []:
        if region.state == "Completed" and region.region not in had:
            yield Notice(
                type="region.replicated",
                subject=str(after.version_id),
                at=at,
                key=f"{run}/{region.region}",
                data={"region": region.region},
                targets=targets,
            )
