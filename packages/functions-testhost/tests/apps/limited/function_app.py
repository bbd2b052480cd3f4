"""Functions that count how many of them run at once, and an orchestrator that changes while it runs."""

import asyncio
import threading
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

Orchestration = Generator[Any, Any, Any]

changed = {"names": ["first", "second"]}
running: dict[str, int] = {"activities": 0, "orchestrators": 0}
most: dict[str, int] = {"activities": 0, "orchestrators": 0}
lock = threading.Lock()


def enter(kind: str) -> None:
    with lock:
        running[kind] += 1
        most[kind] = max(most[kind], running[kind])


def leave(kind: str) -> None:
    with lock:
        running[kind] -= 1


@app.activity_trigger(input_name="number")
async def busy(number: int) -> int:
    """Lets the others run in between."""
    enter("activities")
    for _ in range(20):
        await asyncio.sleep(0)
    leave("activities")
    return number


@app.activity_trigger(input_name="number")
def first(number: int) -> int:
    return number


@app.activity_trigger(input_name="number")
def second(number: int) -> int:
    return number


@app.orchestration_trigger(context_name="context")
def many(context: df.DurableOrchestrationContext) -> Orchestration:
    enter("orchestrators")
    try:
        calls = [context.call_activity("busy", number) for number in range(12)]
        return (yield context.task_all(calls))
    finally:
        leave("orchestrators")


@app.orchestration_trigger(context_name="context")
def endless(context: df.DurableOrchestrationContext) -> Orchestration:
    while True:
        yield context.call_activity("first", 1)


@app.orchestration_trigger(context_name="context")
def unsteady(context: df.DurableOrchestrationContext) -> Orchestration:
    """Calls the activities that the module names now: its code can change while it runs."""
    for name in changed["names"]:
        yield context.call_activity(name, 1)
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    return context.version


@app.orchestration_trigger(context_name="context")
def calling_http(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_http("GET", "http://127.0.0.1/")


@app.orchestration_trigger(context_name="context")
def talkative(context: df.DurableOrchestrationContext) -> Orchestration:
    context.set_custom_status("x" * context.get_input()["characters"])
    yield context.call_activity("first", 1)
    return "said"


@app.orchestration_trigger(context_name="context")
def wait_twice(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.wait_for_external_event("Go")
    yield context.wait_for_external_event("Go")


@app.orchestration_trigger(context_name="context")
def signalling(context: df.DurableOrchestrationContext) -> Orchestration:
    for number in range(10):
        context.signal_entity(df.EntityId("counter", "c"), "add", number)
    return (yield context.call_entity(df.EntityId("counter", "c"), "get"))


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(list)
    if context.operation_name == "add":
        value.append(context.get_input())
        context.set_state(value)
    context.set_result(value)


@app.orchestration_trigger(context_name="context")
def with_child(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_sub_orchestrator("unsteady"))
