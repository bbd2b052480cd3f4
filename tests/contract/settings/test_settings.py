"""The code, Bicep, the local example and docs/settings.md have the same settings."""

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
# no deployment may have them, and nobody needs them to run the app
FOR_TESTS = {settings.TIME_STANDS}


def rows(heading: str) -> dict[str, list[str]]:
    """Returns the rows of the tables under a heading, by the name in their first cell."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {cells[0].strip("`"): cells[1:] for cells in found}


DOCUMENTED = {
    name: cells[-1]
    for heading in ("The app", "The identity", "The Functions host")
    for name, cells in rows(heading).items()
}


def in_bicep() -> dict[str, str]:
    """Returns each app setting that Bicep sets, with the text that docs/settings.md should have for it."""
    app = BicepFile(INFRA / "modules" / "function-app.bicep")
    always = app.keys("platformSettings") | BicepFile(INFRA / "main.bicep").keys("galleristSettings")
    return dict.fromkeys(always, "Bicep") | dict.fromkeys(app.keys("schedulerSettings"), "Bicep, scheduler")


def in_code() -> set[str]:
    """Returns each setting that the app reads."""
    return {value for value in vars(settings).values() if isinstance(value, str) and value.startswith(PREFIX)}


def test_the_apps_settings_are_the_same_set_everywhere() -> None:
    used = in_code() - FOR_TESTS
    assert used == {name for name in in_bicep() if name.startswith(PREFIX)}
    assert used == {name for name in LOCAL if name.startswith(PREFIX)}
    assert in_code() == rows("The app").keys()


def test_the_page_says_where_every_setting_is_set() -> None:
    expected = {
        name: ", ".join(filter(None, [in_bicep().get(name), "local" if name in LOCAL else None]))
        for name in in_bicep() | LOCAL
    }
    assert expected | dict.fromkeys(FOR_TESTS, "tests") == DOCUMENTED


def test_the_code_reads_no_other_setting() -> None:
    """Every setting that the shipped code mentions is in adapters/settings.py."""
    named = {
        name
        for folder in PACKAGES
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"GALLERIST_[A-Z_]+", file.read_text(encoding="utf-8"))
    }
    assert named == in_code()


def test_the_local_example_is_valid() -> None:
    read = Settings.from_environment(LOCAL)
    assert read.policy_file.is_file()
    assert read.arm_endpoint == "https://management.azure.com"


def test_the_parameters_of_a_deployment_are_documented() -> None:
    assert rows("A deployment").keys() == BicepFile(INFRA / "main.bicep").parameters().keys()


@pytest.mark.parametrize("name", sorted(rows("A deployment")))
def test_a_parameter_has_the_documented_azd_name(name: str) -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    expected = rows("A deployment")[name][0].strip("`")
    actual = re.match(r"\$\{(\w+)", given[name]["value"]) if name in given else None
    assert (actual[1] if actual else "") == expected
