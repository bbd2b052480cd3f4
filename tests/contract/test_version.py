"""The version stands in domain/about.py, and nowhere else."""

import re
from pathlib import Path

from packaging.version import Version

from domain.about import VERSION
from scripts import package
from scripts.package import FILES, PACKAGES, ROOT

# The folders of this repository that speak of the app. The two packages have versions of their own.
FOLDERS = (
    *PACKAGES,
    ".github",
    "cli",
    "client",
    "demo",
    "docs",
    "infra",
    "local",
    "rehearsal",
    "runbooks",
    "scripts",
    "tests",
)
ROOT_FILES = (
    *FILES,
    "azure.yaml",
    "CONTRIBUTING.md",
    "Makefile",
    "pyproject.toml",
    "README.md",
    "SECURITY.md",
)
SUFFIXES = {".bicep", ".md", ".ps1", ".py", ".sh", ".toml", ".yaml", ".yml"}
# It is written from the code, and a test compares the two.
GENERATED = ROOT / "docs" / "api.md"


def texts() -> list[Path]:
    inside = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in SUFFIXES]
    return [*(ROOT / name for name in ROOT_FILES), *inside]


def test_the_version_is_written_down_once() -> None:
    """A second copy would be forgotten by the next release; import `domain.about.VERSION` instead."""
    having = [file for file in texts() if VERSION in file.read_text(encoding="utf-8")]
    assert [file for file in having if file != GENERATED] == [ROOT / "domain" / "about.py"]


def test_the_version_is_one_that_pip_can_compare() -> None:
    assert str(Version(VERSION)) == VERSION


def test_the_changelog_opens_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest
    assert newest[1] == VERSION


def test_the_package_is_named_after_the_version() -> None:
    """`scripts/package.py` reads the version without importing the app."""
    assert package.version(ROOT) == VERSION
