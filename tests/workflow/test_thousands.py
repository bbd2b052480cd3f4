"""Thousands of managed images, an image definition for each, under the recorded limits of Azure."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import pytest

from api.answers import Batch, Coverage
from client import Gallerist, ProblemError
from domain.fleet.states import BatchState
from local.stack import Stack
from tests.workflow import large_estate as estate

Answer = TypeVar("Answer")

# The recorded limits let a caller list the versions of 3,000 definitions in three minutes: 25 requests a second, and of
# these lists 1,500 at once and then 1,500 in three minutes. Whoever asks for ten minutes has been patient.
PATIENCE = timedelta(minutes=10)
# what the API asks a caller to wait where Azure gives no time
SHORTEST_PAUSE = timedelta(seconds=30)
STEP = timedelta(hours=1)
LONGEST_DRY_RUN = timedelta(hours=12)
# 1,200 image versions may be written in half an hour, 750 definitions too: a day is more than enough
LONGEST_BATCH = timedelta(days=1)


@pytest.mark.parametrize(
    ("images", "migrated"),
    [
        pytest.param(2000, 50, marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
        pytest.param(3000, 3000, marks=[pytest.mark.hour, pytest.mark.timeout(7200)]),
    ],
)
def test_thousands_of_images_are_counted_planned_and_migrated(
    tmp_path: Path, images: int, migrated: int
) -> None:
    """Coverage answers, a dry run plans all images, a batch migrates as many as it may, and coverage counts them."""
    # the limits are those of the simulator, which throttles unless it is told otherwise
    with (
        Stack(tmp_path, estate.seed(images), estate.POLICY, estate.REPLICATION, one_clock=True) as stack,
        Gallerist(stack.api, timeout_seconds=600) as gallerist,
    ):
        stack.subscribe_to_events()
        before = whole_coverage(stack, gallerist, images)
        assert (before.images, before.untouched) == (images, images)

        dry_run = ended_batch(stack, gallerist, LONGEST_DRY_RUN, images, dry_run=True)
        assert (dry_run.state, dry_run.selected, dry_run.counts) == (
            BatchState.COMPLETED,
            images,
            {"migrate": images},
        )
        batch = ended_batch(stack, gallerist, LONGEST_BATCH, migrated)
        assert (batch.state, batch.selected, batch.counts) == (
            BatchState.COMPLETED,
            migrated,
            {"completed": migrated},
        )
        after = whole_coverage(stack, gallerist, images)
        assert (after.images, after.migrated, after.untouched) == (images, migrated, images - migrated)


def whole_coverage(stack: Stack, gallerist: Gallerist, images: int) -> Coverage:
    """Returns the coverage that knows every image, as a caller does who waits as long as the answer asks.

    Raises:
        AssertionError: it still does not know everything after ten minutes.
    """
    passed = timedelta(0)
    while passed <= PATIENCE:
        coverage = answered(stack, gallerist.coverage)
        assert coverage.images == images
        if coverage.unread is None:
            assert coverage.unknown == 0
            return coverage
        pause = timedelta(seconds=coverage.unread.retry_after_seconds)
        stack.let_pass(pause)
        passed += pause
    raise AssertionError(f"after {passed} the coverage does not know {coverage.unknown} images")


def answered(stack: Stack, call: Callable[[], Answer]) -> Answer:
    """Repeats the call while the API asks to wait; each pause passes on the one clock.

    Raises:
        AssertionError: the API still asks to wait after ten minutes.
    """
    passed, tries = timedelta(0), 0
    while passed <= PATIENCE:
        tries += 1
        try:
            return call()
        except ProblemError as error:
            if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            pause = max(timedelta(seconds=error.retry_after_seconds or 0), SHORTEST_PAUSE)
        stack.let_pass(pause)
        passed += pause
    raise AssertionError(f"{tries} calls in {passed} were all answered with 503")


def ended_batch(
    stack: Stack, gallerist: Gallerist, longest: timedelta, limit: int, *, dry_run: bool = False
) -> Batch:
    """Returns the batch over so many images once it has ended, or after this time."""
    started = gallerist.start_batch([estate.SCOPE], limit=limit, dry_run=dry_run)
    passed = timedelta(0)
    while (batch := gallerist.batch(started.id)).state is BatchState.RUNNING and passed < longest:
        stack.let_pass(STEP)
        passed += STEP
    return batch
