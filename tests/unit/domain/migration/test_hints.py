"""Hints: whom one concerns, and when those of a gallery are trusted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.migration.hints import MOST_OUTCOMES, HintRecord, holders_of
from domain.resources.provenance import migration_id
from tests.unit.builders import image_id

WEB, DATABASE = image_id("web"), image_id("database")


def record(*outcomes: bool) -> HintRecord:
    found = HintRecord()
    for outcome in outcomes:
        found = found.after(outcome)
    return found


@pytest.mark.parametrize(
    ("outcomes", "proven"),
    [
        ([], False),
        ([True] * 4, False),
        ([True] * 5, True),
        ([True] * 9, True),
        ([True] * 5 + [False], False),
        ([False] + [True] * 5, True),
        ([True] * 5 + [False] + [True] * 4, False),
        ([True] * 5 + [False] + [True] * 5, True),
    ],
)
def test_hints_are_proven_by_five_in_a_row(outcomes: list[bool], proven: bool) -> None:
    assert record(*outcomes).proven is proven


@pytest.mark.parametrize(
    ("before", "hit", "changed"),
    [
        ([], False, False),
        ([False, False], False, False),
        ([], True, True),
        ([True] * 4, True, True),
        ([True] * 5, True, False),
        ([True] * 5, False, True),
        ([True, False, False], False, True),
        ([True, False, False, False, False], False, True),
        ([True] + [False] * 5, False, False),
    ],
)
def test_only_news_is_stored(before: list[bool], hit: bool, changed: bool) -> None:
    assert record(*before).is_changed_by(hit) is changed


@given(st.lists(st.booleans(), max_size=20))
def test_a_record_that_skips_what_is_no_news_is_the_same_record(outcomes: list[bool]) -> None:
    kept = HintRecord()
    for outcome in outcomes:
        kept = kept.after(outcome) if kept.is_changed_by(outcome) else kept
    assert kept == record(*outcomes)
    assert len(kept.outcomes) <= MOST_OUTCOMES
    assert HintRecord.read(kept.model_dump(mode="json")) == kept


@pytest.mark.parametrize("state", [None, {}, [], "text", 7, {"outcomes": "x"}, {"outcomes": [True] * 6}])
def test_a_state_that_cannot_be_read_is_an_empty_record(state: Any) -> None:
    assert HintRecord.read(state) == HintRecord()


@pytest.mark.parametrize(
    ("ledger", "images"),
    [
        (None, []),
        ([], []),
        ({}, []),
        ({f"{WEB.key}@f1": "1.0.0"}, [WEB]),
        ({f"{WEB.key}@f1": "1.0.1"}, []),
        ({f"{WEB.key}@f1": "1.0.0", f"{WEB.key}@f2": "1.0.0"}, [WEB]),
        ({f"{WEB.key}@f1": "1.0.0", f"{DATABASE.key}@f1": "1.0.0"}, [WEB, DATABASE]),
        ({f"{WEB.key}@f1": 1.0, "x": "1.0.0", "": "1.0.0"}, []),
    ],
)
def test_a_number_belongs_to_the_images_that_reserved_it(ledger: Any, images: list[Any]) -> None:
    assert holders_of("1.0.0", ledger) == sorted(migration_id(image) for image in images)
