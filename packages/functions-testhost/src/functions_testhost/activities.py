"""Runs one activity call and turns its end into the history event that its orchestrator sees."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from azure.functions.meta import Datum

from functions_testhost import history
from functions_testhost.app import Function
from functions_testhost.dotnet import activity_error_details, lost_call_details
from functions_testhost.history import Event
from functions_testhost.instances import ActivityCall
from functions_testhost.invocation import Invoker, encode
from functions_testhost.worker import CallLostError

log = logging.getLogger(__name__)


async def run_activity(
    call: ActivityCall, activities: Mapping[str, Function], invoker: Invoker, now: Callable[[], datetime]
) -> Event:
    """Returns TaskCompleted with the activity's result as JSON text, or TaskFailed in the Functions host's wording."""
    function = activities.get(call.activity.lower())
    if function is None:
        # queued before the app lost the function: a call of one that it does not have is never made (replay.py)
        return _failed(call, now(), f"There is no activity function '{call.activity}'.", "")
    try:
        value = await invoker.call(function, Datum(call.input_text, "string"))
        result = encode("activityTrigger", value).value
    except CallLostError as lost:
        log.warning("Activity '%s' of %s: %s", call.activity, call.instance_id, lost)
        return _failed(call, now(), str(lost), lost_call_details(lost.dotnet_type, str(lost)))
    except Exception as failure:  # whatever user code raises is a result: its orchestrator decides what to do
        log.info("Activity '%s' of %s failed", call.activity, call.instance_id, exc_info=True)
        message = f" {type(failure).__name__}: {failure}"
        return _failed(call, now(), message, activity_error_details(failure))
    return history.task_completed(now(), call.task_id, None if result == "null" else result)


def _failed(call: ActivityCall, now: datetime, message: str, details: str) -> Event:
    """Builds a failure. Two blanks before the name of a Python exception are the extension's own (recorded)."""
    return history.task_failed(
        now, call.task_id, f"Activity function '{call.activity}' failed: {message}", details
    )
