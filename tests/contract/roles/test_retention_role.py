"""The roles of retention have exactly the required actions: without any of them nothing is deleted, and it says why."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.retention.run import ENDS
from local.stack import Stack
from tests.contract.infra.bicep import INFRA
from tests.workflow.estate import HERE, SEED, THERE
from tests.workflow.test_retention import PLAIN, START, definition, version
from tests.workflow.test_retention_crashes import POLICY, CrashStack, timedelta

ROLES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (INFRA / "roles").glob("*.json")
}
OTHERS = ("gallery-reader", "gallery-publisher", "image-reader", "references")
OWN_ROLES = ("retention", "retention-locks")
OWN = [action for name in OWN_ROLES for action in ROLES[name]["actions"]]
# what only the steps of retention write, and a migration too
SHARED = [
    "Microsoft.Compute/galleries/images/versions/write",
    "Microsoft.Compute/galleries/images/versions/read",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A definition for each case, whose oldest version is to be deleted and whose next one is to be excluded."""
    excluded = {"gallerist-retention": (START - timedelta(days=30)).isoformat()}
    resources = [{"id": PLAIN, "location": "eastus2", "properties": {}}]
    for name in (name_of(lacking) for lacking in (None, *OWN, *SHARED)):
        resources += [
            definition(PLAIN, name),
            version(PLAIN, name, "1.0.0", tags=excluded),
            *(version(PLAIN, name, f"1.0.{patch}") for patch in range(1, 4)),
        ]
    folder: Path = tmp_path_factory.mktemp("stack")
    with CrashStack(folder, {**SEED, "resources": resources}, POLICY, "seconds:5", one_clock=True) as running:
        yield running


def name_of(lacking: str | None) -> str:
    return (lacking or "all").rpartition("Microsoft.")[2].replace("/", "-").lower()


def steps(stack: Stack, lacking: str | None) -> tuple[dict[str, str], str]:
    """Applies retention without one action; returns what became of each step, and everything that was said."""

    def at(scope: str, *names: str) -> dict[str, Any]:
        actions = [action for name in names for action in ROLES[name]["actions"] if action != lacking]
        return {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": scope, "actions": actions}

    # where Bicep assigns them: versions can be deleted in the galleries alone
    roles = [
        *(at(f"/subscriptions/{name}", *OTHERS, "retention-locks") for name in (HERE, THERE)),
        at(PLAIN, "retention"),
    ]
    stack.control("POST", "roles", {"roles": roles})
    started = httpx.post(
        f"{stack.api}/retention/apply",
        json={"definition": f"{PLAIN}/images/{name_of(lacking)}"},
        timeout=30,
    )
    if started.is_error:
        return {}, started.text
    address = started.headers["Location"]

    def look() -> Any:
        run = httpx.get(address, timeout=30).json()
        return run if run["state"] in ENDS else None

    run = stack.until(look)
    return {step["step"]: step["outcome"] for step in run["steps"]}, json.dumps(run)


def test_everything_passes_with_exactly_these_actions(stack: Stack) -> None:
    outcomes, said = steps(stack, None)
    assert outcomes == {"delete": "taken", "exclude": "taken"}, said


@pytest.mark.parametrize("lacking", OWN)
def test_without_an_action_of_the_role_nothing_is_deleted(stack: Stack, lacking: str) -> None:
    outcomes, said = steps(stack, lacking)
    assert outcomes == {"delete": "left", "exclude": "taken"}
    assert lacking.lower() in said.lower()


@pytest.mark.parametrize("lacking", SHARED)
def test_retention_needs_the_roles_of_migrations_too(stack: Stack, lacking: str) -> None:
    outcomes, said = steps(stack, lacking)
    assert outcomes.get("exclude") != "taken"
    assert lacking.lower() in said.lower()


def test_the_role_of_notices_is_one_data_action() -> None:
    """The built-in role EventGrid Data Sender has the same one (documented). ARM's roles do not reach a topic."""
    assert ROLES["notify"]["actions"] == []
    assert ROLES["notify"]["dataActions"] == ["Microsoft.EventGrid/events/send/action"]
