"""One function for each behaviour of the host that an orchestrator, an entity or a client can see."""

import contextlib
import json
import os
from collections.abc import Callable, Generator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import azure.durable_functions as df
import azure.functions as func

import client as module_of_the_app

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

Orchestration = Generator[Any, Any, Any]
RawOrchestrator = Callable[[df.DurableOrchestrationContext, dict[str, Any]], Orchestration]

failed_once: set[str] = set()


def sees_its_input(orchestrator: RawOrchestrator) -> None:
    """Registers an orchestrator that also gets what the host sent: the SDK hides fields that it does not use."""

    def handle(context: func.OrchestrationContext) -> str:
        # the worker gives an object with a body, the embedded host the body itself
        sent = json.loads(getattr(context, "body", context))

        def run(durable: df.DurableOrchestrationContext) -> Orchestration:
            return orchestrator(durable, sent)

        answer: str = df.Orchestrator.create(run)(context)
        return answer

    handle.__name__ = orchestrator.__name__
    name = orchestrator.__name__
    app.function_name(name=name)(
        app.generic_trigger(arg_name="context", type="orchestrationTrigger", orchestration=name)(handle)
    )


# activities


@app.activity_trigger(input_name="value")
def double(value: int) -> int:
    return value * 2


@app.activity_trigger(input_name="value")
def refuse(value: str) -> None:
    raise ValueError(value)


@app.activity_trigger(input_name="key")
def refuse_once(key: str) -> str:
    if key not in failed_once:
        failed_once.add(key)
        raise ValueError("the first call fails")
    return "the second call works"


@app.activity_trigger(input_name="name")
def acts(name: str) -> str:
    """Makes a request before its effect, one that is its effect, and one after it; a test can stop each."""
    for method, moment in (("GET", "before"), ("PUT", "effect"), ("GET", "after")):
        request = Request(f"{os.environ['GALLERIST_ARM_ENDPOINT']}/{name}/{moment}", method=method)
        # the simulated Azure has no such resource
        with contextlib.suppress(HTTPError):
            urlopen(request)
    return "acted"


@app.activity_trigger(input_name="value")
def owner_of_the_module(value: None) -> str:
    return module_of_the_app.OWNER


# what the host sends


@sees_its_input
def first_host_input(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    if context.instance_id:
        return sent
    yield


@sees_its_input
def host_input(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.call_activity("double", 1)
    return {key: value for key, value in sent.items() if key != "history"}


@sees_its_input
def history_of_an_activity(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.call_activity("double", 1)
    return sent["history"]


@sees_its_input
def history_of_a_timer(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=1))
    return sent["history"]


@sees_its_input
def history_of_an_event(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.wait_for_external_event("Go")
    return sent["history"]


@sees_its_input
def history_of_a_child(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    child = yield context.call_sub_orchestrator("history_of_an_activity", None, "the-child")
    return {"parent": sent["history"], "child": child}


@sees_its_input
def history_of_an_entity_call(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.call_entity(df.EntityId("counter", "history"), "add", 2)
    return sent["history"]


@sees_its_input
def history_of_a_failure(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    try:
        yield context.call_activity("refuse", "bad luck")
    except Exception:  # noqa: BLE001 # the SDK raises nothing more precise
        return sent["history"]


@sees_its_input
def history_of_several_episodes(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    retries = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=2)
    yield context.call_activity("double", 1)
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=1))
    with contextlib.suppress(Exception):
        yield context.call_activity("refuse", "bad luck")
    yield context.call_sub_orchestrator("history_of_an_activity")
    yield context.call_activity_with_retry("refuse_once", retries, context.instance_id)
    yield context.call_entity(df.EntityId("counter", "episodes"), "add", 2)
    yield context.wait_for_external_event("Go")
    yield context.call_activity("double", 1)
    return sent["history"]


@sees_its_input
def history_of_a_fan_out(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.task_all([context.call_activity("double", number) for number in range(3)])
    yield context.call_activity("double", 1)
    return sent["history"]


@sees_its_input
def history_of_a_continued_execution(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    rounds = context.get_input()["rounds"]
    if rounds == 1:
        context.continue_as_new({"rounds": 0, "first": sent["history"]})
        return None
    if rounds > 1:
        context.continue_as_new({"rounds": 1})
        return None
    yield context.call_activity("double", 1)
    yield context.call_activity("double", 1)
    return {"without a call": context.get_input()["first"], "later": sent["history"]}


@sees_its_input
def history_of_a_continued_wait(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    if context.get_input()["rounds"] > 0:
        context.continue_as_new({"rounds": 0})
        return None
    yield context.wait_for_external_event("Go")
    return sent["history"]


@sees_its_input
def history_after_a_rewind(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.call_activity("double", 1)
    yield context.call_activity("refuse_once", context.instance_id)
    yield context.call_activity("double", 1)
    return sent["history"]


# failures


@app.orchestration_trigger(context_name="context")
def failure_of_an_activity(context: df.DurableOrchestrationContext) -> Orchestration:
    try:
        yield context.call_activity("refuse", "bad luck")
    except Exception as error:  # noqa: BLE001 # the SDK raises nothing more precise
        return str(error)


@app.orchestration_trigger(context_name="context")
def failure_of_a_child(context: df.DurableOrchestrationContext) -> Orchestration:
    try:
        yield context.call_sub_orchestrator("failure_after_a_yield")
    except Exception as error:  # noqa: BLE001 # the SDK raises nothing more precise
        return str(error)


@app.orchestration_trigger(context_name="context")
def failure_before_a_yield(context: df.DurableOrchestrationContext) -> Orchestration:
    if context.instance_id:
        raise ValueError("mine")
    yield context.call_activity("double", 1)


@app.orchestration_trigger(context_name="context")
def failure_without_a_yield(context: df.DurableOrchestrationContext) -> Orchestration:
    raise ValueError("mine")


@app.orchestration_trigger(context_name="context")
def failure_after_a_yield(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_activity("double", 1)
    raise ValueError("mine")


@app.orchestration_trigger(context_name="context")
def heals_by_a_rewind(context: df.DurableOrchestrationContext) -> Orchestration:
    before = yield context.call_activity("double", 21)
    return [before, (yield context.call_activity("refuse_once", context.instance_id))]


@app.orchestration_trigger(context_name="context")
def parent_that_heals_by_a_rewind(context: df.DurableOrchestrationContext) -> Orchestration:
    return [(yield context.call_sub_orchestrator("heals_by_a_rewind", None, f"{context.instance_id}-child"))]


@app.orchestration_trigger(context_name="context")
def fails_after_a_retry(context: df.DurableOrchestrationContext) -> Orchestration:
    retries = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=2)
    yield context.call_activity_with_retry("refuse", retries, "bad luck")


# a worker that dies


@app.orchestration_trigger(context_name="context")
def calls_an_activity_that_acts(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_activity("acts", context.instance_id))


@sees_its_input
def calls_before_and_after_an_event(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    yield context.call_activity("double", 1)
    yield context.wait_for_external_event("Go")
    yield context.call_activity("double", 1)
    return sent["history"]


@app.orchestration_trigger(context_name="context")
def waits_for_a_child(context: df.DurableOrchestrationContext) -> Orchestration:
    child = f"{context.instance_id}-child"
    return [(yield context.call_sub_orchestrator("waits_for_an_event", None, child))]


# names and ids


@app.orchestration_trigger(context_name="context")
def calls_an_unknown_activity(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_activity("nobody", 1)


@app.orchestration_trigger(context_name="context")
def retries_an_unknown_activity(context: df.DurableOrchestrationContext) -> Orchestration:
    retries = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=2)
    yield context.call_activity_with_retry("nobody", retries, 1)


@app.orchestration_trigger(context_name="context")
def calls_an_unknown_child(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_sub_orchestrator("nobody")


@app.orchestration_trigger(context_name="context")
def calls_an_unknown_entity(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_entity(df.EntityId("nobody", "k"), "add", 1)


@app.orchestration_trigger(context_name="context")
def signals_an_unknown_entity(context: df.DurableOrchestrationContext) -> Orchestration:
    context.signal_entity(df.EntityId("nobody", "k"), "add", 1)
    yield context.call_activity("double", 1)


@app.orchestration_trigger(context_name="context")
def calls_an_unknown_activity_or_a_known_one(context: df.DurableOrchestrationContext) -> Orchestration:
    unknown, known = context.call_activity("nobody", 1), context.call_activity("double", 21)
    winner = yield context.task_any([unknown, known])
    return {"winner": "unknown" if winner == unknown else "known", "result": winner.result}


@app.orchestration_trigger(context_name="context")
def calls_a_child_of_the_same_id(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_sub_orchestrator("returns_its_input", {"n": 1}, context.get_input()["child"]))


@app.orchestration_trigger(context_name="context")
def asks_for_the_owner_of_a_module(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_activity("owner_of_the_module"))


# events


@app.orchestration_trigger(context_name="context")
def waits_for_an_event(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.wait_for_external_event("Go"))


@app.orchestration_trigger(context_name="context")
def waits_for_two_events_after_an_activity(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.wait_for_external_event("Start")
    first = yield context.wait_for_external_event("Go")
    second = yield context.wait_for_external_event("Go")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def waits_for_an_event_or_a_timer(context: df.DurableOrchestrationContext) -> Orchestration:
    event = context.wait_for_external_event("Go")
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=5))
    winner = yield context.task_any([event, timer])
    return "event" if winner == event else "timer"


@app.route(route="raise/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def raise_by_the_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    await client.raise_event(req.route_params["id"], "Go", {"n": 1})
    return "raised"


# tasks


@app.orchestration_trigger(context_name="context")
def all_of_nothing(context: df.DurableOrchestrationContext) -> Orchestration:
    results = yield context.task_all([])
    return {"results": results}


@app.orchestration_trigger(context_name="context")
def all_with_a_failure(context: df.DurableOrchestrationContext) -> Orchestration:
    calls = [context.call_activity("double", 1), context.call_activity("refuse", "bad luck")]
    try:
        yield context.task_all(calls)
    except Exception:  # noqa: BLE001 # the SDK raises nothing more precise
        return (yield context.call_activity("double", 21))


@app.orchestration_trigger(context_name="context")
def yields_a_task_twice(context: df.DurableOrchestrationContext) -> Orchestration:
    task = context.call_activity("double", 21)
    return [(yield task), (yield task)]


@app.orchestration_trigger(context_name="context")
def never_yields_a_task(context: df.DurableOrchestrationContext) -> Orchestration:
    context.call_activity("refuse", "never called")
    return (yield context.call_activity("double", 21))


@app.orchestration_trigger(context_name="context")
def leaves_a_timer(context: df.DurableOrchestrationContext) -> Orchestration:
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=20))
    call = context.call_activity("double", 21)
    yield context.task_any([timer, call])
    context.set_custom_status("returned")
    return "done"


@app.orchestration_trigger(context_name="context")
def sleeps_until_a_naive_time(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.create_timer(datetime(2026, 1, 1))  # noqa: DTZ001 # the behaviour under test


@sees_its_input
def sleeps_until_a_time_of_another_zone(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    now = context.current_utc_datetime
    elsewhere = context.create_timer(now.astimezone(timezone(timedelta(hours=2))) + timedelta(hours=1))
    call = context.call_activity("double", 21)
    yield context.task_any([elsewhere, call])
    elsewhere.cancel()
    (created,) = [event for event in sent["history"] if event["EventType"] == 10]
    fires = datetime.fromisoformat(created["FireAt"])
    return round((fires - now).total_seconds() / 3600)


@app.orchestration_trigger(context_name="context")
def continues_as_new(context: df.DurableOrchestrationContext) -> Orchestration:
    rounds = context.get_input()["rounds"]
    yield context.call_activity("double", 1)
    if rounds == 0:
        return "no more rounds"
    context.set_custom_status({"rounds": rounds})
    context.continue_as_new({"rounds": rounds - 1})


# versions


@sees_its_input
def tells_its_version(context: df.DurableOrchestrationContext, sent: dict[str, Any]) -> Orchestration:
    yield context.call_activity("double", 1)
    return {"context": context.version, "history": version_in(sent)}


def version_in(sent: dict[str, Any]) -> str | None:
    """Returns the version in the event that began the execution, which is the second of its history."""
    version: str | None = sent["history"][1]["Version"]
    return version


@sees_its_input
def tells_its_version_after_an_event(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    yield context.wait_for_external_event("Go")
    child = yield context.call_sub_orchestrator("tells_its_version")
    return {"context": context.version, "history": version_in(sent), "child": child["history"]}


@sees_its_input
def tells_its_version_after_continuing(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    yield context.wait_for_external_event("Go")
    if context.get_input()["rounds"] > 0:
        context.continue_as_new({"rounds": 0, "first": version_in(sent)})
        return None
    return {"first": context.get_input()["first"], "later": version_in(sent)}


@sees_its_input
def calls_a_child_of_another_version(
    context: df.DurableOrchestrationContext, sent: dict[str, Any]
) -> Orchestration:
    version, child = context.get_input()["version"], f"{context.instance_id}-child"
    try:
        result = yield context.call_sub_orchestrator("tells_its_version", None, child, version)
    except Exception as error:  # noqa: BLE001 # the SDK raises nothing more precise
        (failed,) = [event for event in sent["history"] if "TaskScheduledId" in event]
        return {"error": str(error), "event": failed}
    return result["history"]


@app.route(route="start/{name}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start_by_the_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    name, instance_id = req.route_params["name"], req.route_params["id"]
    return await client.start_new(name, instance_id, version=req.params.get("version"))


# inputs


@app.orchestration_trigger(context_name="context")
def returns_its_input(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_activity("double", 1)
    return {"input": context.get_input()}


# entities


@app.orchestration_trigger(context_name="context")
def calls_an_entity(context: df.DurableOrchestrationContext) -> Orchestration:
    counter = df.EntityId("counter", "calls")
    results = [
        (yield context.call_entity(counter, "add", 2)),
        (yield context.call_entity(counter, "nothing")),
    ]
    try:
        yield context.call_entity(counter, "add_and_fail", 5)
    except Exception as error:  # noqa: BLE001 # the SDK raises nothing more precise
        results.append(str(error))
    return [*results, (yield context.call_entity(counter, "get"))]


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    operation = context.operation_name
    if operation in {"add", "add_and_fail"}:
        value += context.get_input()
        context.set_state(value)
    if operation == "add_and_fail":
        raise ValueError("added and failed")
    if operation != "nothing":
        context.set_result(value)
