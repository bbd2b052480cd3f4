"""A worker or host that dies at any step of a proof leaves no machine, and the version is proved."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from client import UnexpectedAnswerError
from domain.migration.states import ENDS
from local.stack import Stack
from tests.workflow.deaths import Fault, dies, dies_in_each, in_activities, in_episodes, survived
from tests.workflow.estate import Estate, an_image
from tests.workflow.proofs import left, policy, proofs, seed

ACTIVITIES = [
    "choose_proof_sizes",
    "begin_proof_machine",
    "get_proof_machine",
    "delete_proof_machine",
    "record_evidence",
    "mark_version",
]
# at least so many calls of its orchestrator does a proof take
EPISODES = 8
BETWEEN_DEATHS = 4
LONGEST = timedelta(hours=8)
STEP = timedelta(minutes=10)
IMAGES = 60

names = iter(f"home-victim-{number}" for number in range(IMAGES))


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The app with the timers that continue what was interrupted and delete what was left."""
    document = seed()
    document["resources"] += [an_image(f"home-victim-{number}") for number in range(IMAGES)]
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(
        folder,
        document,
        json.dumps(policy()),
        "seconds:60",
        one_clock=True,
        recovery_schedule="0 */2 * * * *",
        proof_sweep_schedule="0 47 * * * *",
    )
    with stack, Estate(stack) as running:
        yield running


def look(estate: Estate, image_id: str) -> dict[str, Any] | None:
    try:
        return estate.migration(image_id)
    except (UnexpectedAnswerError, httpx.TransportError):
        # the worker took this request along
        return None


def ended(estate: Estate, name: str) -> dict[str, Any]:
    """Lets time pass until the image's migration ends, and until nothing of its proof is left."""
    image_id = an_image(name)["id"]
    for _ in range(int(LONGEST / STEP)):
        estate.stack.let_pass(STEP)
        migration = look(estate, image_id)
        if migration and migration["state"] in ENDS and not left(estate):
            return migration
    raise AssertionError(f"after {LONGEST}: {look(estate, image_id)}, left: {left(estate)}")


def machines(estate: Estate, name: str) -> int:
    """How many machines Azure made from the image's version."""
    return len(
        [
            entry
            for entry in estate.writes("/virtualMachines/")
            if entry["status"] == 201 and f"/{name}/" in entry["body"]
        ]
    )


def proved(estate: Estate, name: str) -> int:
    """The migration ends as proved, with nothing left; returns how many machines that took."""
    migration = ended(estate, name)
    assert migration["state"] == "completed"
    assert [proof["verdict"] for proof in proofs(migration).values()] == ["proved"]
    (version,) = estate.versions(name).values()
    assert version["tags"]["gallerist-proof"].startswith("passed eastus2 ")
    return machines(estate, name)


def worker_dies(estate: Estate, faults: list[Fault], most_machines: int = 1) -> None:
    """The proof is made although the worker dies, with so many machines at most."""
    dies_in_each(estate.stack, faults)
    name = next(names)
    estate.start(an_image(name)["id"])
    assert proved(estate, name) <= most_machines
    assert survived(estate.stack) == []


def kill_host_when(estate: Estate, state: str) -> None:
    """Kills the host when the proof's machine is in this provisioning state."""
    dies(estate.stack, during="activity", function="nothing", times=1)
    name = next(names)
    estate.start(an_image(name)["id"])

    def reached() -> bool:
        resources = estate.stack.control("GET", "state")["resources"]
        return any(
            one["type"] == "Microsoft.Compute/virtualMachines"
            and one["properties"]["provisioningState"] == state
            for one in resources
        )

    estate.stack.until(reached)
    estate.stack.kill_host()
    estate.stack.start_host()
    assert proved(estate, name) == 1


def test_a_worker_that_dies_after_it_asked_for_the_machine(estate: Estate) -> None:
    worker_dies(estate, in_activities(["begin_proof_machine"], after_effects=True))


def test_a_worker_that_dies_in_the_proof_itself(estate: Estate) -> None:
    """A proof whose end was not noted is made again; none runs beside another."""
    worker_dies(estate, in_episodes("verify_version", [2]), most_machines=2)


def test_a_host_that_is_killed_while_the_machine_starts(estate: Estate) -> None:
    kill_host_when(estate, "Creating")


@pytest.mark.slow
@pytest.mark.parametrize("after_effects", [False, True], ids=["before its effects", "after its effects"])
def test_during_every_activity(estate: Estate, *, after_effects: bool) -> None:
    """In one life: what one death leaves behind is there when the next one comes."""
    worker_dies(estate, in_activities(ACTIVITIES, after_effects=after_effects))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BETWEEN_DEATHS))
def test_during_every_fourth_episode_of_the_proof(estate: Estate, first: int) -> None:
    episodes = in_episodes("verify_version", range(first, EPISODES, BETWEEN_DEATHS))
    worker_dies(estate, episodes, most_machines=1 + len(episodes))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(6, 6 + BETWEEN_DEATHS))
def test_during_every_fourth_episode_of_the_migration(estate: Estate, first: int) -> None:
    """Those that come before the proof are hit by the tests of migrations."""
    episodes = in_episodes("migrate_image", range(first, 14, BETWEEN_DEATHS))
    worker_dies(estate, episodes, most_machines=1 + len(episodes))


@pytest.mark.slow
@pytest.mark.parametrize("state", ["Succeeded", "Deleting"])
def test_the_host_while_the_machine_is(estate: Estate, state: str) -> None:
    kill_host_when(estate, state)
