"""The looks of a batch at its definitions: when they come, whom they tell, and that they cost no more than others."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.definition_looks import (
    SECONDS_PER_DEFINITION,
    SHORTEST_SECONDS,
    DefinitionLook,
    DefinitionLooks,
    Told,
    wait_seconds,
)
from domain.migration.schedule import GROWTH
from domain.resources.galleries import VersionStates
from tests.unit.builders import NOW, definition_id

FIRST = 90


def look_at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def looks_at(
    durations: list[float], usual: float | None = None, end: str = "Succeeded"
) -> tuple[list[float], dict[str, float]]:
    """When the definition is looked at while these versions are made, and when each was seen done."""
    look = DefinitionLook(usual_seconds=usual)
    for number in range(len(durations)):
        look.expect(str(number), f"migration-{number}", NOW, NOW + timedelta(seconds=FIRST))
    moments: list[float] = []
    seen: dict[str, float] = {}
    while look.due is not None:
        now = look.due
        passed = (now - NOW).total_seconds()
        moments.append(passed)
        states = {
            str(number): "Creating" if passed < seconds else end for number, seconds in enumerate(durations)
        }
        for told in look.take_in(VersionStates(states, 1), now):
            seen[told.migration] = passed
    return moments, seen


def test_each_version_is_told_of_once_when_it_is_no_longer_made() -> None:
    look = DefinitionLook()
    look.expect("1.0.0", "migration-a", NOW, NOW + timedelta(seconds=FIRST))
    look.expect("1.0.1", "migration-b", NOW, NOW + timedelta(seconds=FIRST))
    first, second = NOW + timedelta(seconds=90), NOW + timedelta(seconds=150)
    assert look.due == first
    assert look.take_in(VersionStates({"1.0.0": "Creating", "1.0.1": "Updating"}, 1), first) == []
    listed = VersionStates({"1.0.0": "Failed", "1.0.1": "Updating", "9.0.0": "Succeeded"}, 1)
    assert look.take_in(listed, second) == [Told("migration-a", first)]
    assert look.take_in(VersionStates({}, 1), second) == [Told("migration-b", second)]
    assert (look.awaited, look.due) == ({}, None)


def test_a_version_that_succeeded_says_how_long_the_others_take_and_one_that_failed_does_not() -> None:
    look = DefinitionLook()
    for name in ("1.0.0", "1.0.1", "1.0.2"):
        look.expect(name, f"migration-{name}", NOW, NOW + timedelta(seconds=FIRST))
    look.take_in(
        VersionStates({"1.0.0": "Failed", "1.0.1": "Creating", "1.0.2": "Creating"}, 1), look_at(400)
    )
    assert look.usual_seconds is None
    look.take_in(VersionStates({"1.0.1": "Succeeded", "1.0.2": "Creating"}, 1), look_at(440))
    assert look.usual_seconds == 420
    assert look.due == look_at(440 + SHORTEST_SECONDS)


def test_a_version_is_awaited_since_it_was_first_known() -> None:
    look = DefinitionLook()
    look.expect("1.0.0", "migration-a", NOW, NOW + timedelta(seconds=FIRST))
    look.expect("1.0.0", "migration-a", NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert look.awaited["1.0.0"].since == NOW
    assert look.due == NOW + timedelta(seconds=FIRST)


@given(st.lists(st.floats(100, 20_000), min_size=1, max_size=10))
def test_without_knowledge_the_lists_are_no_more_than_the_looks_of_each_would_be(
    durations: list[float],
) -> None:
    """Versions that fail teach nothing."""
    moments, seen = looks_at(durations, end="Failed")
    alone = 0
    for seconds in durations:
        passed = float(FIRST)
        alone += 1
        while passed < seconds:
            passed += max(passed * GROWTH, SHORTEST_SECONDS)
            alone += 1
    # the first list of all comes when the first look of one would, and a list waits until the last version is done
    assert len(moments) <= alone + 1
    for number, seconds in enumerate(durations):
        assert seen[f"migration-{number}"] <= seconds * (1 + GROWTH) + SHORTEST_SECONDS


def test_ten_versions_that_take_as_long_are_seen_within_a_fiftieth_and_with_few_lists() -> None:
    durations = [1000 + 3.0 * number for number in range(10)]
    moments, seen = looks_at(durations)
    assert seen["migration-0"] <= 1000 * 1.03
    # each alone needs nine
    assert len(moments) <= 60


def test_where_one_has_ended_the_lists_come_close_to_the_end_of_the_others_and_seldom_before() -> None:
    moments, seen = looks_at([3600.0], usual=3600)
    assert seen["migration-0"] <= 3600 * 1.02
    assert len([moment for moment in moments if moment < 3600 * 0.87]) <= 5
    assert len(moments) <= 15


@pytest.mark.parametrize("passed", [[10.0], [90.0, 95.0], [5000.0]])
def test_a_version_that_takes_longer_than_the_others_is_looked_at_as_if_nothing_were_known(
    passed: list[float],
) -> None:
    assert wait_seconds(passed, usual=1) == wait_seconds(passed, usual=None)


def test_many_definitions_are_looked_at_more_seldom() -> None:
    looks, now = DefinitionLooks(), look_at(100)
    for number in range(400):
        looks.expect(definition_id(f"family-{number}").version("1.0.0"), "migration-a", NOW, now)
    one, another = definition_id("family-0"), definition_id("family-1")
    looks.take_in(one, VersionStates({"1.0.0": "Creating"}, 1), now)
    looks.put_off(another, now)
    later = now + timedelta(seconds=400 * SECONDS_PER_DEFINITION)
    assert [looks.known[definition.key].due for definition in (one, another)] == [later, later]


def test_a_list_of_many_pages_is_read_more_seldom() -> None:
    look, now = DefinitionLook(), NOW + timedelta(seconds=1000)
    look.expect("1.0.0", "migration-a", NOW, now)
    look.take_in(VersionStates({"1.0.0": "Creating"}, 1), now)
    one = look.due
    look.take_in(VersionStates({"1.0.0": "Creating"}, 5), now)
    assert one is not None
    assert look.due is not None
    assert look.due - now == 5 * (one - now)


def test_the_definitions_that_have_waited_longest_are_looked_at_first_and_what_is_not_needed_is_dropped() -> (
    None
):
    looks = DefinitionLooks()
    early, late, known, old = (definition_id(name) for name in ("early", "late", "known", "old"))
    looks.expect(late.version("1.0.0"), "migration-a", NOW, NOW + timedelta(seconds=60))
    looks.expect(early.version("1.0.0"), "migration-b", NOW, NOW + timedelta(seconds=50))
    looks.note_duration(known, 428)
    looks.note_duration(old, 428)
    assert looks.due(NOW + timedelta(seconds=55)) == [early]
    assert looks.due(NOW + timedelta(seconds=60)) == [early, late]
    assert looks.next_due == NOW + timedelta(seconds=50)
    looks.forget([known])
    assert (looks.usual_seconds(known), looks.usual_seconds(old)) == (428, None)
    assert looks.due(NOW + timedelta(seconds=60)) == [early, late]
    assert DefinitionLooks.model_validate(looks.model_dump(mode="json")) == looks
