"""An orchestrator that interprets a program given as JSON, so that tests can generate orchestrations."""

from collections import Counter
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

app = df.DFApp()

Step = list[Any]
Orchestration = Generator[Any, Any, Any]

RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=3)

tries: Counter[str] = Counter()


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


@app.activity_trigger(input_name="flaw")
def flaky(flaw: dict) -> int:
    """Fails the given number of times, then returns the number."""
    tries[flaw["key"]] += 1
    if tries[flaw["key"]] <= flaw["failures"]:
        raise ValueError(f"try {tries[flaw['key']]}")
    return int(flaw["number"])


@app.entity_trigger(context_name="context")
def account(context: df.DurableEntityContext) -> None:
    """Adds an amount to a total, and returns three times the amount."""
    amount = context.get_input()
    context.set_state(context.get_state(lambda: 0) + amount)
    context.set_result(amount * 3)


@app.orchestration_trigger(context_name="context")
def program(context: df.DurableOrchestrationContext) -> Orchestration:
    """Runs the steps of the first round, and continues as new with the other rounds."""
    state = context.get_input()
    results = state["results"]
    for step in state["rounds"][0]:
        results.append((yield from run_step(context, step)))
    if len(state["rounds"]) == 1:
        return results
    context.continue_as_new({"rounds": state["rounds"][1:], "results": results})


def run_step(context: df.DurableOrchestrationContext, step: Step) -> Orchestration:
    match step:
        case ["any", children]:
            winner = yield context.task_any([task_of(context, child) for child in children])
            return winner.result
        case ["race", name, seconds]:
            return (yield from race(context, name, seconds))
        case ["twice", number]:
            task = context.call_activity("double", number)
            return [(yield task), (yield task)]
        case ["signal", key, amount]:
            context.signal_entity(df.EntityId("account", key), "add", amount)
            return "signalled"
    try:
        return (yield task_of(context, step))
    except Exception:  # noqa: BLE001  # the SDK raises nothing more precise
        return "failed"


def race(context: df.DurableOrchestrationContext, name: str, seconds: int) -> Orchestration:
    deadline = context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
    event = context.wait_for_external_event(name)
    winner = yield context.task_any([event, deadline])
    if winner == deadline:
        return "too late"
    deadline.cancel()
    return event.result


def task_of(context: df.DurableOrchestrationContext, step: Step) -> Any:
    makers: dict[str, Callable[..., Any]] = {
        "all": lambda children: context.task_all([task_of(context, child) for child in children]),
        "activity": lambda number: context.call_activity("double", number),
        "failing": lambda key: context.call_activity("flaky", {"key": key, "failures": 99, "number": 0}),
        "retry": lambda key, number, failures: context.call_activity_with_retry(
            "flaky", RETRIES, {"key": key, "failures": failures, "number": number}
        ),
        "timer": lambda seconds: context.create_timer(
            context.current_utc_datetime + timedelta(seconds=seconds)
        ),
        "event": context.wait_for_external_event,
        "call": lambda key, amount: context.call_entity(df.EntityId("account", key), "add", amount),
        "sub": lambda steps: context.call_sub_orchestrator("program", {"rounds": [steps], "results": []}),
    }
    return makers[step[0]](*step[1:])
