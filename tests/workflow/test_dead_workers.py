"""A worker that dies during any activity, entity or episode, once or five times in a row, ends no migration."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from client import Gallerist, UnexpectedAnswerError
from domain.migration.states import ENDS
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.stack import Stack
from tests.workflow.deaths import dies, dies_in_each, in_activities, survived
from tests.workflow.estate import GALLERY, POLICY, SEED, TWIN, an_image

# how many calls of its orchestrator a migration of one gallery takes at least: every one of them is hit
EPISODES = 8
ACTIVITIES = [
    "get_managed_image",
    "plan_migration",
    "ensure_image_definition",
    "list_image_versions",
    "begin_image_version",
    "get_replication_status",
]
CHILDREN = ["prepare_definition", "publish_version"]
LONGEST = timedelta(hours=8)
STEP = timedelta(minutes=30)

# a single death is the milder case
once_or_five_times = pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.slow), 5])

IMAGES = 12
# the first version comes from the image, and the other two, side by side, are copies of it
THIRD = f"{GALLERY}_third"
THREE = f"""\
  - name: triplets
    match: {{names: ["triplet-*"]}}
    galleries: [{GALLERY}, {TWIN}, {THIRD}]
"""
names = iter(f"victim-{number}" for number in range(IMAGES))
triplets = iter(f"triplet-{number}" for number in range(IMAGES))
twins = iter(f"twin-{number}" for number in range(IMAGES))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The app and Azure on one clock, with the timer that continues what was interrupted."""
    images = [
        an_image(f"{kind}-{number}") for kind in ("victim", "twin", "triplet") for number in range(IMAGES)
    ]
    third = {"id": THIRD, "location": "eastus2", "properties": {}}
    folder: Path = tmp_path_factory.mktemp("stack")
    seed = {**SEED, "resources": [*SEED["resources"], third, *images]}
    with Stack(
        folder, seed, POLICY + THREE, "seconds:60", one_clock=True, recovery_schedule="0 */2 * * * *"
    ) as running:
        yield running


def migrated(stack: Stack, name: str) -> dict[str, Any]:
    """Starts the image's migration, and lets time pass until it ends."""
    image_id = an_image(name)["id"]
    with Gallerist(stack.api) as gallerist:
        gallerist.start_migration(image_id)
        for _ in range(int(LONGEST / STEP)):
            stack.let_pass(STEP)
            try:
                migration = gallerist.migration(migration_id(ImageId.parse(image_id)))
            except UnexpectedAnswerError:
                # the worker took this request along
                continue
            if migration.state in ENDS:
                return migration.model_dump(mode="json")
    raise AssertionError(f"after {LONGEST} the migration is {migration.state}: {migration.reason}")


def versions(stack: Stack, name: str) -> list[str]:
    """The galleries that have a version of this definition, one entry for each version."""
    found = stack.control("GET", "state")["resources"]
    ids = [resource["id"].lower() for resource in found]
    return sorted(one.partition(f"/images/{name}/")[0] for one in ids if f"/images/{name}/versions/" in one)


@once_or_five_times
@pytest.mark.parametrize("after_effects", [False, True], ids=["before its effects", "after its effects"])
def test_during_every_activity(stack: Stack, times: int, *, after_effects: bool) -> None:
    """In one life: what one death leaves behind is there when the next one comes."""
    dies_in_each(stack, in_activities(ACTIVITIES, after_effects=after_effects, times=times))
    # the numbers of a definition are read once more for the copies of a version only
    name = next(twins)
    assert migrated(stack, name)["state"] == "completed"
    assert versions(stack, name) == sorted([GALLERY.lower(), TWIN.lower()])
    assert survived(stack) == []


@once_or_five_times
def test_during_the_reservation_of_a_number(stack: Stack, times: int) -> None:
    dies(stack, during="entity", function="version_ledger", times=times)
    name = next(names)
    migration = migrated(stack, name)
    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "1.0.0")
    assert survived(stack) == []


@once_or_five_times
def test_during_every_episode_of_the_migration(stack: Stack, times: int) -> None:
    """Nothing inside the orchestrator can catch it: the timer continues the migration."""
    # each call is let through after it was hit so often
    dies_in_each(
        stack,
        [
            {"during": "episode", "function": "migrate_image", "skip": (times + 1) * episode, "times": times}
            for episode in range(EPISODES)
        ],
    )
    name = next(names)
    assert migrated(stack, name)["state"] == "completed"
    assert versions(stack, name) == [GALLERY.lower()]
    assert survived(stack) == []


@once_or_five_times
def test_during_an_episode_of_each_child(stack: Stack, times: int) -> None:
    """What is done for more than one gallery at once is done by child orchestrations."""
    dies_in_each(stack, [{"during": "episode", "function": child, "times": times} for child in CHILDREN])
    name = next(triplets)
    assert migrated(stack, name)["state"] == "completed"
    assert versions(stack, name) == sorted(one.lower() for one in (GALLERY, TWIN, THIRD))
    assert survived(stack) == []


def test_a_worker_that_hangs_until_the_timeout_is_one_that_died(stack: Stack) -> None:
    dies(stack, kind="worker-hangs", during="activity", function="begin_image_version", after_effects=True)
    name = next(names)
    assert migrated(stack, name)["state"] == "completed"
    assert versions(stack, name) == [GALLERY.lower()]
