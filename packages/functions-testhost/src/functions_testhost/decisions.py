"""What an orchestrator decided to do, as values. Each builds the history event that records it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
        return history.sub_orchestration_created(now, task_id, self.orchestrator, self.instance_id)

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


def recorded(event: Event) -> str:
    """Describes the decision that a history event records, in the wording of `str(decision)`.

    Two decisions are the same when their descriptions are equal without regard to case, as in the Durable Task
    Framework: the kind and the name matter, the input does not.
    """
    descriptions: dict[EventType, Any] = {
        EventType.TASK_SCHEDULED: lambda: f"activity '{event['Name']}'",
        EventType.TIMER_CREATED: lambda: "timer",
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED: lambda: f"sub-orchestrator '{event['Name']}'",
        EventType.EVENT_SENT: lambda: f"entity '{event['InstanceId']}'",
    }
    description: str = descriptions[history.kind(event)]()
    return description
