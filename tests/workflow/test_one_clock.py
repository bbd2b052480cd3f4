"""App and Azure on one virtual clock: a day passes in seconds, and gives the same figures every time."""

import math
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from client import Gallerist
from domain.fleet.states import BatchState
from domain.migration.states import ENDS, MigrationState
from local.stack import START, NothingDueError, Stack
from tests.workflow.estate import HERE, PACE, POLICY, SEED, Estate, an_image

DAY = timedelta(days=1)


def a_seed(images: int) -> dict[str, Any]:
    builds = [an_image(f"family-{build}") for build in range(images)]
    return {**SEED, "resources": [*SEED["resources"], *builds]}


def a_day(folder: Path, images: int) -> dict[str, Any]:
    """Migrates these images in a batch, lets a day pass, and returns every figure of it."""
    with (
        Stack(folder, a_seed(images), POLICY, PACE, one_clock=True) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        batch = gallerist.start_batch([{"subscription": HERE}])
        stack.let_pass(DAY)
        ended = gallerist.batch(batch.id)
        migrations = list(gallerist.migrations())
        requests = stack.control("GET", "requests")
    assert ended.state is BatchState.COMPLETED
    assert {migration.state for migration in migrations} == {MigrationState.COMPLETED}
    return {
        "counts": ended.counts,
        "versions": sorted(str(migration.targets[0].version_id) for migration in migrations),
        "times": {
            migration.image.name: (migration.created.isoformat(), migration.updated.isoformat())
            for migration in migrations
        },
        "requests": Counter((entry["method"], entry["status"]) for entry in requests),
    }


@pytest.mark.parametrize("images", [3, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_a_day_gives_the_same_figures_twice_to_the_digit(tmp_path: Path, images: int) -> None:
    """Nothing depends on how fast the machine is."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    assert a_day(tmp_path / "first", images) == a_day(tmp_path / "second", images)


def test_a_migration_takes_as_long_as_its_replication_and_the_next_look(tmp_path: Path) -> None:
    """Figures are exact: a first wait for the definition, 428 seconds of replication, the seventh look."""
    with (
        Stack(tmp_path, a_seed(1), POLICY, PACE, one_clock=True) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        started = gallerist.start_migration(an_image("family-0")["id"])
        stack.let_pass(DAY)
        migration = gallerist.migration(started.id)
    assert migration.created == datetime.fromisoformat(START)
    # 5 seconds for the definition, then 90 seconds that grow by 1.318; timers wait for whole seconds
    looked = 90
    for _ in range(6):
        looked += math.ceil(looked * 0.318)
    assert migration.updated - migration.created == timedelta(seconds=5 + looked)


@pytest.mark.slow
def test_the_processor_is_used_by_work_and_not_by_time_that_passes(tmp_path: Path) -> None:
    """App, host and simulator each report their own share: what a benchmark compares."""
    with (
        Stack(tmp_path, a_seed(6), POLICY, PACE, one_clock=True) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        gallerist.health()
        start = stack.cpu()
        stack.let_pass(DAY)
        waiting = stack.cpu().since(start)
        gallerist.start_batch([{"subscription": HERE}])
        stack.let_pass(DAY)
        working = stack.cpu().since(start)

    assert min(start) > 0
    assert all(waited < worked / 3 for waited, worked in zip(waiting, working, strict=True)), (
        waiting,
        working,
    )


def test_a_wait_for_what_cannot_happen_any_more_fails_at_once(estate: Estate) -> None:
    with pytest.raises(NothingDueError, match="nothing is due any more"):
        estate.eventually(lambda: None)


def test_a_wait_ends_after_its_virtual_time(estate: Estate) -> None:
    estate.write(an_image("slow"))
    with pytest.raises(TimeoutError, match="within 0:01:00 of virtual time"):
        estate.stack.until(lambda: None, within=timedelta(minutes=1))


def test_a_condition_sees_every_state_of_a_migration(estate: Estate) -> None:
    """Time stands until the test lets it pass; no state is over before the test looks."""
    estate.stack.control("POST", "events", {"lose_next": 1})
    image = estate.write(an_image("seen"))
    estate.start(image)
    states: list[str] = []

    def look() -> bool:
        states.append((estate.migration(image) or {})["state"])
        return states[-1] in ENDS

    estate.eventually(look)
    assert list(dict.fromkeys(states)) == ["preparing", "replicating", "completed"]
