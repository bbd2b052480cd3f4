"""A worker or the host that dies at any step of a promotion ends none, and leaves no region changed without a word."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.workflow.deaths import Fault, dies_in_each, in_activities, in_episodes, survived
from tests.workflow.estate import POLICY
from tests.workflow.promotions import ENDED, Promoter, a_definition, a_seed

READING = ["plan_promotion", "read_exclusions", "look_at_promotion"]
WRITING = ["set_exclusions", "record_evidence"]
EPISODES = 10
BETWEEN_DEATHS = 3
REGIONS = ["eastus2", "westus2", "northeurope"]
STEP = timedelta(minutes=10)
VERSIONS = [("1.0.0", False), ("1.0.1", True)]
EXCLUDED = (True, dict.fromkeys(REGIONS))
VICTIMS = 14
names = iter(f"victim-{number}" for number in range(VICTIMS))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    victims = [f"victim-{number}" for number in range(VICTIMS)]
    seed = a_seed(
        *(a_definition(name, VERSIONS) for name in victims),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERIST_ALLOW_KEYS_TO_APPROVE", "true")
        patch.setenv("GALLERIST_EVIDENCE_FOLDER", str(folder / "evidence"))
        with Stack(
            folder, seed, POLICY, "seconds:60", one_clock=True, recovery_schedule="0 */10 * * * *"
        ) as running:
            yield running


def ended(stack: Stack, promoter: Promoter) -> dict[str, Any]:
    """Lets time pass until the promotion has ended. The worker may take a request along."""
    for _ in range(100):
        stack.let_pass(STEP)
        answer = stack.http.get(f"{stack.api}/promotions/{promoter.id}")
        if answer.status_code == httpx.codes.OK and answer.json()["state"] in ENDED:
            promotion: dict[str, Any] = answer.json()
            return promotion
    raise AssertionError(answer.text)


def goes_on(stack: Stack, faults: list[Fault]) -> None:
    """The promotion ends as it should, and its rollback restores what was before, although the worker dies in both."""
    promoter = Promoter(stack, next(names))
    dies_in_each(stack, faults)
    promoter.start("1.0.1", rings=[["eastus2"], ["westus2"]], bake_hours=0)
    promotion = ended(stack, promoter)
    assert survived(stack) == []
    assert (promotion["state"], promotion["pending"]) == ("promoted", []), promotion
    assert promoter.flags("1.0.1") == (False, dict.fromkeys(REGIONS, False))
    # the record is that of the first write, however often the promotion was begun
    assert [(one["own"], one["regions"]) for one in promotion["before"]] == [EXCLUDED]

    # a rollback has fewer steps
    dies_in_each(stack, [{**one, "skip": 0} for one in faults])
    promoter.order("rollback")
    assert ended(stack, promoter)["state"] == "rolled-back"
    # it plans nothing
    functions = [one["function"] for one in faults]
    assert [one["function"] for one in survived(stack)] == [
        one for one in functions if one == "plan_promotion"
    ]
    assert promoter.flags("1.0.1") == EXCLUDED


def test_a_worker_that_dies_after_it_wrote_the_flags(stack: Stack) -> None:
    goes_on(stack, in_activities(["set_exclusions"], after_effects=True))


def test_a_worker_that_dies_during_an_episode(stack: Stack) -> None:
    goes_on(stack, in_episodes("promote_version", [3]))


@pytest.mark.slow
@pytest.mark.parametrize("after_effects", [False, True], ids=["before its effects", "after its effects"])
@pytest.mark.parametrize("activities", [READING, WRITING], ids=["reading", "writing"])
def test_a_worker_that_dies_during_every_activity(
    stack: Stack, activities: list[str], *, after_effects: bool
) -> None:
    """In one life: what one death leaves behind is there when the next one comes.

    A repeated write finds the flags as they should be, and nothing is read back: what reads has a life of its own.
    """
    goes_on(stack, in_activities(activities, after_effects=after_effects))


@pytest.mark.slow
@pytest.mark.parametrize("skip", [1, 2])
def test_a_worker_that_dies_in_a_later_ring(stack: Stack, skip: int) -> None:
    faults = in_activities(["set_exclusions", "look_at_promotion"], after_effects=True)
    goes_on(stack, [{**one, "skip": skip} for one in faults])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BETWEEN_DEATHS))
def test_a_worker_that_dies_during_every_third_episode(stack: Stack, first: int) -> None:
    goes_on(stack, in_episodes("promote_version", range(first, EPISODES, BETWEEN_DEATHS)))


@pytest.mark.slow
def test_the_host_is_killed_between_the_rings(stack: Stack) -> None:
    httpx.delete(f"{stack.host['url']}/_host/faults").raise_for_status()
    promoter = Promoter(stack, next(names))
    promoter.start("1.0.1", rings=[["eastus2"], ["westus2"]], bake_hours=1)
    promoter.until("baking", ring=1)
    stack.kill_host()
    stack.start_host()
    half = promoter.look()
    assert (list(half["promoted"]), half["pending"]) == (["eastus2"], ["westus2", "northeurope"])
    assert ended(stack, promoter)["state"] == "promoted"
