"""One target gallery during a run: what is planned for it, and what became of it so far."""

from dataclasses import dataclass
from typing import Protocol

from domain.migration.replication import ExpectedVersion, ReplicationReport
from domain.migration.states import MigrationState
from domain.migration.status import TargetStatus
from domain.planning.rollout import Pace, Rollout
from domain.planning.targets import TargetPlan
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.results import Failure


class Child(Protocol):
    """What a child orchestration is started for."""

    @property
    def child_key(self) -> str:
        """What tells the child from the others of its step."""


@dataclass
class Target:
    """A target gallery whose version is replicated.

    `expected` is what the version must show after the write. `report` is the last look at its regions; None if it was
    not published. `failure` fails the target.
    """

    status: TargetStatus
    rollout: Rollout
    pace: Pace
    operation_url: str | None = None
    expected: ExpectedVersion | None = None
    report: ReplicationReport | None = None
    failure: Failure | None = None

    @property
    def definition(self) -> ImageDefinitionId:
        """The image definition that holds the version."""
        return self.status.definition

    @property
    def child_key(self) -> str:
        """What tells the target's child orchestration from the others of its step."""
        return self.definition.key

    @property
    def usable_version(self) -> ImageVersionId | None:
        """The version, if at least one region has it."""
        return self.status.version_id if self.report and self.report.serves_somewhere else None

    def move(self, state: MigrationState) -> None:
        """Moves the target's state."""
        self.status = self.status.moved(state)


@dataclass(kw_only=True)
class PlannedTarget(Target):
    """A target gallery whose version is still to be published."""

    plan: TargetPlan

    @classmethod
    def of(cls, plan: TargetPlan, pace: Pace) -> "PlannedTarget":
        """The target at the beginning of a migration."""
        status = TargetStatus(definition=plan.definition.id)
        return cls(status=status, rollout=plan.rollout, pace=pace, plan=plan)
