"""COVERAGE.md names tests, modules and options that exist, and README.md the whole public API."""

import re

import functions_testhost
from functions_testhost.__main__ import _parser
from testhost_folders import PACKAGE, SOURCE

COVERAGE = (PACKAGE / "COVERAGE.md").read_text(encoding="utf-8")
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def test_every_test_in_the_coverage_page_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", COVERAGE))
    sources = [file.read_text(encoding="utf-8") for file in (PACKAGE / "tests").rglob("test_*.py")]
    defined = {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}
    assert named
    assert not named - defined


def test_every_module_is_in_the_coverage_page() -> None:
    modules = {file.stem for file in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    table = COVERAGE.partition("## How it works")[2].partition("An orchestrator runs")[0]
    assert set(re.findall(r"`(\w+)`", table)) - {"function_app"} == modules


def test_every_option_is_in_the_readme() -> None:
    options = {option for option in _parser()._option_string_actions if option.startswith("--")} - {"--help"}
    table = README.partition("## The command")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(--[a-z-]+)", table, re.MULTILINE)) == options


def test_every_public_name_is_in_the_readme() -> None:
    assert not {name for name in functions_testhost.__all__ if f"`{name}" not in README} - {"__version__"}


def test_the_changelog_has_the_version() -> None:
    changelog = (PACKAGE / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.escape(functions_testhost.__version__.partition(".dev")[0])
    assert re.search(rf"^## \[{heading}\]|^## \[Unreleased\]", changelog, re.MULTILINE)
