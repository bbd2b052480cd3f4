"""The roles of `verify` have exactly the required actions: proofs are made with all of them, and not without one."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.resources.permissions import PROOF_ACTIONS, SIZE_ACTIONS, SUBNET_ACTIONS
from local.stack import Stack
from tests.contract.infra.bicep import INFRA
from tests.contract.roles.test_roles import ROLES as GIVEN_ROLES
from tests.workflow.estate import Estate, an_image

VERIFY = ("verify", "verify-subnet", "verify-sizes")
ROLES = {
    name: json.loads((INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8"))["actions"]
    for name in VERIFY
}
GRANTS = [(name, action) for name, actions in ROLES.items() for action in actions]
CASES: list[tuple[str, str] | None] = [None, *GRANTS]


def subscription(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-00000000000f"


def group(number: int, name: str) -> str:
    return f"/subscriptions/{subscription(number)}/resourceGroups/{name}"


def gallery(number: int) -> str:
    return f"{group(number, 'images')}/providers/Microsoft.Compute/galleries/golden"


def subnet(number: int) -> str:
    return f"{group(number, 'net')}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs"


def image(number: int) -> dict[str, Any]:
    document = an_image("proved")
    return document | {"id": f"{group(number, 'images')}/providers/Microsoft.Compute/images/proved"}


def assignments(number: int, lacking: tuple[str, str] | None) -> Iterator[dict[str, Any]]:
    """The roles of every deployment on the whole subscription, and those of proofs where they belong."""
    scopes = {
        "verify": group(number, "proofs"),
        "verify-subnet": subnet(number),
        "verify-sizes": f"/subscriptions/{subscription(number)}",
    }
    for role in GIVEN_ROLES.values():
        yield {
            "principal": SYSTEM_ASSIGNED_CLIENT_ID,
            "scope": f"/subscriptions/{subscription(number)}",
            "actions": role["actions"],
        }
    for name, actions in ROLES.items():
        yield {
            "principal": SYSTEM_ASSIGNED_CLIENT_ID,
            "scope": scopes[name],
            "actions": [action for action in actions if (name, action) != lacking],
        }


def rule(number: int) -> dict[str, Any]:
    verify = {"mode": "boot", "resource_group": "proofs", "subnets": {"eastus2": subnet(number)}}
    return {
        "name": f"case {number}",
        "match": {"subscriptions": [subscription(number)]},
        "galleries": [gallery(number)],
        "verify": verify,
    }


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """One app for the subscriptions of all cases; a terminated proof of each is swept, too."""
    numbers = range(len(CASES))
    seed = {
        "subscriptions": [{"id": subscription(number), "name": str(number)} for number in numbers],
        "resourceGroups": [
            {"subscription": subscription(number), "name": name, "location": "eastus2"}
            for number in numbers
            for name in ("images", "proofs", "net")
        ],
        "resources": [
            one
            for number in numbers
            for one in (image(number), {"id": gallery(number), "location": "eastus2", "properties": {}})
        ],
        "roles": [one for number, lacking in enumerate(CASES) for one in assignments(number, lacking)],
    }
    policy = {"defaults": {"action": "ignore"}, "rules": [rule(number) for number in numbers]}
    folder = tmp_path_factory.mktemp("roles")
    stack = Stack(folder, seed, json.dumps(policy), "seconds:60", one_clock=True)
    with stack, Estate(stack) as running:
        yield running


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: ":".join(CASES[number] or ("all",)))
def test_proofs_need_every_single_action(estate: Estate, number: int) -> None:
    """A missing action is stated before anything is written, with the scope where it is missing."""
    lacking = CASES[number]
    image_id = image(number)["id"]
    estate.start(image_id)
    migration = estate.ended(image_id)
    refused = [
        entry["path"]
        for entry in estate.stack.control("GET", "requests")
        if entry["status"] == httpx.codes.FORBIDDEN and subscription(number) in entry["path"]
    ]
    assert refused == []
    if lacking is None:
        assert migration["state"] == "completed"
        assert migration["warnings"] == []
    else:
        assert migration["state"] == "blocked"
        assert f"lacks {lacking[1]} at " in migration["reason"]
        assert f"give the identity a role with {lacking[1]} at " in migration["fix"]


@pytest.mark.slow
def test_azure_refuses_what_the_plan_would_have_refused(estate: Estate) -> None:
    """Where the permissions cannot be read, the plan goes on, and each missing action is refused by the service."""
    unreadable = {
        "path": "/Microsoft.Authorization/permissions",
        "status": 403,
        "code": "AuthorizationFailed",
    }
    estate.stack.control("POST", "faults", {**unreadable, "times": 100_000})
    numbers = range(1, len(CASES))
    for number in numbers:
        estate.start(image(number)["id"])
    found = {number: estate.ended(image(number)["id"]) for number in numbers}
    for number, migration in found.items():
        lacking = CASES[number]
        assert lacking is not None
        told = [migration["reason"] or "", *migration["warnings"]]
        assert [text for text in told if f"perform action '{lacking[1]}'" in text], (lacking, told)


def test_a_plan_checks_every_action_of_the_roles() -> None:
    assert set(ROLES["verify"]) == set(PROOF_ACTIONS)
    assert set(ROLES["verify-subnet"]) == set(SUBNET_ACTIONS)
    assert set(ROLES["verify-sizes"]) == set(SIZE_ACTIONS)


def test_no_role_has_a_wildcard_or_an_action_twice() -> None:
    assert not [action for _, action in GRANTS if "*" in action]
    assert len(set(GRANTS)) == len(GRANTS)
