"""Batches: many migrations, oldest image first, within limits, and never the same migration twice at once."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from domain.fleet.batch_results import MOST_RESULTS, ImageResult, planned
from domain.fleet.coverage import Category, ImageCoverage
from domain.fleet.gaps import Gaps
from domain.fleet.scopes import Scope
from domain.fleet.start_pace import (
    SECONDS_WHILE_STARTING,
    SECONDS_WHILE_THROTTLED,
    StartPace,
    in_turns,
    look_seconds,
)
from domain.fleet.states import BatchState, HasBatchState
from domain.fleet.walk import Walk
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.plan import MigrationPlan
from domain.policy.sections import Match
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId
from domain.results import Failure
from domain.starts import Start

BATCH_ID_PREFIX = "batch-"
SWEEP_BATCH_ID = f"{BATCH_ID_PREFIX}sweep"
CANCEL_EVENT = "cancel"

# images looked up and planned at a time; it bounds the history and the state of an execution
SLICE = 500


class BatchRequest(BaseModel):
    """What a batch migrates. At most so many migrations run at once; without limits, as many as Azure lets through."""

    model_config = ConfigDict(extra="forbid")

    scope: list[Scope] = Field(min_length=1)
    filter: Match = Match()
    limit: int | None = Field(default=None, ge=1)
    dry_run: bool = False
    per_subscription: int | None = Field(default=None, ge=1, le=1000)
    per_gallery: int | None = Field(default=None, ge=1, le=1000)


def _is_nothing(value: object) -> bool:
    return not value


class Candidate(BaseModel):
    """An image that a batch is going to migrate. What is not known takes no room in the state of the batch."""

    image: ImageId
    created_at: datetime | None = Field(default=None, exclude_if=_is_nothing)
    definitions: list[ImageDefinitionId] = Field(default=[], exclude_if=_is_nothing)


class RunningMigration(BaseModel):
    """A migration that the batch started, or found running; `numbered` once its version has a number.

    `throttled_until` is until when Azure puts its calls off, `newly_throttled` that the last look was the first to see
    it. Before `quiet_until` it does not look at its versions, so it has no news.
    """

    candidate: Candidate
    numbered: bool = Field(default=False, exclude_if=_is_nothing)
    throttled_until: datetime | None = Field(default=None, exclude_if=_is_nothing)
    newly_throttled: bool = Field(default=False, exclude_if=_is_nothing)
    quiet_until: datetime | None = Field(default=None, exclude_if=_is_nothing)


class Batch(HasBatchState, Start):
    """The whole of a batch, carried from execution to execution; at most a slice and its results in size.

    `walk` is how far it has come through the images, and `exhausted` that it has passed them all. `left_alone` counts
    the images that needed no migration, or whose state cannot be found out. `now` is the time of the present step,
    `looked_at` when all running migrations were last looked at.
    """

    request: BatchRequest
    started_by: str
    now: datetime | None = None
    looked_at: datetime | None = None
    last_start: datetime | None = None
    pace: StartPace = StartPace()
    walk: Walk = Field(default_factory=Walk)
    exhausted: bool = False
    selected: int = 0
    pending: list[Candidate] = Field(default=[])
    running: list[RunningMigration] = Field(default=[])
    counts: dict[str, int] = Field(default={})
    left_alone: dict[Category, int] = Field(default={})
    shown: list[ImageResult] = Field(default=[])
    failure: Failure | None = None

    @property
    def done(self) -> bool:
        """Nothing is left to select, to start or to wait for."""
        return self.exhausted and not self.pending and not self.running

    @property
    def room(self) -> int | None:
        """How many more images the limit allows; None without a limit."""
        return None if self.request.limit is None else max(self.request.limit - self.selected, 0)

    def ended(self, state: BatchState, failure: Failure | None = None) -> Self:
        """The end of the batch."""
        copy = self.moved(state)
        copy.failure = failure
        return copy

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next step. Without running migrations, only a look that is not due delays it."""
        if self.running and not self.request.dry_run:
            if self.pace.throttled and self.starting:
                return SECONDS_WHILE_THROTTLED
            return SECONDS_WHILE_STARTING if self.pending and self.starting else self._look_seconds
        return 1 if self.pending else max(self.walk.look_after_seconds, 1)

    @property
    def starting(self) -> int:
        """How many of the running migrations have no version yet."""
        return sum(not one.numbered for one in self.running)

    @property
    def _look_seconds(self) -> float:
        since_start = (self.now - self.last_start).total_seconds() if self.now and self.last_start else 0
        return look_seconds(since_start, len(self.running))

    def to_look_at(self) -> list[RunningMigration]:
        """The running migrations to look at in this step: those that start, and all of them from time to time."""
        every = (
            self.now is None
            or self.looked_at is None
            or (self.now - self.looked_at).total_seconds() >= self._look_seconds
        )
        if every:
            self.looked_at = self.now
        return [one for one in self.running if not one.numbered or (every and not self._is_quiet(one))]

    def _is_quiet(self, running: RunningMigration) -> bool:
        return running.quiet_until is not None and self.now is not None and self.now < running.quiet_until

    def note_pace(self) -> None:
        """Takes in what the migrations that start say of Azure's limits."""
        throttled = sum(one.newly_throttled and not one.numbered for one in self.running)
        self.pace = self.pace.after(self.starting, throttled)

    @property
    def is_look_due(self) -> bool:
        """Whether this step selects the next images."""
        return not self.pending and not self.exhausted and self.walk.look_after_seconds <= 0

    def wake(self) -> None:
        """Begins a step, after the pause that the one before asked for."""
        self.walk.look_after_seconds = max(self.walk.look_after_seconds - self.pause_seconds, 0)

    def select(
        self,
        coverage: Sequence[ImageCoverage],
        gaps: Gaps | None = None,
        unlisted: Collection[str] = (),
        newly_read: int = 0,
    ) -> None:
        """Takes the next images to migrate from the coverage of all images that the filter matches.

        `gaps` is what the look could not read, `unlisted` are the subscriptions of which not all images are known yet,
        and `newly_read` is how much was read that no look had read before. Images that are migrated, running or ignored
        are counted once. A blocked one is tried again: its cause may be resolved.
        """
        room = self.room
        last = room is not None and room <= SLICE
        most = room if room is not None and last else SLICE
        taken = self.walk.take(coverage, gaps or Gaps(), unlisted, most, newly_read=newly_read, last=last)
        self.left_alone = dict(Counter(self.left_alone) + taken.left_alone)
        self.pending += [_candidate(one) for one in taken.images]
        self.selected += len(taken.images)
        self.exhausted = self.walk.is_over or self.room == 0

    def startable(self) -> list[Candidate]:
        """The images to start now: by turns of their subscriptions and galleries, the oldest of each first.

        The request may limit how many run per subscription and per gallery; Azure's limits always do. Of the images of
        one definition, the next starts once the one before it has its number, so that versions are numbered in the
        order of their images.
        """
        room = self.pace.room(self.starting, len(self.running))
        running = [one.candidate for one in self.running]
        subscriptions = Counter(one.image.subscription.lower() for one in running)
        galleries = Counter(definition.gallery for one in running for definition in one.definitions)
        unnumbered = {
            definition for one in self.running if not one.numbered for definition in one.candidate.definitions
        }
        chosen: list[Candidate] = []
        for candidate in in_turns(self.pending, _place):
            if len(chosen) == room:
                break
            subscription = candidate.image.subscription.lower()
            full = _is_full(subscriptions[subscription], self.request.per_subscription) or any(
                _is_full(galleries[definition.gallery], self.request.per_gallery)
                for definition in candidate.definitions
            )
            if not full and unnumbered.isdisjoint(candidate.definitions):
                chosen.append(candidate)
                subscriptions[subscription] += 1
                galleries.update(definition.gallery for definition in candidate.definitions)
            unnumbered |= set(candidate.definitions)
        return chosen

    def note_started(self, candidate: Candidate) -> None:
        """The candidate's migration was started."""
        self.pending = [one for one in self.pending if one is not candidate]
        self.running.append(RunningMigration(candidate=candidate))
        self.last_start = self.now

    def note_status(self, running: RunningMigration, status: MigrationStatus, *, ended: bool) -> None:
        """Takes in a migration's status. One that ended is counted, and listed if it did not complete."""
        running.numbered = any(target.version_id is not None for target in status.targets)
        wait = status.waiting_for
        until = wait.until if wait is not None and wait.throttled else None
        running.newly_throttled = until is not None and until != running.throttled_until
        running.throttled_until = until
        running.quiet_until = status.next_look
        if running.numbered:
            # the images behind it wait for it no more; only a limit of its gallery still counts it
            definitions = running.candidate.definitions if self.request.per_gallery else []
            running.candidate = Candidate(image=running.candidate.image, definitions=definitions)
        if not ended:
            return
        self.running = [one for one in self.running if one is not running]
        self._count(status.state)
        if status.state is not MigrationState.COMPLETED:
            self._list(
                ImageResult(image=status.image, outcome=status.state, reason=status.reason, fix=status.fix)
            )

    def note_lost(self, running: RunningMigration, reason: str) -> None:
        """A migration of which nothing is known any more: somebody purged or replaced it."""
        self.running = [one for one in self.running if one is not running]
        self._count("unknown")
        self._list(ImageResult(image=running.candidate.image, outcome="unknown", reason=reason))

    def note_failure(self, candidate: Candidate, failure: Failure) -> None:
        """Takes in why a dry run cannot plan an image."""
        self.pending = [one for one in self.pending if one is not candidate]
        result = ImageResult(
            image=candidate.image,
            outcome="failed",
            reason=f"{failure.code}: {failure.message}",
            fix=failure.fix,
            definitions=candidate.definitions,
        )
        self._count(result.outcome)
        self._list(result)

    def note_plan(self, candidate: Candidate, plan: MigrationPlan | None) -> None:
        """Takes in what a dry run plans for an image; None if the image no longer exists."""
        self.pending = [one for one in self.pending if one is not candidate]
        result = planned(candidate.image, candidate.definitions, plan)
        self._count(result.outcome)
        self._list(result)

    def _count(self, outcome: str) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def _list(self, result: ImageResult) -> None:
        self.shown = [*self.shown, result][:MOST_RESULTS]


def _is_full(running: int, most: int | None) -> bool:
    return most is not None and running >= most


def _place(candidate: Candidate) -> tuple[str, GalleryId | None]:
    """Where a candidate's calls count: in its subscription and its first gallery."""
    gallery = candidate.definitions[0].gallery if candidate.definitions else None
    return candidate.image.subscription.lower(), gallery


def _candidate(image: ImageCoverage) -> Candidate:
    return Candidate(image=image.image, created_at=image.created_at, definitions=image.definitions)
