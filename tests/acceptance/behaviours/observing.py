"""Observes the behaviours of a host: runs the app of this folder and returns comparable answers."""

import json
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from tests.acceptance.hosts import EmbeddedHost, ExtensionHost
from tests.workflow.estate import eventually

Answer = Any
ENDED = {"Completed", "Failed", "Terminated"}
# a host with a deliberate fault is waited for in vain
WAIT_SECONDS = float(os.environ.get("GALLERIST_ACCEPTANCE_WAIT_SECONDS", "60"))

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

    def __init__(self, host: EmbeddedHost | ExtensionHost, wait_seconds: float = WAIT_SECONDS) -> None:
        self.host = host
        self.wait_seconds = wait_seconds
        self.http = httpx.Client(base_url=f"{host.durable_url}/", timeout=60)
        self.app = httpx.Client(base_url=f"{host.url}/api/", timeout=60)

    def close(self) -> None:
        self.http.close()
        self.app.close()

    def start(
        self, name: str, instance_id: str | None = None, body: Any = None, *, version: str | None = None
    ) -> str:
        """Starts an orchestrator under its own name; returns the instance id. Without a version it gets the hub's."""
        instance_id = instance_id or name
        query = {} if version is None else {"version": version}
        response = self.http.post(f"orchestrators/{name}/{instance_id}", json=body, params=query)
        response.raise_for_status()
        return instance_id

    def status(self, instance_id: str) -> dict[str, Any]:
        """Returns the instance; of one that does not exist yet, nothing."""
        answer = self.http.get(f"instances/{instance_id}")
        found: dict[str, Any] = {} if answer.status_code == HTTPStatus.NOT_FOUND else answer.json()
        return found

    def wait(self, instance_id: str) -> dict[str, Any]:
        """Waits for the end of the instance; returns its status and output."""

        def look() -> dict[str, Any] | None:
            found = self.status(instance_id)
            return found if found.get("runtimeStatus") in ENDED else None

        found = eventually(look, seconds=self.wait_seconds)
        return {"status": found["runtimeStatus"], "output": comparable(found["output"])}

    def run(self, name: str, body: Any = None) -> dict[str, Any]:
        return self.wait(self.start(name, body=body))

    def wait_until_running(self, instance_id: str) -> None:
        """Waits until the first episode has run, so that what follows comes in a later one."""
        eventually(
            lambda: self.status(instance_id).get("runtimeStatus") != "Pending", seconds=self.wait_seconds
        )

    def send(self, instance_id: str, event: str, body: Any) -> int:
        """Raises an event; returns the status of the answer."""
        return self.http.post(f"instances/{instance_id}/raiseEvent/{event}", json=body).status_code

    def history(self, instance_id: str) -> list[str]:
        """Lists the names of the events that the management API shows of the instance."""
        found = self.http.get(f"instances/{instance_id}?showHistory=true").json()
        return [row["EventType"] for row in found.get("historyEvents", [])]

    def let_others_end(self) -> None:
        """Returns when instances have ended that were started after all that a test looks at."""
        self.run("failure_of_an_activity")
        self.run("failure_of_a_child")

    def events_received(self, instance_id: str) -> int:
        """Counts the events in the instance's history."""
        return self.history(instance_id).count("EventRaised")

    def rewind(self, instance_id: str) -> dict[str, Any]:
        """Rewinds a failed instance; returns the status of the answer, and how the instance then ends."""
        before = self.history(instance_id)
        answer = self.http.post(f"instances/{instance_id}/rewind?reason=r").status_code
        eventually(lambda: self._has_moved(instance_id, before), seconds=WAIT_SECONDS)
        return {"rewind": answer, **self.wait(instance_id)}

    def _has_moved(self, instance_id: str, before: list[str]) -> bool:
        """Whether the instance runs again, or has ended again, with another history."""
        if self.status(instance_id)["runtimeStatus"] != "Failed":
            return True
        history = self.history(instance_id)
        return history != before and history[-1:] == ["ExecutionCompleted"]

    def terminate(self, instance_id: str) -> None:
        self.http.post(f"instances/{instance_id}/terminate?reason=enough")


def refusal(response: httpx.Response) -> Answer:
    """Returns the status of a refusal, the names of the members of its body, and the type of the exception."""
    body = _parsed(response.text)
    return {
        "status": response.status_code,
        "members": sorted(body) if isinstance(body, dict) else response.text,
        "exception": body.get("ExceptionType") if isinstance(body, dict) else None,
    }


def marks(history: Answer) -> list[list[Any]]:
    """Returns the type of each event of a history, and whether it is marked as played."""
    return [[event["EventType"], event["IsPlayed"]] for event in history]


def sentence(ended: dict[str, Any]) -> dict[str, Any]:
    """Returns the end of an instance with the first sentence of its failure: what follows names the host around it."""
    output = ended["output"]
    text = output.get("text", "") if isinstance(output, dict) and "json" in output else output
    return {**ended, "output": text.partition(" \n ")[0].strip() if isinstance(text, str) else text}


# behaviours that need more than a start


def played_events(hub: Hub) -> Answer:
    instance_id = hub.start("history_of_several_episodes")
    # the event is not early: the next call takes what has ended meanwhile into the same episode
    eventually(lambda: hub.history(instance_id)[-1:] == ["EventRaised"], seconds=WAIT_SECONDS)
    hub.send(instance_id, "Go", {})
    return marks(hub.wait(instance_id)["output"])


def played_events_of_a_fan_out(hub: Hub) -> Answer:
    """Returns the marks without their order: the results arrive in one, two or three episodes."""
    found = marks(hub.run("history_of_a_fan_out")["output"])
    return sorted([kind, played] for kind in range(22) for played in (False, True) if [kind, played] in found)


def played_events_of_a_continued_execution(hub: Hub) -> Answer:
    output = hub.run("history_of_a_continued_execution", {"rounds": 2})["output"]
    return {name: marks(history) for name, history in output.items()}


def played_events_of_a_continued_wait(hub: Hub) -> Answer:
    instance_id = hub.start("history_of_a_continued_wait", body={"rounds": 1})
    eventually(lambda: hub.status(instance_id)["input"] == '{"rounds": 0}', seconds=WAIT_SECONDS)
    hub.wait_until_running(instance_id)
    hub.send(instance_id, "Go", {})
    return marks(hub.wait(instance_id)["output"])


def played_events_after_a_rewind(hub: Hub) -> Answer:
    instance_id = hub.start("history_after_a_rewind")
    hub.wait(instance_id)
    return marks(hub.rewind(instance_id)["output"])


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
    hub.terminate(instance_id)
    return {"after the return": found["runtimeStatus"], **hub.wait(instance_id)}


def _input(hub: Hub, instance_id: str, body: Any) -> Answer:
    return hub.wait(hub.start("returns_its_input", instance_id, body))


BROKEN_BODIES = ("{", '{"a": 1', '{"a": "b', '{"a"', "[1,", "no json", '{"a": 1}}', "")


def starts_with_bodies_that_are_not_json(hub: Hub) -> Answer:
    headers = {"Content-Type": "application/json"}
    return {
        body: refusal(hub.http.post("orchestrators/returns_its_input/bad", content=body, headers=headers))
        for body in BROKEN_BODIES
        # an empty body is no input
        if body
    }


def events_with_bodies_that_are_not_json(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "broken-events")
    hub.wait_until_running(instance_id)
    headers = {"Content-Type": "application/json"}
    answers = {
        body: refusal(hub.http.post(f"instances/{instance_id}/raiseEvent/Go", content=body, headers=headers))
        for body in BROKEN_BODIES
        # the extension reads one value and ignores the rest
        if body != '{"a": 1}}'
    }
    hub.terminate(instance_id)
    return answers


def instance_ids(hub: Hub) -> Answer:
    """Returns how an instance with each id is answered: also with those that Azure documents as invalid."""
    ids = [
        "@w",
        "@x@y",
        "a#b",
        "a?b",
        "a/b",
        "a\\b",
        "a\tb",
        "a b",
        "c+d",
        "a%b",
        "a&b",
        "é",
        "x" * 512,
        "x" * 513,
    ]
    answers = {}
    for instance_id in ids:
        answer = hub.http.post(f"orchestrators/returns_its_input/{quote(instance_id, safe='')}", json={})
        name = instance_id if len(instance_id) < 20 else f"{len(instance_id)} characters"
        if answer.is_error:
            answers[name] = refusal(answer)
            continue
        found = answer.json()["id"]
        ended = hub.wait(quote(found, safe=""))
        answers[name] = {"same": found == instance_id, "status": ended["status"]}
    return answers


def _never_ends(hub: Hub, orchestrator: str) -> Answer:
    """Returns what an instance has done when others have ended that were started after it."""
    instance_id = hub.start(orchestrator)
    hub.wait_until_running(instance_id)
    hub.let_others_end()
    answer = {"status": hub.status(instance_id)["runtimeStatus"], "history": hub.history(instance_id)}
    hub.terminate(instance_id)
    return answer


def a_child_under_the_id_of_a_running_instance_replaces_it(hub: Hub) -> Answer:
    running = hub.start("waits_for_an_event", "replaced")
    hub.wait_until_running(running)
    ended = hub.run("calls_a_child_of_the_same_id", {"child": running})
    return {**ended, "child": hub.status(running)["name"]}


def starts_at_the_same_moment_are_accepted(hub: Hub) -> Answer:
    """Returns whether more than one of them was accepted. How many is chance, so it tries several ids.

    The instances wait, because the id of one that has ended may be started again at any time.
    """
    for attempt in range(20):
        instance_id = f"at-once-{attempt}"
        address = f"orchestrators/waits_for_an_event/{instance_id}"
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _, to=address: hub.http.post(to, json={}).status_code, range(8)))
        hub.wait_until_running(instance_id)
        hub.terminate(instance_id)
        hub.wait(instance_id)
        if statuses.count(202) > 1:
            return {"more than one": True, "other answers": sorted(set(statuses) - {202, 409})}
    return {"more than one": False}


def the_pages_of_a_list(hub: Hub) -> Answer:
    for number in range(5):
        hub.wait(hub.start("returns_its_input", f"listed-{number}", {}))
    return pages(hub, "instanceIdPrefix=listed-&top=2")


def pages(hub: Hub, query: str) -> list[list[str]]:
    """Reads a list to its end; returns the ids on each page."""
    read, token = [], None
    while token != "":
        headers = {"x-ms-continuation-token": token} if token else {}
        answer = hub.http.get(f"instances?{query}", headers=headers)
        read.append([row["instanceId"] for row in answer.raise_for_status().json()])
        token = answer.headers.get("x-ms-continuation-token", "")
    return read


def an_unknown_orchestrator_is_accepted_and_fails(hub: Hub) -> Answer:
    response = hub.http.post("orchestrators/nobody/unknown", json={})
    if response.is_error:
        return refusal(response)
    return {"accepted": response.status_code, "status": hub.wait("unknown")["status"]}


def a_start_under_the_id_of_a_running_instance_is_refused(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "same-id")
    hub.wait_until_running(instance_id)
    answer = hub.http.post(f"orchestrators/waits_for_an_event/{instance_id}", json={})
    hub.terminate(instance_id)
    return {"second start": answer.status_code, **hub.wait(instance_id)}


def an_event_as_plain_text_is_refused(hub: Hub) -> Answer:
    instance_id = hub.start("waits_for_an_event", "text-event")
    hub.wait_until_running(instance_id)
    headers = {"Content-Type": "text/plain"}
    answer = hub.http.post(f"instances/{instance_id}/raiseEvent/Go", content="1", headers=headers)
    hub.terminate(instance_id)
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
    return {"before": before, **hub.rewind(instance_id), "history": hub.history(instance_id)}


def a_rewind_of_a_parent_repeats_the_failed_call_of_its_child(hub: Hub) -> Answer:
    instance_id = hub.start("parent_that_heals_by_a_rewind")
    before = hub.wait(instance_id)["status"]
    return {"before": before, **hub.rewind(instance_id), "history": hub.history(instance_id)}


def _a_rewind_that_does_not_heal(hub: Hub, orchestrator: str) -> Answer:
    instance_id = hub.start(orchestrator, f"rewound-{orchestrator}")
    before = sentence(hub.wait(instance_id))
    return {"before": before, **sentence(hub.rewind(instance_id)), "history": hub.history(instance_id)}


# a worker that dies


def a_worker_that_dies_in_an_activity(hub: Hub, *, after_effects: bool) -> Answer:
    instance_id = f"acts-{'after' if after_effects else 'before'}"
    effect = f"PUT /{instance_id}/effect"
    hub.host.lose_activity(
        lambda: hub.start("calls_an_activity_that_acts", instance_id), "acts", after_effects=after_effects
    )
    ended = sentence(hub.wait(instance_id))
    effects = hub.host.gate.requests.count(effect)
    rewound = hub.rewind(instance_id)
    return {
        **ended,
        "effects": effects,
        "rewound": rewound,
        "effects after it": hub.host.gate.requests.count(effect),
    }


def _lose_episode(hub: Hub, orchestrator: str, begin: Callable[[], object]) -> None:
    """Lets the worker die while it runs the episode that `begin` brings about."""
    hub.host.hang_worker()
    begin()
    eventually(lambda: hub.host.calls_in_progress(orchestrator), seconds=WAIT_SECONDS)
    hub.host.kill_worker()
    hub.host.restart_worker()


def a_worker_that_dies_in_the_first_episode(hub: Hub) -> Answer:
    name = "returns_its_input"
    _lose_episode(hub, name, lambda: hub.start(name, "lost-first", {}))
    return {**sentence(hub.wait("lost-first")), "rewound": hub.rewind("lost-first")}


def a_worker_that_dies_in_a_later_episode(hub: Hub) -> Answer:
    name = "calls_before_and_after_an_event"
    hub.start(name, "lost-later")
    eventually(lambda: "TaskCompleted" in hub.history("lost-later"), seconds=WAIT_SECONDS)
    _lose_episode(hub, name, lambda: hub.send("lost-later", "Go", {}))
    ended = sentence(hub.wait("lost-later"))
    rewound = hub.rewind("lost-later")
    return {**ended, "rewound": {**rewound, "output": marks(rewound["output"])}}


def a_worker_that_dies_in_an_episode_of_a_child(hub: Hub) -> Answer:
    parent, child = hub.start("waits_for_a_child", "lost-parent"), "lost-parent-child"
    eventually(lambda: hub.status(child).get("runtimeStatus") == "Running", seconds=WAIT_SECONDS)
    _lose_episode(hub, "waits_for_an_event", lambda: hub.send(child, "Go", {"n": 1}))
    ended = {
        name: sentence(hub.wait(instance_id)) for name, instance_id in (("parent", parent), ("child", child))
    }
    return {**ended, "rewound": hub.rewind(parent)}


# versions


def versions_that_run(hub: Hub) -> Answer:
    """Returns what becomes of an instance of each version on a host whose `defaultVersion` is 1.0."""
    versions = ("", "0", "0.9", "0.10", "1", "1.0", "1.00", "1.0.0", "1.1", "2.0", "v0", "beta")
    ids = {version: f"version-{version}" for version in versions}
    for version, instance_id in ids.items():
        hub.start("tells_its_version", instance_id, version=version)
    hub.let_others_end()
    answer: dict[str, Any] = {}
    for version, instance_id in ids.items():
        found = hub.status(instance_id)
        ended = found["runtimeStatus"] in ENDED
        answer[version] = hub.wait(instance_id) if ended else found["runtimeStatus"]
        hub.terminate(instance_id)
    return answer


def versions_of_the_client(hub: Hub) -> Answer:
    answer = {}
    for version in (None, "0.9"):
        instance_id = f"by-the-client-{version}"
        query = {} if version is None else {"version": version}
        hub.app.post(f"start/tells_its_version/{instance_id}", params=query).raise_for_status()
        answer[str(version)] = hub.wait(instance_id)
    return answer


def an_instance_that_waits_for_a_newer_version(hub: Hub) -> Answer:
    """Returns how operations on an instance are answered that has not begun, and what is seen of it then."""
    instance_id = hub.start("waits_for_an_event", "of-a-newer-version", version="2.0")
    hub.let_others_end()
    address = f"instances/{instance_id}"
    answers: dict[str, Any] = {"status": _seen(hub, instance_id)}
    for name in ("raiseEvent/Go", "suspend", "resume", "rewind"):
        answers[name] = hub.http.post(f"{address}/{name}?reason=enough", json={}).status_code
    # once the termination shows, there is something to purge
    answers["purge"] = hub.http.delete(address).status_code
    answers["terminate"] = hub.http.post(f"{address}/terminate?reason=enough", json={}).status_code
    answers["then"] = hub.wait(instance_id)
    answers["history"] = hub.history(instance_id)
    return answers


def _seen(hub: Hub, instance_id: str) -> dict[str, Any]:
    """Returns what the management API shows of an instance; of one that it does not show, nothing."""
    found = hub.status(instance_id)
    if not found:
        return {}
    return {
        "status": found["runtimeStatus"],
        "version": found["version"],
        "history": hub.history(instance_id),
    }


def a_child_of_another_version(hub: Hub) -> Answer:
    answer = {}
    for version in ("0.9", "2.0"):
        parent = f"parent-of-{version}"
        hub.start("calls_a_child_of_another_version", parent, {"version": version})
        hub.let_others_end()
        answer[version] = {name: _seen(hub, name) for name in (parent, f"{parent}-child")}
        hub.terminate(parent)
    return answer


# What an app can see of its host, each by the name of its test. Left out: what follows `task_all` when one child fails
# while another still retries, for that is a race on the extension.
BEHAVIOURS: dict[str, Callable[[Hub], Answer]] = {
    "what an orchestrator is sent": lambda hub: hub.run("host_input"),
    "the history of an activity": lambda hub: hub.run("history_of_an_activity"),
    "what an orchestrator is sent first": lambda hub: hub.run("first_host_input"),
    "which events are marked as played": played_events,
    "which events of a fan-out are marked as played": played_events_of_a_fan_out,
    "which events of a continued execution are marked as played": played_events_of_a_continued_execution,
    "which events of a continued execution that waits are marked as played": played_events_of_a_continued_wait,
    "which events are marked as played after a rewind": played_events_after_a_rewind,
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
    "a rewind of a parent repeats the failed call of its child": (
        a_rewind_of_a_parent_repeats_the_failed_call_of_its_child
    ),
    "a rewind past a call with retry fails": lambda hub: _a_rewind_that_does_not_heal(
        hub, "fails_after_a_retry"
    ),
    "a rewind of an orchestrator that raises fails again": lambda hub: _a_rewind_that_does_not_heal(
        hub, "failure_after_a_yield"
    ),
    "a worker that dies before the effects of an activity": lambda hub: a_worker_that_dies_in_an_activity(
        hub, after_effects=False
    ),
    "a worker that dies after the effects of an activity": lambda hub: a_worker_that_dies_in_an_activity(
        hub, after_effects=True
    ),
    "a worker that dies in the first episode": a_worker_that_dies_in_the_first_episode,
    "a worker that dies in a later episode": a_worker_that_dies_in_a_later_episode,
    "a worker that dies in an episode of a child": a_worker_that_dies_in_an_episode_of_a_child,
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
    "a signal to an unknown entity fails": lambda hub: hub.run("signals_an_unknown_entity"),
    "a call of an unknown activity never ends": lambda hub: _never_ends(hub, "calls_an_unknown_activity"),
    "a call with retry of an unknown activity never ends": lambda hub: _never_ends(
        hub, "retries_an_unknown_activity"
    ),
    "a call of an unknown child never ends": lambda hub: _never_ends(hub, "calls_an_unknown_child"),
    "a call of an unknown entity never ends": lambda hub: _never_ends(hub, "calls_an_unknown_entity"),
    "a call of an unknown activity takes the result of the next call": lambda hub: hub.run(
        "calls_an_unknown_activity_or_a_known_one"
    ),
    "a child under the id of a running instance replaces it": (
        a_child_under_the_id_of_a_running_instance_replaces_it
    ),
    "the app's own modules win": lambda hub: hub.run("asks_for_the_owner_of_a_module"),
    "instance ids": instance_ids,
    "the pages of a list": the_pages_of_a_list,
    "starts at the same moment": starts_at_the_same_moment_are_accepted,
    "starts with bodies that are not JSON": starts_with_bodies_that_are_not_json,
    "events with bodies that are not JSON": events_with_bodies_that_are_not_json,
    "a start under the id of a running instance": a_start_under_the_id_of_a_running_instance_is_refused,
    "an event as plain text": an_event_as_plain_text_is_refused,
    "operations on an instance that has ended": operations_on_an_instance_that_has_ended,
    "which versions run": versions_that_run,
    "the version of a start by the client": versions_of_the_client,
    "an instance that waits for a newer version": an_instance_that_waits_for_a_newer_version,
    "a child of another version": a_child_of_another_version,
}
