"""The answers about retention and restorations."""

from datetime import datetime
from typing import Any, Self

from api.answers.base import Answer, Links
from api.answers.forecast import Forecast
from api.ids import AnyDefinitionId, AnyVersionId
from api.links import Addresses
from domain.fleet.lineage import Lineage as LineageValue
from domain.fleet.lineage import LineageLine
from domain.results import CurrentWait, Failure
from domain.retention.decide import Judged
from domain.retention.forecast import Forecast as ForecastValue
from domain.retention.ladder import Rules, SoftDeletedVersion
from domain.retention.restore import RestoreStatus
from domain.retention.run import PlannedStep, RetentionPlan, RetentionRun, RetentionState, StepRecord


class Retention(Answer):
    """What retention would do with a definition now. Nothing is written."""

    definition: AnyDefinitionId
    rules: Rules
    """The policy's section `retention` for this definition, and the rule that it is from."""
    reason: str
    """Why nothing would be done at all; empty otherwise."""
    soft_delete: bool
    """Whether the gallery keeps deleted versions in a bin."""
    versions: int
    kept: int
    steps: list[PlannedStep]
    """The versions that nothing keeps, as far as it is known without a search for their users."""
    shown: list[Judged]
    """The versions that stay, with the reason; of many, the newest."""
    soft_deleted: list[SoftDeletedVersion]
    """The gallery's bin, with the dates that Azure gives."""
    bin_unread: str
    """Why the bin could not be read; empty otherwise."""
    forecast: list[Forecast]

    @classmethod
    def of(cls, plan: RetentionPlan, found: list[ForecastValue]) -> Self:
        """The plan as it is made now."""
        fields = ("definition", "rules", "reason", "soft_delete", "versions", "kept", "steps", "shown")
        return cls(
            **{name: getattr(plan, name) for name in fields},
            soft_deleted=plan.soft_deleted,
            bin_unread=plan.bin_unread,
            forecast=[Forecast.of(one) for one in found],
        )


class RetentionResult(Answer):
    """A run of retention over a definition."""

    id: str
    definition: AnyDefinitionId
    state: RetentionState
    """`done`, `cancelled` and `failed` are ends."""
    started_by: str
    dry_run: bool
    """Whether nothing is written, by the request or by the policy."""
    reason: str
    """Why nothing is done at all; empty otherwise."""
    versions: int
    kept: int
    planned: list[PlannedStep]
    """The steps of the plan; more than the cap, for some may be left."""
    steps: list[StepRecord]
    """What became of the steps so far."""
    waiting_for: CurrentWait | None
    failure: Failure | None
    created: datetime | None
    links: Links

    @classmethod
    def of(cls, instance_id: str, run: RetentionRun, addresses: Addresses) -> Self:
        """The run as the task hub knows it."""
        plan = run.plan
        return cls(
            id=instance_id,
            definition=run.definition,
            state=run.state,
            started_by=run.started_by,
            dry_run=run.dry_run or bool(plan and plan.rules.dry_run),
            reason=plan.reason if plan else "",
            versions=plan.versions if plan else 0,
            kept=plan.kept if plan else 0,
            planned=plan.steps if plan else [],
            steps=run.steps,
            waiting_for=run.waiting_for,
            failure=run.failure,
            created=run.started_at,
            links=Links(self=addresses.of(instance_id)),
        )


class Restoration(Answer):
    """A version that is brought back."""

    id: str
    version: AnyVersionId
    state: str
    """`restoring`, then `restored`, `refused` or `failed`."""
    found_on: str | None
    """The rung of the ladder on which the version was."""
    message: str
    by: str
    waiting_for: CurrentWait | None
    failure: Failure | None
    links: Links

    @classmethod
    def of(cls, instance_id: str, status: RestoreStatus, addresses: Addresses) -> Self:
        """The restoration as the task hub knows it."""
        return cls(
            id=instance_id,
            version=status.version,
            state=status.state,
            found_on=status.found_on,
            message=status.message,
            by=status.by,
            waiting_for=status.waiting_for,
            failure=status.failure,
            links=Links(self=addresses.of(instance_id)),
        )


class LineageEntry(Answer):
    """One fact of a lineage, and where it is written."""

    what: str
    """`made`, `published`, `migration`, `proof`, `promotion`, `rollback`, `certificate`, `retention: …`, or a tag."""
    place: str
    """`tags`, `evidence`, `task hub` or `gallery`: what is trusted more comes first when they differ."""
    at: datetime | None
    by: str
    details: dict[str, Any]
    record: str | None
    """The name of the record in the container or folder of the evidence."""
    digest: str | None
    """The record's digest: sha256 of its text, hexadecimal."""

    @classmethod
    def of(cls, line: LineageLine) -> Self:
        """A line as the domain has it."""
        return cls(**line.model_dump())


class Lineage(Answer):
    """Where a version came from and what happened to it, in the order of time."""

    version: AnyVersionId
    exists: bool | None
    """Whether the version is in the gallery; null if that could not be read."""
    source: str | None
    """The managed image's resource id."""
    lines: list[LineageEntry]
    missing: list[str]
    """What could not be read: there may be more."""

    @classmethod
    def of(cls, lineage: LineageValue) -> Self:
        """The lineage as it is read now."""
        return cls(
            version=lineage.version,
            exists=lineage.exists,
            source=lineage.source,
            lines=[LineageEntry.of(line) for line in lineage.lines],
            missing=lineage.missing,
        )
