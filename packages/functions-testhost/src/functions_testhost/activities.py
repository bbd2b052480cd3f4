"""Runs one activity call and turns its end into the history event that its orchestrator sees."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from azure.functions.meta import Datum

from functions_testhost import history
from functions_testhost.app import Function
from functions_testhost.history import Event
from functions_testhost.instances import ActivityCall
from functions_testhost.invocation import Invoker, encode

log = logging.getLogger(__name__)


async def run_activity(
    call: ActivityCall, activities: Mapping[str, Function], invoker: Invoker, now: Callable[[], datetime]
) -> Event:
    """Returns TaskCompleted with the activity's result as JSON text, or TaskFailed in the Functions host's wording."""
    function = activities.get(call.activity.lower())
    if function is None:
        return _failed(call, now(), f"There is no activity function '{call.activity}'.")
    try:
        value = await invoker.call(function, Datum(call.input_text, "string"))
        result = encode("activityTrigger", value).value
    except Exception as failure:  # whatever user code raises is a result: its orchestrator decides what to do
        log.info("Activity '%s' of %s failed", call.activity, call.instance_id, exc_info=True)
        return _failed(call, now(), f" {type(failure).__name__}: {failure}")
    return history.task_completed(now(), call.task_id, None if result == "null" else result)


def _failed(call: ActivityCall, now: datetime, message: str) -> Event:
    """Builds a failure. The two blanks before the exception's name are the Functions host's own (recorded)."""
    details = {"ClassName": "System.Exception", "Message": message}
    reason = f"Activity function '{call.activity}' failed: {message}"
    return history.task_failed(now, call.task_id, reason, json.dumps(details))
