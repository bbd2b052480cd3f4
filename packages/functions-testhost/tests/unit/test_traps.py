"""Where SDK and host are known to disagree, a warning says so."""

from datetime import UTC, datetime
from typing import Any

from functions_testhost import history
from functions_testhost.replay import ActionType
from functions_testhost.traps import traps

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def wait(name: str) -> dict[str, Any]:
    return {"actionType": int(ActionType.WAIT_FOR_EXTERNAL_EVENT), "externalEventName": name}


def group(kind: ActionType, *children: dict[str, Any]) -> dict[str, Any]:
    return {"actionType": int(kind), "compoundActions": list(children)}


def retry() -> dict[str, Any]:
    return {"actionType": int(ActionType.CALL_ACTIVITY_WITH_RETRY), "functionName": "a"}


def test_a_retry_inside_task_all() -> None:
    [warning] = traps([group(ActionType.WHEN_ANY, group(ActionType.WHEN_ALL, retry()))], [])
    assert "retry inside task_all" in warning
    assert not list(traps([retry(), group(ActionType.WHEN_ANY, retry())], []))


def test_an_event_that_is_waited_for_twice() -> None:
    [warning] = traps([wait("Go"), group(ActionType.WHEN_ANY, wait("Go"), wait("Stop"))], [])
    assert "'Go' is waited for 2 times" in warning


def test_an_event_whose_name_differs_in_case() -> None:
    raised = history.event_raised(NOW, "go", None)
    [warning] = traps([wait("Go")], [raised])
    assert "'go' came for 'Go'" in warning
    assert not list(traps([wait("go")], [raised]))
