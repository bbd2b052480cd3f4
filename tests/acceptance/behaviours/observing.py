"""Observes the behaviours of a host: runs the app of this folder and returns comparable answers."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.acceptance.hosts import EmbeddedHost, ExtensionHost
from tests.workflow.estate import eventually

Answer = Any
ENDED = {"Completed", "Failed", "Terminated"}
WAIT_SECONDS = 60

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_ID = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
)
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+")
# where the functions of a trace stand differs from machine to machine
_STACK = re.compile(r"(Stack: |, StackTrace: ).*", re.DOTALL)
_DOTNET_TRACES = ("StackTraceString", "StackTrace", "RemoteStackTraceString")


def comparable(value: Any) -> Any:
    """Returns the value without what differs from run to run: times, ids, addresses and stack traces."""
    if isinstance(value, Mapping):
        return {key: _hidden(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return _comparable_text(value) if isinstance(value, str) else value


def _hidden(key: str, value: Any) -> Any:
    if key in _DOTNET_TRACES and isinstance(value, str):
        return "<trace>"
    if key == "InnerException" and value is not None:
        # its type is that of the host around the extension
        return "<exception>"
    if key == "IsPlayed":
        # a behaviour of its own
        return "<played>"
    return comparable(value)


def _comparable_text(text: str) -> Any:
    if text.startswith("[") and (parsed := _parsed(text)) is not None:
        return comparable(parsed)
    found = text.find('{"')
    # a failure ends with the JSON of an exception, and some values are JSON by themselves
    if found >= 0 and (parsed := _parsed(text[found:])) is not None:
        return (
            {"text": _comparable_text(text[:found]), "json": comparable(parsed)}
            if found
            else comparable(parsed)
        )
    text = _STACK.sub(r"\1<trace>", text)
    return _ADDRESS.sub("<address>", _TIME.sub("<time>", _ID.sub("<id>", text)))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


class Hub:
    """The management API of the host that serves the app."""

    def __init__(self, host: EmbeddedHost | ExtensionHost) -> None:
        self.http = httpx.Client(base_url=f"{host.durable_url}/", timeout=60)
        self.app = httpx.Client(base_url=f"{host.url}/api/", timeout=60)

    def close(self) -> None:
        self.http.close()
        self.app.close()

    def start(self, name: str, instance_id: str | None = None, body: Any = None) -> str:
        """Starts an orchestrator under its own name; returns the instance id."""
        instance_id = instance_id or name
        response = self.http.post(f"orchestrators/{name}/{instance_id}", json=body)
        response.raise_for_status()
        return instance_id

    def status(self, instance_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"instances/{instance_id}").json()
        return found

    def wait(self, instance_id: str) -> dict[str, Any]:
        """Waits for the end of the instance; returns its status and output."""

        def look() -> dict[str, Any] | None:
            found = self.status(instance_id)
            return found if found.get("runtimeStatus") in ENDED else None

        found = eventually(look, seconds=WAIT_SECONDS)
        return {"status": found["runtimeStatus"], "output": comparable(found["output"])}

    def run(self, name: str, body: Any = None) -> dict[str, Any]:
        return self.wait(self.start(name, body=body))

    def wait_until_running(self, instance_id: str) -> None:
        """Waits until the first episode has run, so that what follows comes in a later one."""
        eventually(lambda: self.status(instance_id).get("runtimeStatus") != "Pending", seconds=WAIT_SECONDS)

    def send(self, instance_id: str, event: str, body: Any) -> int:
        """Raises an event; returns the status of the answer."""
        return self.http.post(f"instances/{instance_id}/raiseEvent/{event}", json=body).status_code

    def events_received(self, instance_id: str) -> int:
        """Counts the events in the instance's history."""
        found = self.http.get(f"instances/{instance_id}?showHistory=true").json()
        return sum(row["EventType"] == "EventRaised" for row in found["historyEvents"])


def refusal(response: httpx.Response) -> Answer:
    """Returns the status of a refusal and the names of the members of its body."""
    body = _parsed(response.text)
    return {
        "status": response.status_code,
        "members": sorted(body) if isinstance(body, dict) else response.text,
    }


# behaviours that need more than a start


def played_events(hub: Hub) -> Answer:
    """Returns the type of each event that the second episode is sent, and whether it is marked as played."""
    instance_id = hub.start("history_of_an_activity", "played-events")
    hub.wait(instance_id)
    return [[event["EventType"], event["IsPlayed"]] for event in hub.status(instance_id)["output"]]


def history_of_an_event(hub: Hub) -> Answer:
    instance_id = hub.start("history_of_an_event")
    hub.wait_until_running(instance_id)
    hub.send(instance_id, "Go", {"n": 1})
    return hub.wait(instance_id)


def an_event_of_the_http_api_is_an_object(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "event-by-http")
    hub.wait_until_running(instance_id)
    hub.send(instance_id, "Go", {"n": 1})
    return hub.wait(instance_id)


def an_event_of_the_client_is_text(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "event-by-client")
    hub.wait_until_running(instance_id)
    hub.app.post(f"raise/{instance_id}").raise_for_status()
    found = eventually(lambda: _ended(hub, instance_id), seconds=WAIT_SECONDS)
    return {"status": found["runtimeStatus"], "type": type(found["output"]).__name__}


def _ended(hub: Hub, instance_id: str) -> dict[str, Any] | None:
    found = hub.status(instance_id)
    return found if found["runtimeStatus"] in ENDED else None


def of_two_early_events_the_last_counts_twice(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_two_events_after_an_activity", "early-events")
    hub.wait_until_running(instance_id)
    for number in (1, 2):
        hub.send(instance_id, "Go", number)
        eventually(lambda sent=number: hub.events_received(instance_id) == sent, seconds=WAIT_SECONDS)
    hub.send(instance_id, "Start", {})
    return hub.wait(instance_id)


def one_early_event_ends_two_waits_after_a_second_event(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_two_events_after_an_activity", "one-event")
    hub.wait_until_running(instance_id)
    hub.send(instance_id, "Go", 1)
    eventually(lambda: hub.events_received(instance_id) == 1, seconds=WAIT_SECONDS)
    hub.send(instance_id, "Start", {})
    eventually(lambda: hub.events_received(instance_id) == 2, seconds=WAIT_SECONDS)
    waiting = hub.status(instance_id)["runtimeStatus"]
    hub.send(instance_id, "Go", 2)
    return {"before the second event": waiting, **hub.wait(instance_id)}


def an_event_in_another_case_is_never_received(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event_or_a_timer", "event-case")
    hub.wait_until_running(instance_id)
    return {"accepted": hub.send(instance_id, "GO", 1), **hub.wait(instance_id)}


def a_timer_that_is_left_keeps_the_instance_running(hub: Hub) -> Answer:
    instance_id = hub.start("leaves_a_timer")

    def look() -> dict[str, Any] | None:
        found = hub.status(instance_id)
        return found if found.get("customStatus") == "returned" else None

    found = eventually(look, seconds=WAIT_SECONDS)
    hub.http.post(f"instances/{instance_id}/terminate?reason=enough")
    return {"after the return": found["runtimeStatus"], **hub.wait(instance_id)}


def _input(hub: Hub, instance_id: str, body: Any) -> Answer:
    return hub.wait(hub.start("returns_its_input", instance_id, body))


def an_unknown_orchestrator_is_accepted_and_fails(hub: Hub) -> Answer:
    response = hub.http.post("orchestrators/nobody/unknown", json={})
    if response.is_error:
        return refusal(response)
    return {"accepted": response.status_code, "status": hub.wait("unknown")["status"]}


def a_start_with_a_body_that_is_not_json_is_refused(hub: Hub) -> Answer:
    headers = {"Content-Type": "application/json"}
    return refusal(hub.http.post("orchestrators/returns_its_input/bad", content="{", headers=headers))


def a_start_under_the_id_of_a_running_instance_is_refused(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "same-id")
    hub.wait_until_running(instance_id)
    answer = hub.http.post(f"orchestrators/waits_for_an_event/{instance_id}", json={})
    hub.http.post(f"instances/{instance_id}/terminate?reason=enough")
    return {"second start": answer.status_code, **hub.wait(instance_id)}


def an_event_as_plain_text_is_refused(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "text-event")
    hub.wait_until_running(instance_id)
    headers = {"Content-Type": "text/plain"}
    answer = hub.http.post(f"instances/{instance_id}/raiseEvent/Go", content="1", headers=headers)
    hub.http.post(f"instances/{instance_id}/terminate?reason=enough")
    return refusal(answer)


def operations_on_an_instance_that_has_ended(hub: Hub) -> Answer:
    instance_id = hub.start("returns_its_input", "ended", {})
    hub.wait(instance_id)
    address = f"instances/{instance_id}"
    answers = {
        name: hub.http.post(f"{address}/{path}", json={}).status_code
        for name, path in {
            "terminate": "terminate?reason=r",
            "suspend": "suspend?reason=r",
            "resume": "resume?reason=r",
            "raise event": "raiseEvent/Go",
            "rewind": "rewind?reason=r",
            "restart": "restart",
        }.items()
    }
    purges = [hub.http.delete(address).status_code for _ in range(2)]
    return {
        **answers,
        "purge": purges[0],
        "second purge": purges[1],
        "status": hub.http.get(address).status_code,
    }


def a_rewind_repeats_the_failed_call(hub: Hub) -> Answer:
    instance_id = hub.start("heals_by_a_rewind")
    before = hub.wait(instance_id)["status"]
    answer = hub.http.post(f"instances/{instance_id}/rewind?reason=r").status_code
    eventually(lambda: hub.status(instance_id)["runtimeStatus"] != "Failed", seconds=WAIT_SECONDS)
    return {"before": before, "rewind": answer, **hub.wait(instance_id)}


# What an app can see of its host, each by the name of its test. Left out: what follows `task_all` when one child fails
# while another still retries, for that is a race on the extension.
BEHAVIOURS: dict[str, Callable[[Hub], Answer]] = {
    "what an orchestrator is sent": lambda hub: hub.run("host_input"),
    "the history of an activity": lambda hub: hub.run("history_of_an_activity"),
    "which events are marked as played": played_events,
    "the history of a timer": lambda hub: hub.run("history_of_a_timer"),
    "the history of an event": history_of_an_event,
    "the history of a child orchestration": lambda hub: hub.run("history_of_a_child"),
    "the history of an entity call": lambda hub: hub.run("history_of_an_entity_call"),
    "the history of a failed activity": lambda hub: hub.run("history_of_a_failure"),
    "the error of a failed activity": lambda hub: hub.run("failure_of_an_activity"),
    "the error of a failed child": lambda hub: hub.run("failure_of_a_child"),
    "an orchestrator that raises before its first yield": lambda hub: hub.run("failure_before_a_yield"),
    "an orchestrator without a yield that raises": lambda hub: hub.run("failure_without_a_yield"),
    "an orchestrator that raises after a yield": lambda hub: hub.run("failure_after_a_yield"),
    "a rewind repeats the failed call": a_rewind_repeats_the_failed_call,
    "an event of the HTTP API is an object": an_event_of_the_http_api_is_an_object,
    "an event of the client is text": an_event_of_the_client_is_text,
    "of two early events the last counts twice": of_two_early_events_the_last_counts_twice,
    "one early event ends two waits": one_early_event_ends_two_waits_after_a_second_event,
    "an event in another case is never received": an_event_in_another_case_is_never_received,
    "task_all of nothing gives None": lambda hub: hub.run("all_of_nothing"),
    "task_all with a failure lets the next call run": lambda hub: hub.run("all_with_a_failure"),
    "a task that is yielded twice is called once": lambda hub: hub.run("yields_a_task_twice"),
    "a task that is never yielded is never called": lambda hub: hub.run("never_yields_a_task"),
    "a timer that is left keeps the instance running": a_timer_that_is_left_keeps_the_instance_running,
    "a timer with a naive time fails": lambda hub: hub.run("sleeps_until_a_naive_time"),
    "a timer with a time of another zone fires late": lambda hub: hub.run(
        "sleeps_until_a_time_of_another_zone"
    ),
    "continue_as_new": lambda hub: hub.run("continues_as_new", {"rounds": 2}),
    "an object as input": lambda hub: _input(hub, "object", {"n": 1}),
    "an array as input fails": lambda hub: _input(hub, "array", [1]),
    "a bare string as input fails": lambda hub: _input(hub, "string", "text"),
    "calls of an entity": lambda hub: hub.run("calls_an_entity"),
    "an unknown orchestrator is accepted and fails": an_unknown_orchestrator_is_accepted_and_fails,
    "a start with a body that is not JSON": a_start_with_a_body_that_is_not_json_is_refused,
    "a start under the id of a running instance": a_start_under_the_id_of_a_running_instance_is_refused,
    "an event as plain text": an_event_as_plain_text_is_refused,
    "operations on an instance that has ended": operations_on_an_instance_that_has_ended,
}
