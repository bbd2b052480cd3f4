"""Rewinds a failed instance: removes the failures from its history, so that it tries them again.

Documented algorithm: in the current execution, every TaskFailed with its TaskScheduled, every
SubOrchestrationInstanceFailed and the failed ExecutionCompleted become generic events, which replay ignores. Failed
sub-orchestrations are rewound first, and only the deepest failed instances are resumed.
"""

from collections.abc import Sequence

from functions_testhost.history import Event, EventType, generic_event, kind
from functions_testhost.timestamps import from_text

FAILURES = {EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED}


def rewound(events: Sequence[Event]) -> list[Event]:
    """Returns the history without its failures. The rows keep their positions."""
    failed_calls = {event["TaskScheduledId"] for event in events if kind(event) is EventType.TASK_FAILED}
    return [_removed(event) if _is_failure(event, failed_calls) else event for event in events]


def failed_children(events: Sequence[Event]) -> list[str]:
    """Lists the instance ids of the sub-orchestrations that failed."""
    failed = {
        event["TaskScheduledId"]
        for event in events
        if kind(event) is EventType.SUB_ORCHESTRATION_INSTANCE_FAILED
    }
    created = (event for event in events if kind(event) is EventType.SUB_ORCHESTRATION_INSTANCE_CREATED)
    return [event["InstanceId"] for event in created if event["EventId"] in failed]


def _is_failure(event: Event, failed_calls: set[int]) -> bool:
    event_type = kind(event)
    if event_type is EventType.TASK_SCHEDULED:
        return event["EventId"] in failed_calls
    return event_type in FAILURES or event_type is EventType.EXECUTION_COMPLETED


def _removed(event: Event) -> Event:
    """Builds the generic event that takes an event's row. Recorded: its data is null, `IsPlayed` stays."""
    generic = generic_event(from_text(event["Timestamp"]), None)
    return {**generic, "EventId": max(event["EventId"], 0), "IsPlayed": event["IsPlayed"]}
