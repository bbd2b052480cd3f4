"""The roles of retirements have exactly the required actions: an image is retired with all of them, and misses each."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.retirement.states import ENDS
from tests.contract.infra.bicep import INFRA
from tests.workflow.estate import GALLERY, HERE, THERE
from tests.workflow.retiring import Retiring, retiring

OWN = ("retire", "strict")
ROLES = {
    name: json.loads((INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8"))["actions"]
    for name in (*OWN, "references", "gallery-publisher", "gallery-reader", "image-reader")
}
GRANTS = [(name, action) for name in OWN for action in ROLES[name]]
# Without it a retirement goes on and knows less: why a deletion that Azure began has failed.
OPTIONAL = {("retire", "Microsoft.Compute/locations/operations/read")}
LONGEST, STEP = timedelta(days=2), timedelta(hours=2)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retiring]:
    with retiring(tmp_path_factory.mktemp("roles")) as running:
        yield running


def assignments(lacking: tuple[str, str] | None) -> list[dict[str, Any]]:
    """The roles of a deployment whose galleries are `HERE`, and those of retirements in both subscriptions."""

    def at(scope: str, *names: str) -> dict[str, Any]:
        granted = [action for name in names for action in ROLES[name] if (name, action) != lacking]
        return {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": scope, "actions": granted}

    return [
        at(GALLERY, "gallery-publisher", "gallery-reader"),
        at(f"/subscriptions/{HERE}", "image-reader", "references", *OWN),
        at(f"/subscriptions/{THERE}", "references", "strict"),
    ]


def outcome(estate: Retiring, retirement: str, lacking: tuple[str, str] | None) -> dict[str, Any]:
    """The retirement at its end, or as soon as it says which action is missing."""
    for _ in range(int(LONGEST / STEP)):
        estate.stack.let_pass(STEP)
        found = estate.retirement(retirement)
        if found["state"] in ENDS or (lacking and lacking[1] in json.dumps(found)):
            break
        if found["state"] == "awaiting-approval":
            estate.approve(retirement)
    return found


# one action of each role here, the others in `make test-slow`
SAMPLE = {name: grant for name, *_ in GRANTS for grant in GRANTS if grant[0] == name}


@pytest.mark.parametrize(
    "lacking",
    [
        None,
        *(
            grant if grant in SAMPLE.values() else pytest.param(grant, marks=pytest.mark.slow)
            for grant in GRANTS
        ),
    ],
    ids=lambda lacking: ":".join(lacking or ("all",)),
)
def test_an_image_is_retired_with_these_actions_and_misses_every_single_one(
    estate: Retiring, lacking: tuple[str, str] | None
) -> None:
    estate.stack.control("POST", "roles", {"roles": []})
    image = estate.migrated(f"strict-{GRANTS.index(lacking) if lacking else 'all'}")
    estate.stack.control("POST", "roles", {"roles": assignments(lacking)})
    found = outcome(estate, estate.begin(image), lacking)
    missed = lacking[1] in json.dumps(found) if lacking else False
    if lacking is None or lacking in OPTIONAL:
        assert (found["state"], missed) == ("retired", False), found
    else:
        assert missed, found
    if found["state"] not in ENDS:
        # one that was deleted already ends once its policy assignments can be removed
        estate.post(f"retirements/{found['id']}/cancel", reason="the test is over")
        estate.stack.control("POST", "roles", {"roles": []})
        estate.let_hours_pass(7)


def test_no_role_has_a_wildcard_or_an_action_twice() -> None:
    assert not [action for _, action in GRANTS if "*" in action]
    assert len(set(GRANTS)) == len(GRANTS)
