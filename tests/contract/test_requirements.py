"""What the development environment installs: everything that is needed, in one version."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.package import PACKAGES, ROOT

OWN_PACKAGES = ("functions-testhost", "azure-compute-simulator")


def read_toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def pinned() -> dict[str, list[str]]:
    """Returns the versions of each package that requirements.txt and requirements-dev.txt pin."""
    versions: dict[str, list[str]] = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for package, version in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", text, re.MULTILINE):
            versions.setdefault(canonicalize_name(package), []).append(version)
    return versions


@pytest.mark.parametrize("package", OWN_PACKAGES)
def test_what_a_package_of_this_repository_requires_is_pinned(package: str) -> None:
    """An unpinned requirement would make the same commit pass today and fail tomorrow."""
    of_package = read_toml(f"packages/{package}/pyproject.toml")["project"]["dependencies"]
    check_pinned([Requirement(text) for text in of_package])


def test_what_the_command_line_requires_is_pinned() -> None:
    """The tests run what `pipx install .` allows."""
    check_pinned([Requirement(text) for text in read_toml("pyproject.toml")["project"]["dependencies"]])


def check_pinned(required: list[Requirement]) -> None:
    versions = pinned()
    assert required
    for requirement in required:
        found = versions.get(canonicalize_name(requirement.name), [])
        assert found, f"pin {requirement.name} in requirements-dev.txt"
        assert [version for version in found if version not in requirement.specifier] == [], requirement


def test_every_development_requirement_is_pinned_or_a_folder_of_this_repository() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    needed = [line for line in lines if line and not line.startswith("#")]
    folders = [
        line.removeprefix("--editable ./packages/") for line in needed if line.startswith("--editable")
    ]
    assert sorted(folders) == sorted(OWN_PACKAGES)
    assert [line for line in needed if "==" not in line and not line.startswith("--editable")] == []


@pytest.mark.parametrize("package", OWN_PACKAGES)
def test_a_changed_requirement_of_a_package_is_installed_by_the_next_make(package: str) -> None:
    """The stamp file of the virtual environment depends on the pyproject.toml of both packages."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    folders = re.search(r"^PACKAGES := (.+)$", makefile, re.MULTILINE)
    assert folders
    assert f"packages/{package}/pyproject.toml" in folders[1].split()
    assert re.search(r"^\$\(VENV\)/\.installed: .*\$\(PACKAGES\)$", makefile, re.MULTILINE)


def test_pyproject_reads_version_and_requirements_from_where_they_stand() -> None:
    project = read_toml("pyproject.toml")
    assert project["project"]["dynamic"] == ["version", "optional-dependencies"]
    assert project["tool"]["setuptools"]["dynamic"] == {
        "version": {"attr": "domain.about.VERSION"},
        "optional-dependencies": {"app": {"file": ["requirements.in"]}},
    }


def test_coverage_is_measured_for_the_packages_that_are_deployed() -> None:
    assert sorted(read_toml("pyproject.toml")["tool"]["coverage"]["run"]["source"]) == sorted(PACKAGES)
