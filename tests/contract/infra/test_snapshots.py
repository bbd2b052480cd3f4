"""What the snapshots would create in Azure keeps the rules. `make scan-infra` compares them with the compiler."""

import copy
import json
import re

import pytest

from scripts.compile_infra import INFRA, SNAPSHOTS
from tests.contract.infra.compiled import Resource
from tests.contract.infra.rules import DECIDED_BY_CHANCE, typed
from tests.contract.infra.snapshots import ASSIGNMENT, NAMES, assignments, ids, load, too_wide

DOCUMENTED = {
    "default",
    "private-network",
    "existing-network",
    "scheduler",
    "existing-topic",
    "several-subscriptions",
    "every-part",
    "second-environment",
    "entra",
}


def test_every_documented_path_has_a_snapshot() -> None:
    """Each file that is deployed has a snapshot, and no snapshot is left over from a former path."""
    assert set(NAMES) >= DOCUMENTED
    used = {
        line.split("'")[1].removeprefix("../")
        for name in NAMES
        for line in (SNAPSHOTS / f"{name}.bicepparam").read_text(encoding="utf-8").splitlines()
        if line.startswith("using ")
    }
    assert used == {file.name for file in INFRA.glob("*.bicep")}
    assert {file.name.removesuffix(".snapshot.json") for file in SNAPSHOTS.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiler_can_evaluate_it(name: str) -> None:
    snapshot = json.loads((SNAPSHOTS / f"{name}.snapshot.json").read_text(encoding="utf-8"))
    assert snapshot["predictedResources"]
    assert snapshot["diagnostics"] == []


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_the_app_is_told_of_the_authentication_that_is_deployed(name: str) -> None:
    """It needs no key then. Not told, it would ask for a key besides."""
    configs = [one for one in load(name) if one["type"] == "Microsoft.Web/sites/config"]
    authentication = [one for one in configs if one["name"].endswith("/authsettingsV2")]
    (settings,) = [one for one in configs if one["name"].endswith("/appsettings")]
    told = re.search(r"GALLERIST_AUTHENTICATION['\"][:,] ['\"](\w+)", json.dumps(settings["properties"]))
    assert told is not None
    assert (told[1], len(authentication)) in {("keys", 0), ("entra", 1)}
    assert (told[1] == "entra") == (name == "entra")
    for one in authentication:
        assert one["properties"]["platform"]["enabled"] is True
        validation = one["properties"]["globalValidation"]
        assert validation["requireAuthentication"] is True
        assert validation["unauthenticatedClientAction"] == "Return401"


def test_two_environments_share_nothing() -> None:
    """In one subscription and region: they share the system topic, which the second one does not create."""
    first = ids("default", "default-events")
    second = ids("second-environment", "second-environment-events")
    assert first & second == set()
    assert len([one for one in second if "/eventsubscriptions/" in one]) == 2


def test_the_first_environment_shares_everything_with_itself() -> None:
    """The comparison of ids sees what is shared: the same environment on another topic has the same ids."""
    assert len(ids("default") & ids("existing-topic")) > 30


@pytest.mark.parametrize("name", NAMES)
def test_no_role_has_a_wider_scope_than_its_part_needs(name: str) -> None:
    assert too_wide(load(name)) == []


def test_every_role_is_seen_in_a_snapshot() -> None:
    """A role that no snapshot assigns would be held against nothing."""
    seen = {role for name in NAMES for role, _ in assignments(load(name))}
    files = {
        json.loads(file.read_text(encoding="utf-8"))["roleName"] for file in (INFRA / "roles").glob("*.json")
    }
    assert files - seen == set()
    assert len(seen - files) == 5


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("Microsoft.Compute/galleries", "/subscriptions/s/resourceGroups/images"),
        ("Microsoft.Compute/galleries", "/subscriptions/s"),
        ("Microsoft.Storage/storageAccounts", "/subscriptions/s/resourceGroups/rg-prod"),
        ("Microsoft.EventGrid/topics", "/providers/Microsoft.Management/managementGroups/platform"),
        ("'rg-prod-proofs'", "/subscriptions/s"),
    ],
)
def test_a_wider_scope_is_caught(role: str, scope: str) -> None:
    resources = copy.deepcopy(load("every-part"))
    assignment = next(r for r in resources if r["type"] == ASSIGNMENT and role in r["id"])
    assignment["id"] = f"{scope}/providers/{ASSIGNMENT}/name"
    (fault,) = too_wide(resources)
    assert fault.endswith(f"is assigned to {scope}")


@pytest.mark.parametrize("name", NAMES)
def test_azures_types_take_every_evaluated_value(name: str) -> None:
    resources = [Resource(body["type"], body["apiVersion"], body, "") for body in load(name)]
    assert [fault for resource in resources for fault in typed(resource)] == []


@pytest.mark.parametrize("name", NAMES)
def test_public_access_is_said_outright(name: str) -> None:
    decided = [
        r["properties"].get("publicNetworkAccess") for r in load(name) if r["type"] in DECIDED_BY_CHANCE
    ]
    assert set(decided) <= {"Enabled", "Disabled"}


def test_a_private_deployment_closes_storage_and_leaves_the_site_to_its_rules() -> None:
    """Event Grid and azd come from outside; the site's rules let only them through."""
    access = {
        r["type"]: r["properties"]["publicNetworkAccess"]
        for r in load("private-network")
        if "stdead" not in r["id"] and r["type"] in DECIDED_BY_CHANCE
    }
    assert access == {"Microsoft.Web/sites": "Enabled", "Microsoft.Storage/storageAccounts": "Disabled"}
