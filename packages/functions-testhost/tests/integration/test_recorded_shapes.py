"""Orchestrators and entities receive what the Durable extension sends, field by field.

`tests/recorded/` holds what extension 3.19.0 sent to the patterns app, with long texts cut.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.app import Function
from functions_testhost.entities import run_batch
from functions_testhost.history import Event
from functions_testhost.sdk import orchestrator_context
from functions_testhost.tables import Batch
from testhost_client import Serve, TestClient
from testhost_folders import PACKAGE

RECORDED = json.loads((PACKAGE / "tests" / "recorded" / "extension-3.19.0.json").read_text(encoding="utf-8"))


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client of a host that serves the patterns app after every orchestrator of this module has run."""
    client = serve()
    client.run("failing", instance_id="failing")
    client.run("parent", instance_id="parent")
    client.run("sleeping", 60, "sleeping")
    client.run("counting", "k", "counting")
    return client


def events(client: TestClient, instance_id: str) -> Iterator[tuple[str, Event]]:
    for event in client.host._hub.history(instance_id):
        yield history.name(event), event


@pytest.mark.parametrize(
    "name",
    sorted(set(RECORDED["history"]) - {"ExecutionTerminated", "GenericEvent"}),
)
def test_a_history_event_has_the_fields_of_the_extension(client: TestClient, name: str) -> None:
    """The same fields, null where the extension sends null."""
    found = [
        event
        for instance_id in ("failing", "parent", "parent-child", "sleeping", "counting")
        for kind, event in events(client, instance_id)
        if kind == name
    ]
    assert found
    # the hub of the recording has a default version
    own = {"Result", "Input", *({"Version"} if RECORDED["history"][name].get("Version") else ())}
    for event in found:
        recorded = RECORDED["history_of_a_child" if event.get("ParentInstance") else "history"][name]
        assert set(event) == set(recorded)
        assert nulls(event) - own == nulls(recorded) - own


def nulls(event: Event) -> set[str]:
    return {field for field, value in event.items() if value is None}


def test_the_start_of_a_child_has_the_fields_of_the_extension(client: TestClient) -> None:
    recorded = RECORDED["history_of_a_child"]["ExecutionStarted"]
    started = next(event for kind, event in events(client, "parent-child") if kind == "ExecutionStarted")
    assert set(started) == set(recorded)
    assert set(started["ParentInstance"]) == set(recorded["ParentInstance"])
    assert started["Generation"] is recorded["Generation"] is None


def test_a_scheduled_activity_has_an_empty_version(client: TestClient) -> None:
    scheduled = next(event for kind, event in events(client, "failing") if kind == "TaskScheduled")
    assert scheduled["Version"] == RECORDED["history"]["TaskScheduled"]["Version"] == ""


def test_the_hubs_default_version_is_in_the_history_of_parent_and_child(serve: Serve) -> None:
    """`defaultVersion` of host.json is the version of an instance, of its children and of their parent."""
    client = serve("limited")
    client.http.post("/runtime/webhooks/durabletask/orchestrators/with_child/p")
    client.wait("p")
    rows = dict(events(client, "p"))
    assert rows["ExecutionStarted"]["Version"] == "2.1"
    created = rows["SubOrchestrationInstanceCreated"]
    assert created["Version"] == "2.1"
    started = dict(events(client, created["InstanceId"]))["ExecutionStarted"]
    assert (started["Version"], started["ParentInstance"]["Version"]) == ("2.1", "2.1")
    assert client.status("p")["version"] == "2.1"
    assert client.status(created["InstanceId"])["parentInstanceId"] == "p"


def test_a_failed_activitys_details_are_the_json_of_the_dotnet_exception(client: TestClient) -> None:
    recorded = RECORDED["history"]["TaskFailed"]
    failed = next(event for kind, event in events(client, "failing") if kind == "TaskFailed")
    assert failed["Reason"] == recorded["Reason"]
    details, wanted = json.loads(failed["Details"]), json.loads(recorded["Details"])
    assert set(details) == set(wanted)
    inner, wanted_inner = details.pop("InnerException"), wanted.pop("InnerException")
    assert details == wanted
    assert set(inner) == set(wanted_inner)
    start = wanted_inner["Message"].partition("Stack: ")[0]
    assert inner["Message"].startswith(f"{start}Stack: Traceback (most recent call last):\n")
    assert len(failed["Details"]) > 1000, "one to four KB on the extension"


def test_a_failures_text_carries_the_json_of_the_dotnet_exception(client: TestClient) -> None:
    output = client.status("failing")["output"]
    sentence, _, rest = output.partition(" \n ")
    assert sentence == (
        "Orchestrator function 'failing' failed: Activity function 'fail' failed:  ValueError: bad luck"
    )
    assert json.loads(rest)["$type"] == "System.Exception, System.Private.CoreLib"


def test_a_request_to_an_entity_has_the_fields_of_the_extension(client: TestClient) -> None:
    """A signal has the field `signal`, a call has not. Each request names the one before it."""
    recorded = json.loads(RECORDED["history"]["EventSent"]["Input"])
    requests = [
        json.loads(event["Input"]) for kind, event in events(client, "counting") if kind == "EventSent"
    ]
    signal, *calls = requests
    assert set(signal) == set(recorded)
    assert signal["$type"] == recorded["$type"]
    assert {frozenset(call) for call in calls} == {frozenset(recorded) - {"signal"}}
    assert signal["Predecessor"] == recorded["Predecessor"] == "0001-01-01T00:00:00"
    for before, after in zip(requests, calls, strict=False):
        assert after["Predecessor"] == before["Timestamp"] < after["Timestamp"]


def test_an_entitys_answer_has_the_fields_of_the_extension(client: TestClient) -> None:
    recorded = json.loads(RECORDED["history"]["EventRaised"]["Input"])
    answer = next(
        json.loads(event["Input"]) for kind, event in events(client, "counting") if kind == "EventRaised"
    )
    assert set(answer) == set(recorded)
    assert answer["$type"] == recorded["$type"]


def test_the_orchestrators_input_has_the_fields_of_the_extension() -> None:
    """The same fields, and the same values where they depend on the host alone."""
    recorded = RECORDED["orchestrator_input"]
    started = RECORDED["history"]["ExecutionStarted"]
    text = orchestrator_context(
        history=[RECORDED["history"]["OrchestratorStarted"], started],
        instance_id=recorded["instanceId"],
        input_text=started["Input"],
        parent_instance_id=None,
    )
    context = json.loads(text)
    del context["history"]
    assert context == recorded


def test_an_entitys_batch_has_the_fields_of_the_extension() -> None:
    """The first request of the recording leads to the batch of the recording."""
    received: list[Any] = []

    def counter(context: str) -> str:
        received.append(json.loads(context))
        return json.dumps({"entityExists": False, "entityState": None, "results": [{"result": "5"}]})

    request = RECORDED["history"]["EventSent"]["Input"]
    trigger = {"type": "entityTrigger", "name": "context"}
    function = Function("counter", trigger, bindings=(trigger,), code=counter)
    run_batch(Batch("@counter@k1", None, [(1, request)]), {"counter": function})
    [batch] = received
    recorded = RECORDED["entity_batch"]
    assert batch == recorded
