"""Runs Gallerist on the one clock: the app on the embedded host, through its HTTP API."""

import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from api.answers import Batch, Migration
from benchmarks import estate
from benchmarks.figures import Run
from benchmarks.observed import Outcome, Reading, observed
from client import Gallerist
from domain.fleet.states import BatchState
from domain.migration.states import ENDS
from local.stack import Stack, temporary_folder

NAME = "Gallerist"
# a definition whose earlier versions took a known time
NAME_WITH_HISTORY = f"{NAME}, with history"
# Azure says when it has finished; five builds of a gallery prove that it does
NAME_WITH_HINTS = f"{NAME}, with hints"
EARLIER_BUILDS = 3
# what is migrated before a fleet with hints: six images for each gallery
EARLIER_IMAGES = 12
# the clock is moved in steps, and what runs is looked at after each; a step of a large fleet takes minutes of real time
STEP = timedelta(minutes=5)
STEP_OF_ONE = timedelta(minutes=20)
LONGEST = timedelta(days=3)
# a page of a large fleet takes longer than a client usually waits
TIMEOUT_SECONDS = 600


def run(images: list[estate.Image], *, hints: bool = False) -> Run:
    """Migrates these images in one batch, with or without the events of Azure."""
    earlier = estate.earlier(EARLIER_IMAGES) if hints else []
    seeded = [*earlier, *images]
    with temporary_folder() as folder, _stack(folder, seeded) as stack, _client(stack) as gallerist:
        if hints:
            stack.subscribe_to_events()
        for image in earlier:
            _migrate_one(stack, gallerist, image)
        before, wall = Reading.of(stack), time.monotonic()
        batch = _migrate(stack, gallerist)
        seconds, after = time.monotonic() - wall, Reading.of(stack)
        outcome = Outcome(
            NAME_WITH_HINTS if hints else NAME,
            len(images),
            (batch.updated - batch.created).total_seconds(),
            _seen(gallerist),
            batch.counts if batch.state is BatchState.COMPLETED else {str(batch.state): len(images)},
        )
        return observed(stack, outcome, before, after, wall_seconds=seconds)


def run_alone(families: int) -> list[Run]:
    """Migrates images one after the other; returns the figures of first builds, and of builds with a history."""
    rounds = estate.rounds(families, EARLIER_BUILDS + 1)
    images = [image for builds in rounds for image in builds]
    with temporary_folder() as folder, _stack(folder, images) as stack, _client(stack) as gallerist:
        names = [NAME, *[NAME_WITH_HISTORY] * EARLIER_BUILDS]
        runs = [
            _measured_round(stack, gallerist, builds, name)
            for builds, name in zip(rounds, names, strict=True)
        ]
    return [runs[0], runs[-1]]


def run_alone_with_hints(families: int) -> Run:
    """Migrates images one after the other while Azure says when it has finished; returns the last builds' figures."""
    rounds = estate.rounds(families, EARLIER_BUILDS + 1)
    images = [image for builds in rounds for image in builds]
    with temporary_folder() as folder, _stack(folder, images) as stack, _client(stack) as gallerist:
        stack.subscribe_to_events()
        return [_measured_round(stack, gallerist, builds, NAME_WITH_HINTS) for builds in rounds][-1]


def run_alone_at(families: int, pace: str) -> Run:
    """Migrates first builds one after the other, at one of the fixed paces."""
    images = estate.rounds(families, 1)[0]
    with (
        temporary_folder() as folder,
        _stack(folder, images, estate.FIXED_PACES[pace]) as stack,
        _client(stack) as gallerist,
    ):
        return _measured_round(stack, gallerist, images, f"{NAME}, {pace}")


def _measured_round(stack: Stack, gallerist: Gallerist, images: list[estate.Image], name: str) -> Run:
    before, wall = Reading.of(stack), time.monotonic()
    ended = [_migrate_one(stack, gallerist, image) for image in images]
    seconds, after = time.monotonic() - wall, Reading.of(stack)
    outcome = Outcome(
        name,
        len(images),
        sum((one.updated - one.created).total_seconds() for one in ended) / len(ended),
        _seen(gallerist),
        dict(Counter(str(one.state) for one in ended)),
        alone=True,
    )
    return observed(stack, outcome, before, after, wall_seconds=seconds)


def _stack(folder: str, images: list[estate.Image], pace: str = estate.PACE) -> Stack:
    return Stack(Path(folder), estate.seed(images), estate.POLICY, pace, one_clock=True)


def _client(stack: Stack) -> Gallerist:
    return Gallerist(stack.api, timeout_seconds=TIMEOUT_SECONDS)


def _migrate(stack: Stack, gallerist: Gallerist) -> Batch:
    """Starts the batch and lets time pass until it ends. Returns it as it then is."""
    started = gallerist.start_batch([{"subscription": name} for name in estate.SUBSCRIPTIONS])
    passed = timedelta(0)
    while (batch := gallerist.batch(started.id)).state is BatchState.RUNNING and passed < LONGEST:
        stack.let_pass(STEP)
        passed += STEP
    return batch


def _migrate_one(stack: Stack, gallerist: Gallerist, image: estate.Image) -> Migration:
    """Migrates one image. It is looked at every 20 minutes only, so that looks are no part of the cost."""
    started = gallerist.start_migration(image.id)
    passed = timedelta(0)
    while (migration := gallerist.migration(started.id)).state not in ENDS and passed < LONGEST:
        stack.let_pass(STEP_OF_ONE)
        passed += STEP_OF_ONE
    return migration


def _seen(gallerist: Gallerist) -> dict[str, datetime]:
    """When the migration of each version was completed, as the API shows it."""
    return {
        str(target.version_id).lower(): migration.updated
        for migration in gallerist.migrations(state="completed")
        for target in migration.targets
    }
