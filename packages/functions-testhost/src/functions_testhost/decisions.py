"""What an orchestrator decided to do, as values. Each builds the history event that records it."""

from dataclasses import dataclass
from datetime import datetime

from functions_testhost import history
from functions_testhost.history import Event, EventType
from functions_testhost.timestamps import to_text


@dataclass(frozen=True)
class CallActivity:
    """Runs an activity; `input_text` is JSON text."""

    activity: str
    input_text: str

    def event(self, now: datetime, task_id: int) -> Event:
        """Builds the TaskScheduled event."""
        return history.task_scheduled(now, task_id, self.activity)

    def __str__(self) -> str:
        return f"activity '{self.activity}'"


@dataclass(frozen=True)
class CreateTimer:
    """Wakes the orchestrator at a time."""

    fire_at: datetime

    def event(self, now: datetime, task_id: int) -> Event:
        """Builds the TimerCreated event."""
        return history.timer_created(now, task_id, to_text(self.fire_at))

    def __str__(self) -> str:
        return "timer"


@dataclass(frozen=True)
class CallSubOrchestrator:
    """Starts another orchestration and waits for its end; `input_text` is JSON text of JSON text."""

    orchestrator: str
    instance_id: str
    input_text: str | None
    version: str | None

    def event(self, now: datetime, task_id: int) -> Event:
        """Builds the SubOrchestrationInstanceCreated event."""
        return history.sub_orchestration_created(
            now, task_id, self.orchestrator, self.instance_id, self.version
        )

    def __str__(self) -> str:
        return f"sub-orchestrator '{self.orchestrator}'"


@dataclass(frozen=True)
class SendToEntity:
    """Calls an entity and waits for its answer, or signals it; `request` is the message as JSON text."""

    entity_id: str
    request: str

    def event(self, now: datetime, task_id: int) -> Event:
        """Builds the EventSent event."""
        return history.event_sent(now, task_id, self.entity_id, self.request)

    def __str__(self) -> str:
        return f"entity '{self.entity_id}'"


Decision = CallActivity | CreateTimer | CallSubOrchestrator | SendToEntity

CHANGED = "Was a change made to the orchestrator code after this instance had already started running?"


def difference(event: Event, decision: Decision | None) -> str | None:
    """Describes how the call made now differs from the one that the history records; None when it is the same.

    Source: the Durable Task Framework, wording included. The kind and the name matter, the input does not; of requests
    to entities, only the kind matters.
    """
    recorded = f"A previous execution of this orchestration scheduled {_recorded(event)}"
    missing = "but the current replay execution hasn't (yet?) scheduled this task"
    if decision is None:
        separator = " " if history.kind(event) is EventType.TIMER_CREATED else ", "
        return f"{recorded}{separator}{missing}. {CHANGED}"
    if history.kind(event) is not RECORDED_BY[type(decision)]:
        now = f"produced a {ACTION_NAMES[type(decision)]} action"
    elif (
        isinstance(decision, CallActivity | CallSubOrchestrator) and _name(decision) != event["Name"].lower()
    ):
        now = f"scheduled {decision}"
    else:
        return None
    return (
        f"{recorded}, but the current orchestration replay instead {now} with this sequence number. {CHANGED}"
    )


RECORDED_BY = {
    CallActivity: EventType.TASK_SCHEDULED,
    CreateTimer: EventType.TIMER_CREATED,
    CallSubOrchestrator: EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
    SendToEntity: EventType.EVENT_SENT,
}
ACTION_NAMES = {
    CallActivity: "ScheduleTaskOrchestratorAction",
    CreateTimer: "CreateTimerOrchestratorAction",
    CallSubOrchestrator: "CreateSubOrchestrationAction",
    SendToEntity: "SendEventOrchestratorAction",
}


def _name(decision: CallActivity | CallSubOrchestrator) -> str:
    return (decision.activity if isinstance(decision, CallActivity) else decision.orchestrator).lower()


def _recorded(event: Event) -> str:
    task_id = event["EventId"]
    match history.kind(event):
        case EventType.TASK_SCHEDULED:
            return (
                f"an activity task with sequence ID {task_id} and name '{event['Name']}'"
                f" (version '{event['Version'] or ''}')"
            )
        case EventType.SUB_ORCHESTRATION_INSTANCE_CREATED:
            return (
                f"a sub-orchestration task with sequence ID {task_id} and name '{event['Name']}'"
                f" (version '{event['Version'] or ''}', instance ID '{event['InstanceId']}')"
            )
        case EventType.EVENT_SENT:
            return (
                f"a send event task with sequence ID {task_id}, type 'EventSent' name '{event['Name']}',"
                f" instance ID '{event['InstanceId']}'"
            )
        case _:
            return f"a timer task with sequence number {task_id}"
