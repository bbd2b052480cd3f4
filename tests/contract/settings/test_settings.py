"""The settings are one set: in the code, in Bicep, in the local example and in docs/settings.md."""

import json
import re

import pytest

from adapters import settings
from adapters.settings import Settings
from scripts.package import PACKAGES
from tests.contract.infra.bicep import INFRA, ROOT, BicepFile

LOCAL = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PREFIX = "GALLERIST_"


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the tables under a heading, by the name in their first cell."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {cells[0].strip("`"): cells[1:] for cells in found}


DOCUMENTED = {
    name: cells[-1]
    for heading in ("Of the app", "Of the identity", "Of the Functions host")
    for name, cells in rows(heading).items()
}


def in_bicep() -> dict[str, str]:
    """Each app setting that Bicep makes, and where docs/settings.md should say so."""
    app = BicepFile(INFRA / "modules" / "function-app.bicep")
    always = app.keys("platformSettings") | BicepFile(INFRA / "main.bicep").keys("galleristSettings")
    return dict.fromkeys(always, "Bicep") | dict.fromkeys(app.keys("schedulerSettings"), "Bicep, scheduler")


def in_code() -> set[str]:
    """Each setting that the app reads."""
    return {value for value in vars(settings).values() if isinstance(value, str) and value.startswith(PREFIX)}


def test_the_apps_settings_are_the_same_set_everywhere() -> None:
    assert in_code() == {name for name in in_bicep() if name.startswith(PREFIX)}
    assert in_code() == {name for name in LOCAL if name.startswith(PREFIX)}
    assert in_code() == rows("Of the app").keys()


def test_every_setting_is_documented_with_where_it_is_set() -> None:
    expected = {
        name: ", ".join(filter(None, [in_bicep().get(name), "local" if name in LOCAL else None]))
        for name in in_bicep() | LOCAL
    }
    assert expected == DOCUMENTED


def test_the_code_reads_no_other_setting() -> None:
    """A setting named anywhere in the shipped code is one of those of adapters/settings.py."""
    named = {
        name
        for folder in PACKAGES
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"GALLERIST_[A-Z_]+", file.read_text(encoding="utf-8"))
    }
    assert named == in_code()


def test_the_local_example_can_be_used() -> None:
    read = Settings.from_environment(LOCAL)
    assert read.policy_file.is_file()
    assert read.arm_endpoint == "https://management.azure.com"


def test_parameters_of_a_deployment_are_documented() -> None:
    assert rows("Of a deployment").keys() == BicepFile(INFRA / "main.bicep").parameters().keys()


@pytest.mark.parametrize("name", sorted(rows("Of a deployment")))
def test_parameters_have_the_documented_azd_name(name: str) -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    expected = rows("Of a deployment")[name][0].strip("`")
    actual = re.match(r"\$\{(\w+)", given[name]["value"]) if name in given else None
    assert (actual[1] if actual else "") == expected
