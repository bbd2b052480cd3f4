"""One run of retention over a definition: its messages, its state, and what it did and left."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from domain.fitting import fits
from domain.records.notices import NoticeTargets
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.results import CurrentWait, Failure
from domain.retention.decide import Judged, References
from domain.retention.ladder import Rules, SoftDeletedVersion, Step
from domain.starts import Start
from domain.states import HasState, ends_of

RETENTION_ID_PREFIX = "retention-"
CANCEL_EVENT = "cancel-retention"
# versions that a plan shows one by one; its counts are of all of them
MOST_SHOWN = 200
# the versions whose users are looked for in one scan
MOST_SCANNED = 300


class RetentionState(StrEnum):
    """The state of one run of retention."""

    READING = "reading"
    STEPPING = "stepping"
    # seen from outside: the host ended the orchestration, and Gallerist is going to continue it
    INTERRUPTED = "interrupted"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


_S = RetentionState
MOVES: dict[RetentionState, frozenset[RetentionState]] = {
    _S.READING: frozenset({_S.STEPPING, _S.DONE, _S.CANCELLED, _S.FAILED, _S.INTERRUPTED}),
    _S.STEPPING: frozenset({_S.DONE, _S.CANCELLED, _S.FAILED, _S.INTERRUPTED}),
    _S.INTERRUPTED: frozenset({_S.CANCELLED, _S.FAILED}),
    _S.DONE: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset(),
}
ENDS = ends_of(MOVES)


def retention_id(definition: ImageDefinitionId) -> str:
    """The instance id of a definition's retention, whatever the case of its id."""
    return RETENTION_ID_PREFIX + hashlib.sha256(definition.key.encode()).hexdigest()[:32]


def promotion_beside(definition: ImageDefinitionId) -> str:
    """The instance id of the definition's promotion, which writes the same flags; `domain.promotion` derives it so."""
    return f"promotion-{retention_id(definition).removeprefix(RETENTION_ID_PREFIX)}"


class PlannedStep(BaseModel):
    """A step that a version takes."""

    version: ImageVersionId
    step: Step


class PlanRequest(BaseModel):
    """The input of `plan_retention`; without references the plan says whose users have to be looked for."""

    definition: ImageDefinitionId
    now: datetime
    references: References | None = None


class RetentionPlan(BaseModel):
    """What retention would do with a definition at a moment, and why it leaves the rest.

    `reason` says why nothing is done at all. `kept` counts the versions that stay, `shown` has some of them. `to_scan`
    are the versions whose users decide.
    """

    definition: ImageDefinitionId
    at: datetime
    rules: Rules = Rules()
    soft_delete: bool = False
    reason: str = ""
    versions: int = 0
    kept: int = 0
    steps: list[PlannedStep] = Field(default=[])
    shown: list[Judged] = Field(default=[])
    soft_deleted: list[SoftDeletedVersion] = Field(default=[])
    bin_unread: str = ""
    to_scan: list[ImageVersionId] = Field(default=[])
    notify: NoticeTargets = NoticeTargets()


class StepRequest(BaseModel):
    """The input of `take_retention_step` and `confirm_retention_step`: one step, as it was begun at this moment.

    `references` is what a scan found that ended just before.
    """

    definition: ImageDefinitionId
    version: ImageVersionId
    step: Step
    run: str
    by: str
    begun_at: datetime
    now: datetime
    references: References = References()
    old_replicas: int | None = None


class StepAnswer(BaseModel):
    """Whether a step was begun; otherwise why the version was left as it is."""

    begun: bool
    left: str = ""


class Confirmation(BaseModel):
    """What a reading shows after a step: whether it is done, or why it never will be."""

    done: bool = False
    failed: str = ""
    details: dict[str, Any] = Field(default={})


class StepRecord(BaseModel):
    """One version in the record of a run."""

    version: ImageVersionId
    step: Step
    outcome: Literal["taken", "left", "unconfirmed"]
    reason: str = ""
    at: datetime


class RetentionRequest(Start):
    """What a run is started with. `dry_run` only ever adds to the policy's own."""

    definition: ImageDefinitionId
    started_by: str
    dry_run: bool = False


class HasRetentionState(HasState[RetentionState]):
    """A record with the state of a run; it begins with reading."""

    thing = "retention"
    moves = MOVES

    if not TYPE_CHECKING:
        state: RetentionState = Field(default=RetentionState.READING, frozen=True)


class RetentionRun(RetentionRequest, HasRetentionState):
    """The input of `apply_retention` from its second execution on, its custom status and its output.

    `pending` are the steps that are still to be taken, `steps` what became of the others.
    """

    plan: RetentionPlan | None = None
    pending: list[PlannedStep] = Field(default=[])
    steps: list[StepRecord] = Field(default=[])
    failure: Failure | None = None
    waiting_for: CurrentWait | None = None

    @property
    def taken(self) -> int:
        """How many versions took a step; one that could not be confirmed counts, too."""
        return sum(step.outcome != "left" for step in self.steps)

    @property
    def is_dry(self) -> bool:
        """Whether nothing is written."""
        return self.dry_run or self.plan is None or self.plan.rules.dry_run

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do, or the cap is reached."""
        return not self.pending or self.plan is None or self.taken >= self.plan.rules.most_per_run

    def with_plan(self, plan: RetentionPlan) -> "RetentionRun":
        """The run once its plan is made."""
        run = self.moved(RetentionState.STEPPING)
        run.plan, run.pending = plan, [] if self.dry_run or plan.rules.dry_run else plan.steps
        return run

    def ended(self, state: RetentionState, failure: Failure | None = None) -> "RetentionRun":
        """The end of the run."""
        run = self.moved(state)
        run.failure, run.waiting_for = failure, None
        return run

    def shown(self) -> dict[str, Any]:
        """The custom status: the counts, and as many of the last steps as there is room for."""
        document = self.model_dump(mode="json", exclude={"plan", "pending", "start_id", "steps"})
        plan = self.plan
        document |= {
            "pending": len(self.pending),
            "taken": self.taken,
            "steps": [step.model_dump(mode="json") for step in self.steps[-10:]],
            "versions": plan.versions if plan else 0,
            "kept": plan.kept if plan else 0,
        }
        while document["steps"] and not fits(document):
            del document["steps"][0]
        return document
