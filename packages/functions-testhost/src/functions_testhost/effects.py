"""What follows from the decisions of an episode: the history events that record them, and what is sent out."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

from functions_testhost import history
from functions_testhost.decisions import (
    CallActivity,
    CallSubOrchestrator,
    CreateTimer,
    Decision,
    SendToEntity,
)
from functions_testhost.history import Event
from functions_testhost.instances import ActivityCall, EntityRequest, Instance, Message, Parent, Start
from functions_testhost.timestamps import to_text

# a message is never there at once
_SHORTEST_WAIT = timedelta(seconds=0.1)


class Effects:
    """Collects the consequences of decisions, in their order."""

    def __init__(self, instance: Instance, now: datetime, default_version: str | None = None) -> None:
        self.events: list[Event] = []
        self.activities: list[ActivityCall] = []
        self.timers: list[Message] = []
        self.starts: list[Start] = []
        self.entity_requests: list[EntityRequest] = []
        self._instance = instance
        self._now = now
        self._default_version = default_version

    def add(self, task_id: int, decision: Decision) -> None:
        """Records a decision and what it sends out."""
        if isinstance(decision, CallSubOrchestrator) and decision.version is None:
            decision = replace(decision, version=self._default_version)
        self.events.append(decision.event(self._now, task_id))
        match decision:
            case CallActivity():
                self.activities.append(self._activity(task_id, decision))
            case CreateTimer():
                self.timers.append(self._timer(task_id, decision))
            case CallSubOrchestrator():
                self.starts.append(self._start(task_id, decision))
            case SendToEntity():
                self.entity_requests.append(EntityRequest(decision.entity_id, decision.request))

    def _activity(self, task_id: int, call: CallActivity) -> ActivityCall:
        instance = self._instance
        return ActivityCall(
            instance.instance_id, instance.execution_id, task_id, call.activity, call.input_text
        )

    def _timer(self, task_id: int, timer: CreateTimer) -> Message:
        """The message of a timer, which comes up to a second too early (seen on the extension 3.19.0).

        It waits in a queue of Azure Storage, which knows whole seconds only; what is left over is lost.
        """
        whole = timedelta(seconds=math.floor((timer.fire_at - self._now).total_seconds()))
        visible_at = max(self._now, min(self._now + max(whole, _SHORTEST_WAIT), timer.fire_at))
        fired = history.timer_fired(visible_at, task_id, to_text(timer.fire_at))
        return Message(self._instance.instance_id, fired, visible_at, self._instance.execution_id)

    def _start(self, task_id: int, call: CallSubOrchestrator) -> Start:
        instance = self._instance
        parent = Parent(
            instance.instance_id, instance.execution_id, task_id, instance.orchestrator, instance.version
        )
        return Start(call.orchestrator, call.instance_id, call.input_text, call.version, parent)
