"""Orchestrations that do nothing but call activities: a chain, and fan-outs."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.activity_trigger(input_name="number")
def sync_echo(number: int) -> int:
    """Runs in a thread."""
    return number


@app.activity_trigger(input_name="number")
async def async_echo(number: int) -> int:
    """Runs on the event loop."""
    return number


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Calls activities one after the other."""
    for number in range(context.get_input()["size"]):
        yield context.call_activity("sync_echo", number)


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Calls activities all at once."""
    size = context.get_input()["size"]
    yield context.task_all([context.call_activity("sync_echo", number) for number in range(size)])


@app.orchestration_trigger(context_name="context")
def fan_out_async(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Calls async activities all at once."""
    size = context.get_input()["size"]
    yield context.task_all([context.call_activity("async_echo", number) for number in range(size)])
