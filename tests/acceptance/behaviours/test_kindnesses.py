"""The comparison of the hosts can fail: each kindness that is put back into a copy of the embedded host is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import functions_testhost
import pytest

from local.stack import ROOT
from tests.acceptance.behaviours.deploying import DEPLOYMENTS
from tests.acceptance.behaviours.kindnesses import KINDNESSES, Kindness
from tests.acceptance.behaviours.observing import BEHAVIOURS
from tests.acceptance.marks import embedded_only, slow

HERE = Path(__file__).parent.relative_to(ROOT)
PACKAGE = Path(functions_testhost.__file__).parent

pytestmark = embedded_only("the kindnesses are those of the embedded host")
each_kindness = pytest.mark.parametrize(
    "kindness", [pytest.param(kindness, id=kindness.name.replace(" ", "-")) for kindness in KINDNESSES]
)


# of what a kindness keeps from happening, where the others take a second
WAIT_SECONDS = 15


def copy_of_the_host(folder: Path) -> Path:
    """Copies the package of the host; returns the copy."""
    return shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))


def selected(kindness: Kindness) -> list[str]:
    compared = str(HERE) + "/test_behaviours.py::test_{}_does_what_the_extension_was_recorded_doing[{}]"
    return [
        *(compared.format("the_host", name.replace(" ", "-")) for name in kindness.behaviours),
        *(compared.format("a_deployment", name.replace(" ", "-")) for name in kindness.deployments),
        *(f"{HERE}/test_embedded.py::{name}" for name in kindness.tests),
    ]


def outcomes(package: Path, tests: list[str]) -> dict[str, list[str]]:
    """Runs tests on a copy of the host; returns the names of those that passed, failed, or did not get so far."""
    report = package.parent / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={report}",
        *tests,
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(package.parent),
        "GALLERIST_ACCEPTANCE_HOST": "embedded",
        "GALLERIST_ACCEPTANCE_WAIT_SECONDS": str(WAIT_SECONDS),
    }
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert report.exists(), ran.stdout + ran.stderr
    found: dict[str, list[str]] = {"passed": [], "failure": [], "error": [], "skipped": []}
    for case in ET.parse(report).iter("testcase"):
        ends = [child.tag for child in case if child.tag in found]
        found[ends[0] if ends else "passed"].append(case.attrib["name"])
    return found


@each_kindness
def test_a_kindness_changes_the_host_as_it_is(kindness: Kindness, tmp_path: Path) -> None:
    """A text that has gone from the source would leave the host unchanged, and a test that is gone would never fail."""
    package = copy_of_the_host(tmp_path)

    for change in kindness.changes:
        change.apply(package)

    assert set(kindness.behaviours) <= set(BEHAVIOURS)
    assert set(kindness.deployments) <= set(DEPLOYMENTS)
    assert selected(kindness)


@slow
@pytest.mark.timeout(300)
@each_kindness
def test_a_kindness_is_noticed(kindness: Kindness, tmp_path: Path) -> None:
    package = copy_of_the_host(tmp_path)
    for change in kindness.changes:
        change.apply(package)
    tests = selected(kindness)

    found = outcomes(package, tests)

    assert {end: len(names) for end, names in found.items() if names} == {"failure": len(tests)}, found


@slow
@pytest.mark.timeout(300)
def test_a_copy_without_a_kindness_passes(tmp_path: Path) -> None:
    """What is noticed above is the kindness, and not that the host is a copy."""
    tests = sorted({test for kindness in KINDNESSES for test in selected(kindness)})

    found = outcomes(copy_of_the_host(tmp_path), tests)

    assert {end: len(names) for end, names in found.items() if names} == {"passed": len(tests)}, found
