"""A worker or the host that dies at any step of a promotion ends none, and leaves no region changed without a word."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.workflow.deaths import dies, has_died
from tests.workflow.estate import POLICY
from tests.workflow.promotions import ENDED, Promoter, a_definition, a_seed

ACTIVITIES = ["plan_promotion", "set_exclusions", "read_exclusions", "look_at_promotion", "record_evidence"]
EPISODES = range(10)
REGIONS = ["eastus2", "westus2", "northeurope"]
STEP = timedelta(minutes=10)
VERSIONS = [("1.0.0", False), ("1.0.1", True)]
EXCLUDED = (True, dict.fromkeys(REGIONS))
CASES = [
    *product(["activity"], ACTIVITIES, [False, True], [0]),
    *product(["activity"], ["set_exclusions", "look_at_promotion"], [True], [1, 2]),
    *product(["episode"], ["promote_version"], [False], EPISODES),
]
# one call of each kind in the normal run; the others are slow
SAMPLE = {("activity", "set_exclusions", True, 0), ("episode", "promote_version", False, 3)}
names = iter(f"victim-{number}" for number in range(len(CASES) + 4))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    victims = [f"victim-{number}" for number in range(len(CASES) + 4)]
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


@pytest.mark.parametrize(
    ("during", "function", "after_effects", "skip"),
    [pytest.param(*case, marks=[] if case in SAMPLE else [pytest.mark.slow]) for case in CASES],
)
def test_a_promotion_goes_on_and_a_rollback_restores_what_was_before(
    stack: Stack, during: str, function: str, skip: int, *, after_effects: bool
) -> None:
    promoter = Promoter(stack, next(names))
    dies(stack, during=during, function=function, after_effects=after_effects, skip=skip, times=1)
    promoter.start("1.0.1", rings=[["eastus2"], ["westus2"]], bake_hours=0)
    promotion = ended(stack, promoter)
    assert has_died(stack)
    assert (promotion["state"], promotion["pending"]) == ("promoted", []), promotion
    assert promoter.flags("1.0.1") == (False, dict.fromkeys(REGIONS, False))
    # the record is that of the first write, however often the promotion was begun
    assert [(one["own"], one["regions"]) for one in promotion["before"]] == [EXCLUDED]

    dies(stack, during=during, function=function, after_effects=after_effects, skip=0, times=1)
    promoter.order("rollback")
    assert ended(stack, promoter)["state"] == "rolled-back"
    # a rollback plans nothing
    assert has_died(stack) == (function != "plan_promotion")
    assert promoter.flags("1.0.1") == EXCLUDED


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
