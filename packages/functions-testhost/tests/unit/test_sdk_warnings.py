"""A warning says where SDK and host are known to disagree."""

from datetime import UTC, datetime
from typing import Any

from functions_testhost import history
from functions_testhost.replay import ActionType
from functions_testhost.sdk_warnings import warnings_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def wait(name: str) -> dict[str, Any]:
    return {"actionType": int(ActionType.WAIT_FOR_EXTERNAL_EVENT), "externalEventName": name}


def group(kind: ActionType, *children: dict[str, Any]) -> dict[str, Any]:
    return {"actionType": int(kind), "compoundActions": list(children)}


def retry() -> dict[str, Any]:
    return {"actionType": int(ActionType.CALL_ACTIVITY_WITH_RETRY), "functionName": "a"}


def test_a_call_with_retry_inside_task_all_gives_a_warning() -> None:
    [warning] = warnings_for([group(ActionType.WHEN_ANY, group(ActionType.WHEN_ALL, retry()))], [])
    assert "retry inside task_all" in warning
    assert not list(warnings_for([retry(), group(ActionType.WHEN_ANY, retry())], []))


def test_waiting_twice_for_an_event_gives_a_warning() -> None:
    [warning] = warnings_for([wait("Go"), group(ActionType.WHEN_ANY, wait("Go"), wait("Stop"))], [])
    assert "'Go' is waited for 2 times" in warning


def test_an_event_name_that_differs_in_case_gives_a_warning() -> None:
    raised = history.event_raised(NOW, "go", None)
    [warning] = warnings_for([wait("Go")], [raised])
    assert "'go' came for 'Go'" in warning
    assert not list(warnings_for([wait("go")], [raised]))
