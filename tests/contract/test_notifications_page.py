"""docs/notifications.md has every type of notice with an example, and the HTTP statuses as the code judges them."""

import json
import re
from typing import get_args

from domain.records.delivery import answer_of
from domain.records.notices import NoticeType
from tests.contract.infra.bicep import ROOT

DOCUMENT = (ROOT / "docs" / "notifications.md").read_text(encoding="utf-8")
EVENTS = re.findall(r"^\| `gallerist\.([\w.-]+)` \| .+ \| `(.+)` \|$", DOCUMENT, re.MULTILINE)


def test_every_type_has_an_example() -> None:
    assert [name for name, _ in EVENTS] == list(get_args(NoticeType))
    assert all(isinstance(json.loads(example), dict) for _, example in EVENTS)


def test_the_statuses_are_those_of_the_code() -> None:
    (final,) = re.findall(r"^\| ([\d, ]+), 3xx \| given up", DOCUMENT, re.MULTILINE)
    documented = {int(status) for status in final.split(",")}
    judged = {status for status in range(400, 600) if answer_of(status).outcome == "refused"}
    assert documented == judged
    assert answer_of(302).outcome == "refused"
