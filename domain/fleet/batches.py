"""Batches: many migrations in their order, within limits, and never the same migration twice at once."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Self

from domain.fleet.batch_images import Candidate, RunningMigration
from domain.fleet.batch_results import MOST_RESULTS, ImageResult, planned
from domain.fleet.carried_batch import CarriedBatch
from domain.fleet.coverage import ImageCoverage
from domain.fleet.definition_looks import Told
from domain.fleet.gaps import Gaps
from domain.fleet.start_pace import (
    LONGEST_LOOK_SECONDS,
    SECONDS_WHILE_STARTING,
    SECONDS_WHILE_THROTTLED,
    SHORTEST_LOOK_SECONDS,
    in_turns,
    look_seconds,
    shortest_look_seconds,
)
from domain.fleet.states import BatchState
from domain.migration.schedule import SELDOM_SECONDS
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, replication_seconds
from domain.planning.plan import MigrationPlan
from domain.resources.ids import GalleryId, ImageDefinitionId
from domain.resources.provenance import migration_id
from domain.results import Failure

BATCH_ID_PREFIX = "batch-"
SWEEP_BATCH_ID = f"{BATCH_ID_PREFIX}sweep"
CANCEL_EVENT = "cancel"

# Images looked up and planned at a time; it bounds the history and the state of an execution. Of many, the batch can
# begin with those that will take longest.
SLICE = 2500
# a migration whose versions the batch looks at is read as often as it looks itself
READ_AFTER = timedelta(seconds=SELDOM_SECONDS)
# definitions that are due so soon are looked at together
TOGETHER = timedelta(seconds=SHORTEST_LOOK_SECONDS / 2)


class Batch(CarriedBatch):
    """A batch, and the rules by which it takes a step: what it looks at, what it starts, how long it waits."""

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
        copy.failure, copy.paused_seconds = failure, 0
        return copy

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next step. Without running migrations, only a look that is not due delays it."""
        if self.running and not self.request.dry_run:
            if self.pace.throttled and self.starting:
                return SECONDS_WHILE_THROTTLED
            return SECONDS_WHILE_STARTING if self.pending and self.starting else self._watch_seconds
        return 1 if self.pending else max(self.walk.look_after_seconds, 1)

    @property
    def starting(self) -> int:
        """How many of the running migrations have no version yet."""
        return sum(not one.numbered for one in self.running)

    @property
    def _watch_seconds(self) -> float:
        """How long to wait while nothing starts: for the next look, or for what the last ones were told."""
        if all(one.told for one in self.running):
            return SECONDS_WHILE_STARTING
        due = self.looks.next_due
        if due is None or self.now is None:
            return self._look_seconds
        until_due = max((due - self.now).total_seconds(), shortest_look_seconds(self._since_start))
        longest = LONGEST_LOOK_SECONDS if all(map(self._is_quiet, self.running)) else self._look_seconds
        return min(until_due, longest)

    @property
    def _since_start(self) -> float:
        return (self.now - self.last_start).total_seconds() if self.now and self.last_start else 0

    @property
    def _look_seconds(self) -> float:
        return look_seconds(self._since_start, len(self.running))

    def to_look_at(self) -> list[RunningMigration]:
        """The running migrations to look at in this step: those that start, and all of them from time to time."""
        every = (
            self.now is None
            or self.looked_at is None
            or (self.now - self.looked_at).total_seconds() >= self._look_seconds
        )
        if every:
            self.looked_at = self.now
        return [
            one for one in self.running if not one.numbered or one.told or (every and not self._is_quiet(one))
        ]

    def definitions_to_look_at(self) -> list[ImageDefinitionId]:
        """The definitions whose versions to list in this step."""
        return self.looks.due(self.now + TOGETHER) if self.now else []

    def note_told(self, told: Collection[Told]) -> None:
        """These migrations were told that a version of theirs is done."""
        ids = {one.migration for one in told}
        for running in self.running:
            if migration_id(running.candidate.image) in ids:
                running.told = True

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

    def pause(self) -> float:
        """Ends a step; returns how long to wait before the next one."""
        self.paused_seconds = self.pause_seconds
        return self.paused_seconds

    def wake(self) -> None:
        """Begins a step, after the pause that the one before asked for."""
        self.walk.look_after_seconds = max(self.walk.look_after_seconds - self.paused_seconds, 0)

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

        The oldest of a definition comes first in any case. Of the definitions, those come first of which no version has
        ended yet, then those that take longest: what is started last decides when the batch ends.
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
        for candidate in in_turns(sorted(self.pending, key=self._expected, reverse=True), _place):
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

    def _expected(self, candidate: Candidate) -> float:
        """How many seconds the image's versions will take; without end where none like them has ended."""
        known = [self.looks.usual_seconds(definition) for definition in candidate.definitions]
        return sum(math.inf if seconds is None else seconds for seconds in known)

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
        running.quiet_until, running.told = status.next_look, False
        self._await_versions(running, status)
        if running.numbered:
            # the images behind it wait for it no more; only a limit of its gallery still counts it
            definitions = running.candidate.definitions if self.request.per_gallery else []
            running.candidate = Candidate(image=running.candidate.image, definitions=definitions)
        if not ended:
            return
        self.running = [one for one in self.running if one is not running]
        self._count(status.state)
        self._note_duration(status)
        if status.state is not MigrationState.COMPLETED:
            self._list(
                ImageResult(image=status.image, outcome=status.state, reason=status.reason, fix=status.fix)
            )

    def _await_versions(self, running: RunningMigration, status: MigrationStatus) -> None:
        """Looks at the versions of a migration from its next look on, unless Azure says when they are done."""
        if status.next_look is None or self.now is None:
            return
        migration = migration_id(status.image)
        for target in status.targets:
            if target.state is MigrationState.REPLICATING and target.version_id is not None:
                self.looks.expect(target.version_id, migration, self.now, status.next_look)
        running.quiet_until = max(status.next_look, self.now + READ_AFTER)

    def _note_duration(self, status: MigrationStatus) -> None:
        seconds = replication_seconds(status)
        if seconds is not None:
            self.looks.note_duration(status.targets[0].definition, seconds)

    def forget_definitions(self) -> None:
        """Drops what is known of definitions that have no image left to migrate."""
        self.looks.forget({definition for one in self.pending for definition in one.definitions})

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
    return Candidate(image=image.image, definitions=image.definitions)
