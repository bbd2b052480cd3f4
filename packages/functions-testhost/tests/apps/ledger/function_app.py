"""Orchestrations that write each activity to a file, so that a test sees what a killed host did."""

import os
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.activity_trigger(input_name="line")
def note(line: str) -> str:
    with Path(os.environ["LEDGER"]).open("a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")
    return line


@app.orchestration_trigger(context_name="context")
def mixture(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Uses a chain, a fan-out, a timer, an entity and a child."""
    name = context.instance_id
    done = [(yield context.call_activity("note", f"{name} first"))]
    done += yield context.task_all([context.call_activity("note", f"{name} part {n}") for n in range(3)])
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    count = yield context.call_entity(df.EntityId("tally", name), "add", 1)
    child = yield context.call_sub_orchestrator("child", name, f"{name}-child")
    return [*done, count, child]


@app.orchestration_trigger(context_name="context")
def child(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    return (yield context.call_activity("note", f"{context.get_input()} child"))


@app.entity_trigger(context_name="context")
def tally(context: df.DurableEntityContext) -> None:
    total = context.get_state(lambda: 0) + context.get_input()
    context.set_state(total)
    context.set_result(total)
