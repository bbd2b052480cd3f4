"""The role of promotions has exactly the actions that it needs: a promotion misses each single one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from local.stack import Stack
from tests.contract.infra.bicep import INFRA
from tests.workflow.estate import HERE, POLICY, THERE
from tests.workflow.promotions import (
    Promoter,
    a_definition,
    a_scale_set,
    a_seed,
    a_weekly_window,
)

ACTIONS = json.loads((INFRA / "roles" / "promote.json").read_text(encoding="utf-8"))["actions"]
# what every deployment has, of which a promotion uses the reading and the writing of versions
BASE = [
    action
    for name in ("gallery-reader", "gallery-publisher")
    for action in json.loads((INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8"))["actions"]
]
# Without it the window is there, and nobody knows when it opens.
OPTIONAL = {"Microsoft.Maintenance/maintenanceConfigurations/read"}
CASES = [None, *ACTIONS]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A definition for each case, with a scale set that upgrades soon, and one that waits for its window."""
    folder = tmp_path_factory.mktemp("stack")
    seed = a_seed(
        *(
            a_definition(f"case-{number}", [("1.0.0", False), ("1.0.1", True)])
            for number in range(len(CASES))
        ),
        [
            a_scale_set(f"{kind}-{number}", f"case-{number}", "eastus2", ["1.0.0"] * 5)
            for number in range(len(CASES))
            for kind in ("soon", "windowed")
        ],
        *(a_weekly_window(f"windowed-{number}") for number in range(len(CASES))),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERIST_ALLOW_KEYS_TO_APPROVE", "true")
        patch.setenv("GALLERIST_EVIDENCE_FOLDER", str(folder / "evidence"))
        with Stack(folder, seed, POLICY, one_clock=True) as running:
            running.control("POST", "switches", {"os_upgrade_delay_seconds": 600, "throttling": False})
            yield running


def give_roles(stack: Stack, lacking: str | None) -> None:
    actions = [*BASE, *(action for action in ACTIONS if action != lacking)]
    roles = [
        {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": f"/subscriptions/{name}", "actions": actions}
        for name in (HERE, THERE)
    ]
    stack.control("POST", "roles", {"roles": roles})


def forbidden(stack: Stack) -> set[str]:
    """The last parts of the paths that ARM refused."""
    return {request["path"] for request in stack.control("GET", "requests") if request["status"] == 403}


# all, and one action less; the others in `make test-slow`
@pytest.mark.parametrize(
    "number",
    [0, 1, *(pytest.param(number, marks=pytest.mark.slow) for number in range(2, len(CASES)))],
    ids=lambda number: CASES[number] or "all",
)
def test_a_promotion_works_with_its_role_and_misses_every_single_action(stack: Stack, number: int) -> None:
    """A promotion that may not read its followers does not begin, or does not go on, and says what is missing."""
    lacking = CASES[number]
    promoter = Promoter(stack, f"case-{number}")
    before = forbidden(stack)
    give_roles(stack, lacking)

    problem = story(stack, promoter)

    refused = forbidden(stack) - before
    if lacking is None:
        assert (problem, refused) == ("", set())
    elif lacking in OPTIONAL:
        assert (problem, bool(refused)) == ("", True)
    else:
        assert lacking.lower() in problem.lower()


def story(stack: Stack, promoter: Promoter) -> str:
    """Promotes until both scale sets are looked at; returns what forbids it."""
    started = promoter.post("", version=promoter.version("1.0.1"), rings=[["eastus2"]])
    if started.status_code != httpx.codes.ACCEPTED:
        return started.text
    promoter.until("baking", ring=1)
    stack.let_pass(timedelta(minutes=10))
    promotion = promoter.look()
    waits = str((promotion["waiting_for"] or {}).get("reason", ""))
    answer = stack.http.get(f"{stack.api}/adoption", params={"definition": promoter.definition})
    adoption: dict[str, Any] = answer.json()
    problems = [str(gap["reason"]) for gap in adoption.get("gaps", [])]
    if "cannot be read" in waits or "cannot be looked at" in waits:
        problems.append(waits)
    return "; ".join(problems)
