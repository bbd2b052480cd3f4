"""COVERAGE.md names only tests and switches that exist."""

import re
from dataclasses import fields
from pathlib import Path

from azure_compute_simulator.switches import Switches

PACKAGE = Path(__file__).resolve().parents[2]
PAGE = (PACKAGE / "COVERAGE.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"\btest_\w+", PAGE))
    sources = [path.read_text(encoding="utf-8") for path in (PACKAGE / "tests").rglob("test_*.py")]
    defined = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    assert named
    assert named - defined == set()


def test_the_page_names_every_switch_and_no_other() -> None:
    named = set(re.findall(r"switch `(\w+)`", PAGE))
    assert named == {field.name for field in fields(Switches)}
