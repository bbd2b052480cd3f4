"""One target gallery of a migration: what is planned for it, and what became of it so far."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

from pydantic import BaseModel

from domain.migration.memory import WatchMemory
from domain.migration.replication import ExpectedVersion, ReplicationReport, Watch
from domain.migration.schedule import next_look_seconds
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.planning.plan import MigrationPlan
from domain.planning.rollout import Pace, Rollout
from domain.planning.targets import TargetPlan
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.operations import OperationUrl
from domain.results import Failure


class Child(Protocol):
    """What a child orchestration is started for."""

    @property
    def child_key(self) -> str:
        """What tells the child from the others of its step."""


class Target(BaseModel):
    """A target gallery whose version is replicated.

    `expected` is what the version must show after the write. `watch` is None until the version is written, `report` is
    the last look at its regions; None until they are settled. `failure` fails the target.
    """

    status: TargetStatus
    rollout: Rollout
    pace: Pace
    operation_url: OperationUrl | None = None
    expected: ExpectedVersion | None = None
    watch: Watch | None = None
    report: ReplicationReport | None = None
    failure: Failure | None = None
    memory: WatchMemory = WatchMemory()

    @property
    def definition(self) -> ImageDefinitionId:
        """The image definition that holds the version."""
        return self.status.definition

    @property
    def child_key(self) -> str:
        """What tells the target's child orchestration from the others of its step."""
        return self.definition.key

    @property
    def is_watched(self) -> bool:
        """Whether the version is still on its way to its regions."""
        return self.watch is not None and self.report is None

    @property
    def usable_version(self) -> ImageVersionId | None:
        """The version, if at least one region has it."""
        return self.status.version_id if self.report and self.report.serves_somewhere else None

    def move(self, state: MigrationState) -> None:
        """Moves the target's state."""
        self.status = self.status.moved(state)

    def begin_watch(self, now: datetime, *, batch_looks: bool = False) -> None:
        """Begins to watch the version. What Azure was asked for takes a while; one that was there may be done.

        With `batch_looks`, a batch looks at the version, too.
        """
        if self.status.version_id is None:
            raise ValueError(f"{self.definition} has no version to watch")
        self.watch = Watch(
            version_id=self.status.version_id,
            operation_url=self.operation_url,
            expected=self.expected,
            rollout=self.rollout,
            pace=self.pace,
            started_at=now,
            written_at=now,
            moved_at=now,
            due=now,
        )
        self.watch.hints, self.watch.batch_looks = self.memory.hints, batch_looks
        self.watch.usual_seconds = self.memory.usual_seconds(len(self.rollout.regions))
        if self.operation_url:
            self.watch = self.watch.due_in(next_look_seconds(self.watch, now), now)

    def end(self) -> None:
        """Completed if every region has the version, partial if some have, otherwise failed.

        Unverified instead of completed where a proof was asked for and not given.
        """
        if self.failure is not None or self.report is None:
            self.status = self.status.ended(MigrationState.FAILED, self.failure)
        elif self.report.completed and self.status.unproved:
            if self.status.state is MigrationState.REPLICATING:
                # the proofs are those of an earlier run
                self.move(MigrationState.VERIFYING)
            self.status = self.status.ended(MigrationState.UNVERIFIED, self.status.unproved)
        elif self.report.completed:
            self.status = self.status.ended(MigrationState.COMPLETED)
        else:
            state = MigrationState.PARTIAL if self.usable_version else MigrationState.FAILED
            self.status = self.status.ended(state, self.report.explain())


class PlannedTarget(Target):
    """A target gallery whose version is still to be published."""

    plan: TargetPlan

    @classmethod
    def of(cls, plan: TargetPlan, pace: Pace, memory: WatchMemory) -> Self:
        """The target at the beginning of a migration."""
        status = TargetStatus(definition=plan.definition.id)
        return cls(status=status, rollout=plan.rollout, pace=pace, plan=plan, memory=memory)


class Widening(BaseModel):
    """What `add_regions` carries from look to look."""

    status: MigrationStatus
    targets: list[Target]


class Journey(BaseModel):
    """What a migration carries from look to look; empty at its start.

    Azure builds one version per managed image at a time, and the image is free again once that version is replicated
    (documented: "Create an image version"). So the first target goes ahead, and the `others` copy its version.
    """

    begun_at: datetime
    status: MigrationStatus | None = None
    image: ManagedImage | None = None
    plan: MigrationPlan | None = None
    targets: list[PlannedTarget] = []
    others_begun: bool = False

    @property
    def begun(self) -> Sequence[PlannedTarget]:
        """The targets whose versions are made at the moment."""
        return self.targets[1:] if self.others_begun else self.targets[:1]

    def planned(self, plan: MigrationPlan, memories: Sequence[WatchMemory] = ()) -> None:
        """Takes in the plan; what it says of the targets is theirs from then on, and so is what is remembered."""
        known = [*memories, *[WatchMemory()] * len(plan.targets)]
        self.targets = [
            PlannedTarget.of(target, plan.pace, memory)
            for target, memory in zip(plan.targets, known, strict=False)
        ]
        self.plan = plan.model_copy()
        self.plan.targets = []
