"""How the durable HTTP API shows a history: names for numbers, calls merged with their results, internals left out.

Source: the extension's code. A call without a result keeps its row; so do timers and sent events.
"""

import json
from collections.abc import Sequence
from typing import Any

from functions_testhost.history import Event, EventType, kind, name

HIDDEN_ROWS = {EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED}
CALLS = {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_INSTANCE_CREATED}
RESULTS = {
    EventType.TASK_COMPLETED,
    EventType.TASK_FAILED,
    EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED,
    EventType.SUB_ORCHESTRATION_INSTANCE_FAILED,
}
HIDDEN_FIELDS = {"EventId", "IsPlayed"}
HIDDEN_FIELDS_OF = {
    EventType.EXECUTION_STARTED: {"Name", "OrchestrationInstance", "ParentInstance", "Version", "Tags"},
    EventType.TIMER_FIRED: {"TimerId"},
    **{call: {"Version"} for call in CALLS},
    **{result: {"TaskScheduledId"} for result in RESULTS},
}


def view(events: Sequence[Event], *, show_input: bool, show_output: bool) -> list[dict[str, Any]]:
    """Returns the rows of a history. Inputs and outputs are shown on request only."""
    calls = {event["EventId"]: event for event in events if kind(event) in CALLS}
    answered = {event["TaskScheduledId"] for event in events if kind(event) in RESULTS}
    return [
        _row(event, calls, show_input=show_input, show_output=show_output)
        for event in events
        if kind(event) not in HIDDEN_ROWS and not (kind(event) in CALLS and event["EventId"] in answered)
    ]


def _row(event: Event, calls: dict[int, Event], *, show_input: bool, show_output: bool) -> dict[str, Any]:
    event_type = kind(event)
    hidden = HIDDEN_FIELDS | HIDDEN_FIELDS_OF.get(event_type, set())
    row = {key: value for key, value in event.items() if key not in hidden}
    row["EventType"] = name(event)
    if event_type is EventType.EXECUTION_STARTED:
        row["FunctionName"] = event["Name"]
    if event_type in RESULTS and event["TaskScheduledId"] in calls:
        call = calls[event["TaskScheduledId"]]
        row.update(ScheduledTime=call["Timestamp"], FunctionName=call["Name"], Input=call["Input"])
    if not show_input:
        row.pop("Input", None)
    if "Result" in row:
        output = row.pop("Result")
        if show_output:
            row["Result"] = parsed(output)
    return row


def parsed(text: str | None) -> Any:
    """Parses JSON text. Other text, such as the reason of a termination, is returned unchanged (documented)."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text
