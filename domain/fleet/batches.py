"""Batches: many migrations, oldest image first, no more at once than asked for, and never the same thing twice."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.fleet.coverage import Category, Standing
from domain.migration.results import Failure
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.plan import MigrationPlan
from domain.policy.sections import Match
from domain.resources.ids import SUBSCRIPTION, ImageDefinitionId, ImageId
from domain.resources.provenance import migration_id

BATCH_ID_PREFIX = "batch-"
SWEEP_BATCH_ID = f"{BATCH_ID_PREFIX}sweep"
CANCEL_EVENT = "cancel"
# images that are looked up and planned at a time; an execution's history and state hold no more
SLICE = 200
# the API shows the failures of a batch, and a dry run its plans, up to so many; the counts are of all
MOST_SHOWN = 500
MOST_TOLD = 100


def _subscription(text: str) -> str:
    if not SUBSCRIPTION.fullmatch(text):
        raise ValueError(f"'{text}' is not a subscription id")
    return text


class Scope(BaseModel):
    """Where to look: a subscription, or one of its resource groups."""

    model_config = ConfigDict(extra="forbid")

    subscription: Annotated[str, AfterValidator(_subscription)]
    resource_group: str | None = Field(default=None, min_length=1, max_length=90)

    def holds(self, image: ImageId) -> bool:
        """Whether the image is there."""
        same_subscription = self.subscription.lower() == image.subscription.lower()
        group = self.resource_group
        return same_subscription and (group is None or group.lower() == image.resource_group.lower())


class StartBatch(BaseModel):
    """The body of `POST /api/batches`."""

    model_config = ConfigDict(extra="forbid")

    scope: list[Scope] = Field(min_length=1)
    filter: Match = Match()
    limit: int | None = Field(default=None, ge=1)
    dry_run: bool = False
    per_subscription: int = Field(default=10, ge=1, le=200)
    per_gallery: int = Field(default=40, ge=1, le=200)


class Candidate(BaseModel):
    """An image that a batch is to migrate."""

    image: ImageId
    created_at: datetime | None = None
    definitions: list[ImageDefinitionId] = []

    @property
    def place(self) -> tuple[str, str]:
        """Its place in the order: oldest first, images of unknown age last, then by id."""
        age = self.created_at.isoformat() if self.created_at else "9"
        return (age, self.image.key)


class Running(BaseModel):
    """A migration that the batch started, or found running; `numbered` once its version has a number."""

    candidate: Candidate
    numbered: bool = False


class Result(BaseModel):
    """How one image of a batch ended, or what a dry run plans for it."""

    image: ImageId
    outcome: str
    reason: str | None = None
    fix: str | None = None
    definitions: list[ImageDefinitionId] = []
    regions: list[str] = []
    warnings: list[str] = []


class BatchState(BaseModel):
    """The whole of a batch, carried on from execution to execution; never larger than a slice and its results."""

    request: StartBatch
    started_by: str
    state: Literal["running", "completed", "cancelled", "failed"] = "running"
    after: tuple[str, str] | None = None
    exhausted: bool = False
    selected: int = 0
    pending: list[Candidate] = []
    running: list[Running] = []
    counts: dict[str, int] = {}
    left_alone: dict[Category, int] = {}
    shown: list[Result] = []
    failure: Failure | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to look for, to start or to wait for."""
        return self.exhausted and not self.pending and not self.running

    @property
    def room(self) -> int | None:
        """How many more images the limit lets in; None without a limit."""
        return None if self.request.limit is None else max(self.request.limit - self.selected, 0)


def take_slice(state: BatchState, standings: Iterable[Standing]) -> None:
    """Take in the next images that have to be migrated; `standings` are those of all images that the filter fits.

    Images that are migrated, run, or are ignored are left alone, and counted once, with the first slice. A blocked
    one is tried again: what blocked it may have been mended.
    """
    places = list(standings)
    if state.after is None:
        state.left_alone = dict(Counter(place.category for place in places if not _wants_migration(place)))
    candidates = sorted(
        (_candidate(place) for place in places if _wants_migration(place)), key=lambda one: one.place
    )
    following = [one for one in candidates if state.after is None or one.place > state.after]
    most = SLICE if state.room is None else min(SLICE, state.room)
    taken = following[:most]
    state.pending += taken
    state.selected += len(taken)
    state.after = taken[-1].place if taken else state.after or ("", "")
    state.exhausted = len(following) <= most or state.room == 0


def _wants_migration(place: Standing) -> bool:
    return place.category in ("untouched", "blocked")


def _candidate(place: Standing) -> Candidate:
    return Candidate(image=place.image, created_at=place.created_at, definitions=place.definitions)


def startable(state: BatchState) -> list[Candidate]:
    """The images to start now, oldest first.

    No more run per subscription and per gallery than the request says. Of the images of one definition the next
    one is started once the one before it has its number, so that the order of versions is the order of the images.
    """
    running = [one.candidate for one in state.running]
    subscriptions = Counter(one.image.subscription.lower() for one in running)
    galleries = Counter(definition.gallery for one in running for definition in one.definitions)
    unnumbered = {
        definition for one in state.running if not one.numbered for definition in one.candidate.definitions
    }
    chosen = []
    for candidate in state.pending:
        subscription = candidate.image.subscription.lower()
        full = subscriptions[subscription] >= state.request.per_subscription or any(
            galleries[definition.gallery] >= state.request.per_gallery for definition in candidate.definitions
        )
        if not full and unnumbered.isdisjoint(candidate.definitions):
            chosen.append(candidate)
            subscriptions[subscription] += 1
            galleries.update(definition.gallery for definition in candidate.definitions)
        unnumbered |= set(candidate.definitions)
    return chosen


def note_started(state: BatchState, candidate: Candidate) -> None:
    """The candidate's migration runs now."""
    state.pending.remove(candidate)
    state.running.append(Running(candidate=candidate))


def note_status(state: BatchState, running: Running, status: MigrationStatus, *, ended: bool) -> None:
    """Take in how far a migration is; one that ended is counted, and shown if it did not complete."""
    running.numbered = any(target.version_id is not None for target in status.targets)
    if not ended:
        return
    state.running.remove(running)
    state.counts[status.state] = state.counts.get(status.state, 0) + 1
    if status.state is not MigrationState.COMPLETED:
        result = Result(image=status.image, outcome=status.state, reason=status.reason, fix=status.fix)
        state.shown = [*state.shown, result][:MOST_SHOWN]


def note_plan(state: BatchState, candidate: Candidate, plan: MigrationPlan | None) -> None:
    """Take in what a dry run plans for an image; None where the image is gone by now."""
    state.pending.remove(candidate)
    result = Result(
        image=candidate.image, outcome="skipped", reason="the managed image does not exist any more"
    )
    if plan is not None:
        result = Result(
            image=candidate.image,
            outcome=plan.outcome,
            reason=plan.reason,
            fix=plan.fix,
            definitions=candidate.definitions,
            regions=[region.name for region in plan.targets[0].rollout.regions] if plan.targets else [],
            warnings=plan.warnings,
        )
    state.counts[result.outcome] = state.counts.get(result.outcome, 0) + 1
    state.shown = [*state.shown, result][:MOST_SHOWN]


class BatchProgress(BaseModel):
    """What the custom status tells, which holds 16 KB: the counts, and some of the migrations that run."""

    selected: int = 0
    waiting: int = 0
    running: int = 0
    running_migrations: list[str] = []
    counts: dict[str, int] = {}
    left_alone: dict[Category, int] = {}

    @classmethod
    def of(cls, state: BatchState) -> Self:
        """How far the batch is."""
        return cls(
            selected=state.selected,
            waiting=len(state.pending),
            running=len(state.running),
            running_migrations=[migration_id(one.candidate.image) for one in state.running][:MOST_TOLD],
            counts=state.counts,
            left_alone=state.left_alone,
        )
