"""The patterns of Durable Functions, each as small as possible."""

import json
from collections.abc import Coroutine, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

Orchestration = Generator[Any, Any, Any]

attempts: dict[str, int] = {}


# starters


@app.route(route="start/{name}/{id?}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = req.get_json() if req.get_body() else None
    instance_id = await client.start_new(req.route_params["name"], req.route_params.get("id"), body)
    return client.create_check_status_response(req, instance_id)


@app.route(route="hello/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def hello(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    answer = {
        "hello": req.route_params["name"],
        "shout": req.params.get("shout"),
        "by": context.function_name,
    }
    return func.HttpResponse(json.dumps(answer), mimetype="application/json", headers={"X-Sample": "yes"})


@app.route(route="locked")
def locked(req: func.HttpRequest) -> str:
    return "open"


@app.route(route="nothing")
def nothing(req: func.HttpRequest) -> str:
    return None  # type: ignore[return-value]  # the test is about this


@app.route(route="broken", auth_level=func.AuthLevel.ADMIN)
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("on purpose")


@app.route(route="explained")
def explained(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("failed, and the log says why", status_code=500)


@app.route(route="cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("two")
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; HttpOnly")
    return response


@app.route(route="request", methods=["POST"])
def request(req: func.HttpRequest) -> func.HttpResponse:
    """Shows what the function gets of a request."""
    return func.HttpResponse(
        json.dumps(
            {"body": req.get_body().hex(), "query": dict(req.params), "twice": req.headers.get("twice")}
        )
    )


@app.route(route="tour", methods=["POST"])
@app.durable_client_input(client_name="client")
async def tour(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Calls every method of the SDK's client."""
    seen: dict[str, Any] = {"started": await client.start_new("waiting", "tour-1", {"a": 1})}
    seen["refused"] = "already exists" in await failure_of(client.start_new("waiting", "tour-1"))
    seen["unknown"] = await until(client, await client.start_new("nobody"), "Failed")
    await until(client, "tour-1", "Running")
    status = await client.get_status("tour-1", show_history=True)
    seen["running"] = [status.runtime_status.value, bool(await client.get_status("nobody"))]
    await client.suspend("tour-1", "hold on")
    seen["suspended"] = await until(client, "tour-1", "Suspended")
    await client.resume("tour-1", "go on")
    seen["found"] = [found.instance_id for found in await client.get_status_by(instance_id_prefix="tour")]
    await client.raise_event("tour-1", "Go", {"n": 1})
    await until(client, "tour-1", "Completed")
    seen["output"] = (await client.get_status("tour-1")).output
    await client.start_new("waiting", "tour-2")
    await client.terminate("tour-2", "enough")
    seen["terminated"] = await until(client, "tour-2", "Terminated")
    seen["restarted"] = bool(await client.restart("tour-2", restart_with_new_instance_id=True))
    entity = df.EntityId("counter", "tour")
    await client.signal_entity(entity, "add", 5)
    while not (state := await client.read_entity_state(entity)).entity_exists:
        pass
    seen["entity"] = [state.entity_exists, state.entity_state]
    seen["no entity"] = (await client.read_entity_state(df.EntityId("counter", "none"))).entity_exists
    purged = [
        await client.purge_instance_history(instance_id) for instance_id in ("tour-1", "tour-2", "nobody")
    ]
    seen["purged"] = sum(result.instances_deleted for result in purged)
    by_time = await client.purge_instance_history_by(datetime(2000, 1, 1, tzinfo=UTC))
    seen["purged by time"] = by_time.instances_deleted
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


async def until(client: df.DurableOrchestrationClient, instance_id: str, status: str) -> str:
    while (await client.get_status(instance_id)).runtime_status.value != status:
        pass
    return status


async def failure_of(call: Coroutine[Any, Any, Any]) -> str:
    try:
        await call
    except Exception as error:  # noqa: BLE001  # the SDK raises nothing more precise
        return str(error)
    return ""


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_event(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    await client.start_new("echo", event.id, event.get_json())


@app.event_grid_trigger(arg_name="event")
def on_bad_event(event: func.EventGridEvent) -> None:
    raise ValueError(f"event {event.id} refused")


# activities


@app.activity_trigger(input_name="value")
def double(value: int) -> int:
    return value * 2


@app.activity_trigger(input_name="value")
async def double_async(value: int) -> int:
    return value * 2


@app.activity_trigger(input_name="value")
def fail(value: str) -> None:
    raise ValueError(value)


@app.activity_trigger(input_name="key")
def fail_once(key: str) -> int:
    return succeed_at(2, key)


@app.activity_trigger(input_name="key")
def fail_twice(key: str) -> int:
    return succeed_at(3, key)


def succeed_at(attempt: int, key: str) -> int:
    attempts[key] = attempts.get(key, 0) + 1
    if attempts[key] < attempt:
        raise ValueError(f"attempt {attempts[key]}")
    return attempts[key]


# orchestrators


@app.orchestration_trigger(context_name="context")
def echo(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_activity("double", 1)
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def one(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_activity("double", 21))


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Orchestration:
    value = 1
    for _ in range(context.get_input() or 3):
        value = (yield context.call_activity("double", value)) % 1_000_003
    return value


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Orchestration:
    calls = [context.call_activity("double_async", number) for number in range(context.get_input())]
    results = yield context.task_all(calls)
    return sum(results)


@app.orchestration_trigger(context_name="context")
def failing(context: df.DurableOrchestrationContext) -> Orchestration:
    yield context.call_activity("fail", "bad luck")


@app.orchestration_trigger(context_name="context")
def retrying(context: df.DurableOrchestrationContext) -> Orchestration:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=3)
    result = yield context.call_activity_with_retry("fail_twice", options, context.instance_id)
    after = yield context.call_activity("double", result)
    return [result, after]


@app.orchestration_trigger(context_name="context")
def giving_up(context: df.DurableOrchestrationContext) -> Orchestration:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=2)
    try:
        yield context.call_activity_with_retry("fail", options, "always")
    except Exception as error:  # noqa: BLE001  # the SDK raises nothing more precise
        message = str(error)
    after = yield context.call_activity("double", 21)
    return [message, after]


@app.orchestration_trigger(context_name="context")
def sleeping(context: df.DurableOrchestrationContext) -> Orchestration:
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(seconds=context.get_input()))
    return (context.current_utc_datetime - before).total_seconds()


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Orchestration:
    context.set_custom_status({"waiting_for": "approval"})
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    decision = context.wait_for_external_event("Approval")
    winner = yield context.task_any([decision, deadline])
    if winner == deadline:
        return "timed out"
    deadline.cancel()
    context.set_custom_status("decided")
    return decision.result


@app.orchestration_trigger(context_name="context")
def waiting(context: df.DurableOrchestrationContext) -> Orchestration:
    answer = yield context.wait_for_external_event("Go")
    return answer


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Orchestration:
    named = yield context.call_sub_orchestrator("chain", 2, f"{context.instance_id}-child")
    unnamed = yield context.call_sub_orchestrator("chain", 3)
    try:
        yield context.call_sub_orchestrator("failing")
    except Exception as error:  # noqa: BLE001  # the SDK raises nothing more precise
        return [named, unnamed, str(error)]


@app.orchestration_trigger(context_name="context")
def rewindable(context: df.DurableOrchestrationContext) -> Orchestration:
    before = yield context.call_activity("double", 21)
    return [before, (yield context.call_sub_orchestrator("fragile", None, f"{context.instance_id}-child"))]


@app.orchestration_trigger(context_name="context")
def fragile(context: df.DurableOrchestrationContext) -> Orchestration:
    return (yield context.call_activity("fail_once", context.instance_id))


@app.orchestration_trigger(context_name="context")
def fragile_with_retry(context: df.DurableOrchestrationContext) -> Orchestration:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=2)
    return (yield context.call_activity_with_retry("fail_twice", options, context.instance_id))


@app.orchestration_trigger(context_name="context")
def eternal(context: df.DurableOrchestrationContext) -> Orchestration:
    state = context.get_input()
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    context.set_custom_status({"round": state["round"]})
    if state["round"] == state["rounds"]:
        return state
    context.continue_as_new({**state, "round": state["round"] + 1})


@app.orchestration_trigger(context_name="context")
def counting(context: df.DurableOrchestrationContext) -> Orchestration:
    counter = df.EntityId("Counter", context.get_input())
    context.signal_entity(counter, "add", 5)
    first = yield context.call_entity(counter, "add", 2)
    second = yield context.call_entity(counter, "get")
    try:
        yield context.call_entity(counter, "nonsense")
    except Exception as error:  # noqa: BLE001  # the SDK raises nothing more precise
        return [first, second, str(error)]


# entities


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    match context.operation_name:
        case "add":
            value += context.get_input()
            context.set_state(value)
        case "get":
            pass
        case "delete":
            context.destruct_on_exit()
            return
        case other:
            raise ValueError(f"no operation {other}")
    context.set_result(value)
