"""What CONTRIBUTING.md promises about the tests."""

import re
from pathlib import Path

from scripts.package import ROOT

FOLDERS = ("tests", "packages/azure-compute-simulator/tests")
# `eventually`, for hosts in real time, looks until something is there; the runbook waits between its own requests
MAY_SLEEP = {"tests/workflow/estate.py", "tests/integration/runbooks/test_start_migrations.py"}


def files_that_contain(pattern: str) -> set[str]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py") if file != Path(__file__)]
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if re.search(pattern, file.read_text(encoding="utf-8"))
    }


def test_no_test_replaces_code_under_test() -> None:
    """Fakes are classes and are passed in: no mock objects, no attribute of a module replaced."""
    assert files_that_contain(r"unittest\.mock|\bmocker\b|monkeypatch\.(?:setattr|delattr)") == set()


def test_no_test_sleeps() -> None:
    assert files_that_contain(r"time\.sleep|asyncio\.sleep") == MAY_SLEEP
