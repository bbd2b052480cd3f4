"""docs/coverage.md names tests and files that exist."""

import re

import pytest

from local.stack import ROOT

PAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`((?:[a-z_]+/)+[\w.]*)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_page_names_something() -> None:
    assert len(TESTS) > 20
    assert len(FILES) > 15
