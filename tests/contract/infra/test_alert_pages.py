"""Each alert has a section of docs/alerts.md, which begins with what to do."""

import re

import pytest

from tests.contract.infra.bicep import INFRA, ROOT
from tests.contract.infra.gauge_line import GAUGE

PAGE = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
ALERTS = (INFRA / "modules" / "alerts.bicep").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
LINKED = set(re.findall(r"alerts\.md#([\w-]+)", ALERTS))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("heading", sorted(SECTIONS))
def test_a_section_says_first_what_to_do_and_then_what_it_means(heading: str) -> None:
    section = SECTIONS[heading]
    assert section.startswith("**Do:** ")
    assert "\n**Means:** " in section


def test_every_section_is_in_the_table() -> None:
    listed = set(re.findall(r"^\| .+\(#([\w-]+)\) \|$", PAGE, re.MULTILINE))
    assert listed == {anchor(heading) for heading in SECTIONS}


def test_a_description_links_to_a_section_that_exists() -> None:
    assert {anchor(heading) for heading in SECTIONS} >= LINKED


def test_the_pages_show_the_gauge_as_the_app_writes_it() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for page in (PAGE, operations):
        assert re.findall(r"^gauge running.+$", page, re.MULTILINE) == [GAUGE]
    [query] = re.findall(r'parse Message with "gauge .+$', PAGE, re.MULTILINE)
    assert re.findall(r"(\w+)=", query) == re.findall(r"(\w+)=", GAUGE)
