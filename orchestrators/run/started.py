"""When an orchestration was started, which `continue_as_new` forgets."""

from datetime import datetime

import azure.durable_functions as df
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType

from domain.starts import Start


def started_at(context: df.DurableOrchestrationContext, start: Start) -> datetime:
    """The time in the input; in the first execution, the one that its history begins with."""
    begun: list[datetime] = [
        event.timestamp
        for event in context.histories
        if event.event_type == HistoryEventType.EXECUTION_STARTED
    ]
    return start.started_at or begun[-1]
