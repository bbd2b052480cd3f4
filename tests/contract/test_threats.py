"""docs/security.md: each threat has a test that exists, or says that it is not answered."""

import re

import pytest

from local.stack import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TABLE = re.search(r"^## Threats\n.*?\n\| --- \| --- \| --- \|\n(.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
ROWS = [line.strip("|").split(" | ") for line in TABLE[1].splitlines()] if TABLE else []
NAMED = re.compile(r"`((?:tests|packages)/[\w/.-]+\.py)::(\w+)`")
TESTS = sorted(set(NAMED.findall("\n".join(row[-1] for row in ROWS))))
# what a threat may come from; a row that is deleted is noticed
ABOUT = (
    "key",
    "forge",
    "tag",
    "policy",
    "pipeline",
    "operator",
    "Resource Graph",
    "stolen",
    "dependency",
    "another site",
)
ABOUT += (
    "log",
    "known name",
    "regular expression",
    "folder",
    "notices",
    "blobUri",
    "nextLink",
    "script",
    "terminal",
)
ABOUT += ("sent again", "identity may do more", "package")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:60])
def test_a_threat_is_answered_and_shown_or_said_not_to_be(row: list[str]) -> None:
    assert len(row) == 3, row
    threat, answer, tests = (cell.strip() for cell in row)
    assert threat
    assert answer
    if tests:
        assert NAMED.sub("", tests).replace(", ", "") == "", "only tests are named here"
    else:
        assert answer.startswith("not answered: ")


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("subject", ABOUT)
def test_the_table_is_about(subject: str) -> None:
    assert any(subject in row[0] for row in ROWS)
