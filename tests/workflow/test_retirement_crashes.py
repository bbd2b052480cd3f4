"""Whatever dies at whatever step of a retirement: nothing is deleted twice, too early or without a certificate."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from client import UnexpectedAnswerError
from domain.retirement.states import ENDS
from tests.workflow.deaths import Fault, dies_in_each, in_activities, in_episodes, survived
from tests.workflow.retiring import POLICY, Retiring, retiring

ACTIVITIES = [
    "read_retirement",
    "plan_scan",
    "scan_references",
    "protect_versions",
    "place_guards",
    "remove_guards",
    "store_certificate",
    "delete_managed_image",
    "see_image",
    "complete_certificate",
]
# how often the orchestrator is called at least, from the start to the end
EPISODES = 24
BETWEEN_DEATHS = 3
LONGEST, STEP = timedelta(days=4), timedelta(hours=1)
SOAK = timedelta(days=0.5)
names = (f"strict-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retiring]:
    # begun by hand, so that what dies is chosen before the first step
    policy = POLICY.replace("when: after-approval", "when: never")
    with retiring(tmp_path_factory.mktemp("stack"), policy, recovery_schedule="0 */30 * * * *") as running:
        yield running


def ended(estate: Retiring, retirement: str, step: timedelta = STEP) -> dict[str, Any]:
    """Lets time pass until the retirement ends, and approves it whenever it asks. Requests may die with the worker."""
    for _ in range(int(LONGEST / step)):
        estate.stack.let_pass(step)
        try:
            answer = estate.http.get(f"{estate.stack.api}/retirements/{retirement}")
            found = answer.json() if answer.status_code == 200 else {}
            if found.get("state") in ENDS:
                return found
            if found.get("state") == "awaiting-approval":
                body = {"fingerprint": found["fingerprint"], "reason": "the fleet moved"}
                estate.post(f"retirements/{retirement}/approve", **body)
        except (httpx.HTTPError, UnexpectedAnswerError):
            continue
    raise AssertionError(estate.retirement(retirement))


def check(estate: Retiring, image: str, retirement: str, begun: datetime) -> None:
    """Deleted once, not before the soak was over, and each DELETE after a certificate; nothing is left in Azure."""
    assert not estate.exists(image)
    accepted = [entry for entry in estate.deletes(image) if entry["status"] == 202]
    assert len(accepted) == 1
    (deleted,) = (datetime.fromisoformat(entry["time"]) for entry in accepted)
    assert deleted - begun >= SOAK
    documents = estate.evidence(f"certificates/{retirement}")
    made = [datetime.fromisoformat(one["made_at"]) for one in documents if "made_at" in one]
    assert min(made) <= deleted
    completed = [one for one in documents if one["kind"] == "deletion"]
    assert len(completed) == 1
    requests = estate.stack.control("GET", "requests")
    guards = [entry for entry in requests if "policyAssignments/gallerist" in entry["path"]]
    name = retirement.removeprefix("retirement-")
    own = [(entry["method"], entry["status"]) for entry in guards if name in entry["path"]]
    assert own[-1][0] == "DELETE"


def worker_dies(estate: Retiring, faults: list[Fault]) -> None:
    image = estate.migrated(next(names))
    dies_in_each(estate.stack, faults)
    at = estate.stack.now()
    retirement = estate.begin(image)
    end = ended(estate, retirement)
    assert end["state"] == "retired", end
    assert survived(estate.stack) == []
    check(estate, image, retirement, at)


@pytest.mark.parametrize("activity", ["delete_managed_image", "store_certificate"])
def test_a_worker_that_dies_after_the_effects_of_an_activity(estate: Retiring, activity: str) -> None:
    worker_dies(estate, in_activities([activity], after_effects=True))


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("after_effects", [False, True], ids=["before its effects", "after its effects"])
def test_a_worker_that_dies_during_every_activity(
    estate: Retiring, times: int, *, after_effects: bool
) -> None:
    """In one life: what one death leaves behind is there when the next one comes."""
    faults = in_activities(ACTIVITIES, after_effects=after_effects, times=times)
    if after_effects:
        # what was deleted is not deleted again
        faults = [
            {**one, "times": 1 if one["function"] == "delete_managed_image" else times} for one in faults
        ]
    worker_dies(estate, faults)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BETWEEN_DEATHS))
def test_a_worker_that_dies_during_every_third_episode(estate: Retiring, first: int) -> None:
    """Nothing inside the orchestrator can catch it: the timer continues the retirement."""
    worker_dies(estate, in_episodes("retire_image", range(first, EPISODES, BETWEEN_DEATHS)))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(BETWEEN_DEATHS))
def test_a_worker_that_dies_during_every_third_episode_of_the_scans(estate: Retiring, first: int) -> None:
    """Answers may be lost that no rewind brings back: another scan is begun."""
    worker_dies(estate, in_episodes("find_users", range(first, EPISODES, BETWEEN_DEATHS)))


@pytest.mark.slow
def test_a_host_that_is_killed_at_every_moment(estate: Retiring) -> None:
    """From the moment at which the approval was given on, the host is killed after each step."""
    image, retirement = estate.awaiting(next(names))
    at = estate.stack.now() - SOAK
    assert estate.approve(retirement).status_code == 202
    for _ in range(30):
        estate.stack.kill_host()
        estate.stack.start_host()
        if estate.retirement(retirement)["state"] in ENDS:
            break
        estate.stack.let_next_happen()
    assert estate.waits(retirement, "retired")
    check(estate, image, retirement, at)
