"""The entities that keep what an operation brings, one value or the latest of many; no other changes anything."""

import json
from typing import Any

import pytest

from tests.unit.app import handle

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")

HINTS = {"outcomes": [True, False]}
DURATION = {"seconds": 428.0, "size_gb": 30, "regions": 3}
FREEZE = {"frozen": True, "by": "ann", "reason": "an audit", "at": None}


def state_after(entity: str, operation: str, value: Any, before: Any = None) -> Any:
    """The entity's state after one operation, by the SDK's own protocol."""
    batch = {
        "self": {"name": entity, "key": "all"},
        "exists": before is not None,
        "state": json.dumps(before) if before is not None else None,
        "batch": [{"id": "1", "name": operation, "isSignal": True, "input": json.dumps(json.dumps(value))}],
    }
    answer = json.loads(handle(entity)(json.dumps(batch)))
    return json.loads(answer["entityState"]) if answer["entityState"] else None


@pytest.mark.parametrize(
    ("entity", "value"),
    [("freeze", FREEZE), ("interruptions", {}), ("latest_watch", {})],
)
def test_what_is_brought_is_kept(entity: str, value: Any) -> None:
    assert state_after(entity, "keep", value) == value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, [True]),
        (HINTS, [True, False, True]),
        ({"outcomes": [True] * 5}, [True] * 5),
        ({"outcomes": "of another release"}, [True]),
    ],
)
def test_the_outcome_of_a_watch_is_added_to_those_of_its_gallery(before: Any, after: list[bool]) -> None:
    assert state_after("gallery_hints", "note", {"hit": True}, before) == {"outcomes": after}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, [DURATION]),
        ({"past": [DURATION] * 8}, [DURATION] * 8),
        ({"past": ["of another release"]}, [DURATION]),
    ],
)
def test_a_duration_is_added_to_those_of_its_definition(before: Any, after: list[Any]) -> None:
    assert state_after("definition_durations", "note_duration", DURATION, before) == {"past": after}


@pytest.mark.parametrize(
    ("entity", "state"), [("gallery_hints", HINTS), ("definition_durations", {"past": [DURATION]})]
)
def test_an_unknown_operation_adds_nothing(entity: str, state: Any) -> None:
    assert state_after(entity, "forget", {"hit": True}, before=state) == state


@pytest.mark.parametrize("entity", ["freeze", "interruptions", "latest_watch"])
def test_an_unknown_operation_changes_nothing(entity: str) -> None:
    assert state_after(entity, "forget", FREEZE, before=FREEZE) == FREEZE
