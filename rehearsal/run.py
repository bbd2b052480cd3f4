"""Runs a rehearsal: the real app over a snapshot, on the simulator and the one clock. Nothing reaches Azure."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from adapters.policy_file import parse_policy
from api.answers import Batch
from client import Gallerist, ProblemError
from client.calls import BatchChoices, ScopeChoice
from domain.fleet.states import BatchState
from domain.policy.rules import Policy
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage
from local.stack import Stack, StartError, temporary_folder
from rehearsal import after, measures
from rehearsal.errors import RehearsalError
from rehearsal.faults import add_faults, targets_of
from rehearsal.policies import Rehearsed, for_rehearsal
from rehearsal.prices import money
from rehearsal.report import Gone, LeftAlone, Rehearsal, RehearsedImage
from rehearsal.seed import to_seed
from rehearsal.snapshot import Snapshot

Answer = TypeVar("Answer")
Arrange = Callable[[Stack], None]
Progress = Callable[[str], None]

# of the time there, between two looks at the batch
LOOK_EVERY = timedelta(minutes=10)
LONGEST_BATCH = timedelta(days=21)
# a page of a large fleet takes longer than a client usually waits
TIMEOUT_SECONDS = 600
# builds of one image take about the same time
SPREAD = 0.03


@dataclass(frozen=True)
class Options:
    """How to rehearse. `seconds` is how long a replication takes, instead of the recorded times.

    `arrange` prepares the simulated Azure, for tests.
    """

    seed: int = 1
    seconds: float | None = None
    faults: bool = False
    approve: bool = False
    promote: bool = False
    days: float = 45
    per_subscription: int | None = None
    per_gallery: int | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    arrange: Arrange = lambda _: None
    progress: Progress = lambda _: None

    @property
    def pace(self) -> str:
        """The simulator's pace."""
        return f"drawn:{self.seed}:{SPREAD}" if self.seconds is None else f"seconds:{self.seconds:g}"


def rehearse(snapshot: Snapshot, policy: str, options: Options, name: str = "policy.yaml") -> Rehearsal:
    """Rehearses one policy over a snapshot; `name` is the policy's in errors and in the report.

    Raises:
        PolicyError: the policy is not valid.
        RehearsalError: the snapshot cannot be rehearsed.
    """
    rehearsed = for_rehearsal(policy, name)
    parsed = parse_policy(rehearsed.text, name)
    rehearsable = to_seed(snapshot)
    images = measures.managed_images(snapshot)
    if not images:
        raise RehearsalError("the snapshot has no managed images; take one of a subscription that has")
    began = time.monotonic()
    with ExitStack() as opened, _start_errors():
        folder = opened.enter_context(temporary_folder())
        stack = Stack(
            Path(folder),
            rehearsable.seed,
            rehearsed.text,
            options.pace,
            one_clock=True,
            start=snapshot.taken.isoformat(),
        )
        opened.enter_context(stack)
        gallerist = opened.enter_context(Gallerist(stack.api, timeout_seconds=TIMEOUT_SECONDS))
        if options.faults:
            add_faults(stack, options.seed, len(images), targets_of(parsed, images, snapshot.taken))
        options.arrange(stack)
        run = _Run(stack, gallerist, snapshot, parsed, options, images)
        found = run.whole()
        used = stack.cpu()
    return Rehearsal(
        policy=name,
        snapshot_taken=snapshot.taken,
        seed=options.seed,
        pace=options.pace,
        faults=options.faults,
        images=len(images),
        assumptions=[*_assumptions(snapshot, options, rehearsed), *_not_in_the_snapshot(snapshot, parsed)],
        not_rehearsed=[Gone(id=one.id, why=one.why) for one in rehearsable.left],
        processor_seconds=round(sum(used), 1),
        wall_seconds=round(time.monotonic() - began, 1),
        **found,
    )


@dataclass(frozen=True)
class _Run:
    stack: Stack
    gallerist: Gallerist
    snapshot: Snapshot
    policy: Policy
    options: Options
    images: list[ManagedImage]

    def whole(self) -> dict[str, Any]:
        """Migrates the fleet and lets time pass for what follows; returns the parts of the report."""
        began = self.stack.now()
        batch = self._batch()
        calls = measures.arm_calls(self.stack)
        ended = list(self.gallerist.migrations())
        migrations = [
            RehearsedImage(
                image=str(one.image),
                state=one.state,
                rule=one.rule,
                reason=one.reason,
                fix=one.fix,
                versions=[str(target.version_id) for target in one.targets if target.version_id],
                regions=sorted({region.region for target in one.targets for region in target.regions}),
                warnings=one.warnings,
                began_at_minute=_minutes(one.created - began),
                ended_at_minute=_minutes(one.updated - began),
            )
            for one in ended
        ]
        storage = measures.storage(self.stack, self.snapshot, self.images)
        ignored = self._ignored()
        refused = after.promote(self.gallerist, self.policy, ended) if self.options.promote else []
        follow = after.follow(
            self.stack, self.gallerist, self.policy, days=self.options.days, approve=self.options.approve
        )
        follow["promotions"] += refused
        storage.freed_by_deletions = measures.freed(self.images, follow["deletions"])
        return {
            "counts": dict(sorted(batch.counts.items())),
            "left_alone": {str(name): count for name, count in sorted(batch.left_alone.items())},
            "migrations": sorted(migrations, key=lambda one: one.image.lower()),
            "ignored": ignored,
            "hours": round((batch.updated - batch.created) / timedelta(hours=1), 3),
            "arm_calls": calls,
            "storage": storage,
            "money": money(storage, self.options.prices),
            "days": round((self.stack.now() - began) / timedelta(days=1), 2),
            **follow,
        }

    def _batch(self) -> Batch:
        """Starts a batch over every subscription and lets time pass until it ends."""
        limits: BatchChoices = {}
        if self.options.per_subscription is not None:
            limits["per_subscription"] = self.options.per_subscription
        if self.options.per_gallery is not None:
            limits["per_gallery"] = self.options.per_gallery
        scope: list[ScopeChoice] = [{"subscription": one.id} for one in self.snapshot.subscriptions]
        accepted = self.gallerist.start_batch(scope, **limits)
        passed = timedelta(0)
        while passed < LONGEST_BATCH:
            batch = self._when_azure_answers(lambda: self.gallerist.batch(accepted.id))
            ended = sum(batch.counts.values())
            self.options.progress(
                f"{ended} of {batch.selected} migrations ended after {passed} of Azure's time"
            )
            if batch.state is not BatchState.RUNNING:
                return batch
            self.stack.let_pass(LOOK_EVERY)
            passed += LOOK_EVERY
        raise RehearsalError(f"the migrations did not end within {LONGEST_BATCH} of Azure's time")

    def _ignored(self) -> list[LeftAlone]:
        coverage = self._when_azure_answers(lambda: self.gallerist.coverage(category="ignored"))
        while coverage.unread is not None:
            self.stack.let_pass(timedelta(seconds=coverage.unread.retry_after_seconds))
            coverage = self._when_azure_answers(lambda: self.gallerist.coverage(category="ignored"))
        return [
            LeftAlone(image=str(one.image), category=one.category, rule=one.rule, why=one.why)
            for one in coverage.listed or []
        ]

    def _when_azure_answers(self, call: Callable[[], Answer]) -> Answer:
        """Repeats the call while Azure throttles it, after the time that the API asks for."""
        while True:
            try:
                return call()
            except ProblemError as error:
                if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                self.stack.let_pass(timedelta(seconds=error.retry_after_seconds or 1))


@contextmanager
def _start_errors() -> Iterator[None]:
    try:
        yield
    except StartError as error:
        raise RehearsalError(f"the app or the simulated Azure did not start: {error}") from error


def _minutes(passed: timedelta) -> float:
    return round(passed / timedelta(minutes=1), 1)


def _not_in_the_snapshot(snapshot: Snapshot, policy: Policy) -> list[str]:
    """Says which target galleries are in subscriptions that were not read: nothing can be made there."""
    known = {one.id.lower() for one in snapshot.subscriptions}
    templates = [gallery for part in (policy.defaults, *policy.rules) for gallery in part.galleries or []]
    named = [one for one in dict.fromkeys(templates) if "{" not in one]
    return [
        f"the policy names {one}, whose subscription is not in the snapshot: take one with it, too"
        for one in named
        if GalleryId.parse(one).subscription.lower() not in known
    ]


def _assumptions(snapshot: Snapshot, options: Options, rehearsed: Rehearsed) -> list[str]:
    times = (
        "how long Azure takes is drawn from 95 recorded creations (30 s to 17 min, 7 min at the median), "
        f"with the seed {options.seed}; large images take longer"
        if options.seconds is None
        else f"every version takes {options.seconds:g} s in all of its regions"
    )
    faults = (
        "about one request in twenty fails or is throttled, and some regions fail once"
        if options.faults
        else "Azure does not fail; only its limits throttle"
    )
    promotions = (
        "a person promotes the newest version of each definition whose rule promotes"
        if options.promote
        else "nobody promotes a version by hand, and a batch promotes none by itself"
    )
    approvals = (
        "every retirement is approved as soon as it asks"
        if options.approve
        else "nobody approves a retirement"
    )
    return [
        times,
        faults,
        promotions,
        approvals,
        "all migrations start at once, with the moment of the snapshot, and no new images appear",
        "the app's identity may do everything; there are no locks and no Azure Policy assignments",
        "a version that Azure was still working on is finished",
        *rehearsed.changes,
        *(f"not in the snapshot: {one.id}: {one.reason}" for one in snapshot.report.unreadable),
    ]
