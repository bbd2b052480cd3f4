"""History events as plain JSON data: one function per kind that the host writes, with the fields of the extension.

Recorded (extension 3.19.0): every field is there, null included. The SDK reads `Version`, `Result` and others without
a default. `IsPlayed` is stored with the event: true for messages that an episode has processed, false for what the
episode itself wrote.
"""

from datetime import datetime
from enum import IntEnum
from typing import Any

from functions_testhost.timestamps import to_text

Event = dict[str, Any]


class EventType(IntEnum):
    """Numbers of the Durable Task Framework's history events."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_INSTANCE_CREATED = 7
    SUB_ORCHESTRATION_INSTANCE_COMPLETED = 8
    SUB_ORCHESTRATION_INSTANCE_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    GENERIC_EVENT = 17
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


def kind(event: Event) -> EventType:
    """Returns the event's kind."""
    return EventType(event["EventType"])


def name(event: Event) -> str:
    """Returns the event's kind as the durable HTTP API spells it, for example `TaskCompleted`."""
    return kind(event).name.title().replace("_", "")


def played(event: Event) -> Event:
    """Marks an event as one that an orchestrator has processed; the start of an episode never is (recorded)."""
    return event if kind(event) is EventType.ORCHESTRATOR_STARTED else {**event, "IsPlayed": True}


def _event(event_type: EventType, now: datetime, event_id: int = -1, **fields: Any) -> Event:
    return {
        "EventType": int(event_type),
        "EventId": event_id,
        "IsPlayed": False,
        "Timestamp": to_text(now),
        **fields,
    }


def orchestrator_started(now: datetime) -> Event:
    """An episode begins; its timestamp is `current_utc_datetime`."""
    return _event(EventType.ORCHESTRATOR_STARTED, now)


def orchestrator_completed(now: datetime) -> Event:
    """An episode ends."""
    return _event(EventType.ORCHESTRATOR_COMPLETED, now)


def execution_started(
    now: datetime,
    *,
    orchestrator: str,
    version: str | None,
    instance_id: str,
    execution_id: str,
    input_text: str | None,
    parent: Event | None,
) -> Event:
    """An instance is to start; `input_text` is JSON text."""
    return _event(
        EventType.EXECUTION_STARTED,
        now,
        Name=orchestrator,
        Version=version,
        Input=input_text,
        OrchestrationInstance={"InstanceId": instance_id, "ExecutionId": execution_id},
        ParentInstance=parent,
        Tags=None,
        Correlation=None,
        ParentTraceContext=None,
        ScheduledStartTime=None,
        Generation=0 if parent is None else None,
        GenerateNewTrace=False,
    )


def execution_completed(
    now: datetime, event_id: int, status: str, output: str | None, failure: dict[str, Any] | None = None
) -> Event:
    """An execution ended with a runtime status; `failure` is what the Durable Task Framework itself says of it."""
    return _event(
        EventType.EXECUTION_COMPLETED,
        now,
        event_id,
        OrchestrationStatus=status,
        Result=output,
        FailureDetails=failure,
    )


def execution_terminated(now: datetime, reason: str | None) -> Event:
    """An operator terminates the instance."""
    return _event(EventType.EXECUTION_TERMINATED, now, Input=reason)


def execution_suspended(now: datetime, reason: str | None) -> Event:
    """An operator suspends the instance."""
    return _event(EventType.EXECUTION_SUSPENDED, now, Reason=reason)


def execution_resumed(now: datetime, reason: str | None) -> Event:
    """An operator resumes the instance."""
    return _event(EventType.EXECUTION_RESUMED, now, Reason=reason)


def task_scheduled(now: datetime, task_id: int, activity: str) -> Event:
    """An activity is called."""
    return _event(
        EventType.TASK_SCHEDULED,
        now,
        task_id,
        Name=activity,
        Version="",
        Input=None,
        ParentTraceContext=None,
        Tags=None,
    )


def task_completed(now: datetime, task_id: int, result: str | None) -> Event:
    """An activity returned JSON text."""
    return _event(EventType.TASK_COMPLETED, now, TaskScheduledId=task_id, Result=result)


def task_failed(now: datetime, task_id: int, reason: str, details: str) -> Event:
    """An activity raised, or its call was lost."""
    return _event(
        EventType.TASK_FAILED,
        now,
        TaskScheduledId=task_id,
        Reason=reason,
        Details=details,
        FailureDetails=None,
    )


def sub_orchestration_created(
    now: datetime, task_id: int, orchestrator: str, instance_id: str, version: str | None
) -> Event:
    """A sub-orchestration is called."""
    return _event(
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
        now,
        task_id,
        Name=orchestrator,
        Version=version,
        InstanceId=instance_id,
        Input=None,
        ClientSpanId=None,
        Tags=None,
    )


def sub_orchestration_completed(now: datetime, task_id: int, result: str | None) -> Event:
    """A sub-orchestration returned JSON text."""
    return _event(EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED, now, TaskScheduledId=task_id, Result=result)


def sub_orchestration_failed(
    now: datetime,
    task_id: int,
    reason: str | None,
    details: str | None,
    failure: dict[str, Any] | None = None,
) -> Event:
    """A sub-orchestration failed or was terminated; `failure` is what the Durable Task Framework itself says of it."""
    return _event(
        EventType.SUB_ORCHESTRATION_INSTANCE_FAILED,
        now,
        TaskScheduledId=task_id,
        Reason=reason,
        Details=details,
        FailureDetails=failure,
    )


def timer_created(now: datetime, task_id: int, fire_at: str) -> Event:
    """A durable timer is set."""
    return _event(EventType.TIMER_CREATED, now, task_id, FireAt=fire_at)


def timer_fired(now: datetime, task_id: int, fire_at: str) -> Event:
    """A durable timer is due."""
    return _event(EventType.TIMER_FIRED, now, TimerId=task_id, FireAt=fire_at)


def event_sent(now: datetime, task_id: int, entity_id: str, request: str) -> Event:
    """A request goes to an entity; the SDK reads the id inside it."""
    return _event(EventType.EVENT_SENT, now, task_id, InstanceId=entity_id, Name="op", Input=request)


def event_raised(now: datetime, event_name: str, input_text: str | None) -> Event:
    """An external event, or an entity's answer, arrives."""
    return _event(EventType.EVENT_RAISED, now, Name=event_name, Input=input_text, ParentTraceContext=None)


def generic_event(now: datetime, data: str | None) -> Event:
    """An event that replay ignores; it marks what a rewind removed."""
    return _event(EventType.GENERIC_EVENT, now, Data=data)
