"""docs/coverage.md answers each finding of the review of the deployment: by a test, or by what only Azure can prove."""

import json
import re

import pytest

from tests.contract.infra.bicep import INFRA, ROOT
from tests.contract.infra.snapshots import load

COVERAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (F\d+) \| .+? \| (.+) \|$", COVERAGE, re.MULTILINE))
ONLY_AZURE = PAGE.partition("\n## What only Azure can prove")[2]
MAIN = (INFRA / "main.bicep").read_text(encoding="utf-8")


def section(heading: str) -> str:
    level = PAGE[: PAGE.index(f" {heading}\n")].rpartition("\n")[2]
    return PAGE.partition(f"\n{level} {heading}\n")[2].partition("\n## ")[0]


def test_every_finding_has_a_row() -> None:
    assert list(ROWS) == [f"F{number}" for number in range(1, 27)]


@pytest.mark.parametrize("finding", ROWS)
def test_a_finding_is_answered_by_a_test_or_a_statement(finding: str) -> None:
    """That the tests exist is tested for the whole page."""
    tests, _, statements = ROWS[finding].partition("only Azure: ")
    quoted = re.findall(r'"([^"]+)"', statements)
    assert bool(statements) == bool(quoted)
    assert re.findall(r"`tests/\S+::\w+`", tests) or quoted
    assert [text for text in quoted if text not in ONLY_AZURE] == []


def test_the_kind_of_storage_is_a_parameter_of_azd() -> None:
    parameters = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    assert "GALLERIST_STORAGE_SKU" in parameters["storageSku"]["value"]
    storage, dead_letters = (
        re.findall(
            r"sku: { name: (\S+) }", (INFRA / "modules" / f"{module}.bicep").read_text(encoding="utf-8")
        )
        for module in ("storage", "dead-letters")
    )
    assert (storage, dead_letters) == (["skuName"], ["'Standard_LRS'"])


def test_the_app_environment_is_registered_before_its_subnet_is_delegated() -> None:
    steps = re.findall(r"^\$ (.+)$", section("A private network"), re.MULTILINE)
    assert steps[0] == "az provider register --namespace Microsoft.App --wait"
    assert any("--delegations Microsoft.App/environments" in step for step in steps[1:])


def test_an_existing_network_and_its_zones_are_used() -> None:
    made = {resource["type"] for resource in load("existing-network")}
    assert "Microsoft.Network/virtualNetworks" not in made
    assert "Microsoft.Network/privateEndpoints" in made
    existing = (INFRA / "snapshots" / "existing-network.bicepparam").read_text(encoding="utf-8")
    given = re.findall(r"privateDnsZones/([\w.]+)", existing)
    zones = {r["name"] for r in load("existing-network") if r["type"] == "Microsoft.Network/privateDnsZones"}
    assert given
    assert zones.isdisjoint(given)


def test_every_cloud_has_its_zone() -> None:
    """`environment()` has no zone for App Service, and a cloud without one would fail in the middle of a deployment."""
    tables = [
        re.findall(rf"var {name} = {{\n(.+?)^}}", MAIN, re.MULTILINE | re.DOTALL)[0]
        for name in ("cloudNames", "siteZones")
    ]
    clouds = [re.findall(r"^  (\w+): '", table, re.MULTILINE) for table in tables]
    assert clouds[0] == clouds[1] == ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"]


def test_entra_leaves_both_spellings_of_event_grids_path_alone() -> None:
    text = (INFRA / "modules" / "entra.bicep").read_text(encoding="utf-8")
    excluded = re.findall(r"'([^']+)'", text.partition("excludedPaths: [")[2].partition("]")[0])
    assert {"/runtime/webhooks/EventGrid", "/runtime/webhooks/eventgrid"} <= set(excluded)


def test_the_page_names_what_has_to_be_installed() -> None:
    needed = section("What you need")
    for program in ("[azd]", "[az]", "Git", "`curl`", "PowerShell 7", "Python 3"):
        assert program in needed


@pytest.mark.parametrize(
    "heading", ["Back to the release before", "What Azure will be asked for", "Two environments"]
)
def test_the_page_has_a_section_for_what_is_asked_second(heading: str) -> None:
    assert re.search(r"^\$ (az|azd|git) ", section(heading), re.MULTILINE)


def test_the_roles_are_removed_after_the_app() -> None:
    """The app would run without its rights meanwhile, and alarm."""
    steps = re.findall(r"^\$ (.+)$", section("Removing it"), re.MULTILINE)
    wanted = ("azd down", "role assignment delete")
    positions = [next(n for n, step in enumerate(steps) if text in step) for text in wanted]
    assert positions == sorted(positions)


def test_a_login_comes_before_everything_that_needs_one() -> None:
    steps = re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
    assert steps[:3] == ["az login", "azd auth login", "az account set --subscription SUBSCRIPTION_ID"]
