"""The entities that keep one value: what `keep` brings is kept, and every other operation changes nothing."""

import json
from typing import Any

import pytest

from tests.unit.app import handle

pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")

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


@pytest.mark.parametrize("entity", ["freeze", "interruptions", "latest_watch"])
def test_an_unknown_operation_changes_nothing(entity: str) -> None:
    assert state_after(entity, "forget", FREEZE, before=FREEZE) == FREEZE
