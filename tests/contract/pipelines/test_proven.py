"""The list of what only Azure can prove is ticked and dated, and nothing else of the page changes."""

from datetime import date
from pathlib import Path

import pytest

from scripts import proven

DAY = date(2026, 12, 1)
TEXT = (
    "# Page\n\n- [ ] that it deploys; <!-- deployed -->\n"
    "- [ ] that it answers; <!-- healthy -->\n- [ ] a box of others\n"
)


def test_a_statement_is_ticked_and_dated() -> None:
    ticked = proven.tick(TEXT, ["healthy"], DAY)
    assert ticked.splitlines()[3] == "- [x] 2026-12-01: that it answers; <!-- healthy -->"
    assert [line for line in ticked.splitlines() if line not in TEXT.splitlines()] == [ticked.splitlines()[3]]


def test_a_statement_that_is_seen_again_gets_the_newer_day() -> None:
    again = proven.tick(proven.tick(TEXT, ["deployed"], DAY), ["deployed"], date(2027, 1, 2))
    assert "- [x] 2027-01-02: that it deploys; <!-- deployed -->" in again
    assert "2026" not in again


def test_an_unknown_statement_is_refused_and_the_page_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(TEXT, encoding="utf-8")
    assert proven.main(["deployed", "helthy"], page, DAY) == 1
    assert "no statement is called helthy; known are deployed, healthy" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == TEXT


def test_the_page_has_statements_of_different_names() -> None:
    names = proven.statements(proven.PAGE.read_text(encoding="utf-8"))
    assert names
    assert len(set(names)) == len(names)
