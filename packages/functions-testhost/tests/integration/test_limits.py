"""The limits of host.json apply, a changed orchestrator fails, and disagreements of SDK and host are logged."""

from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.app import load_app
from functions_testhost.clock import Clock
from testhost_client import Serve, TestClient
from testhost_folders import APPS

API = "/runtime/webhooks/durabletask"


@pytest.fixture
def limited(serve: Serve) -> TestClient:
    return serve("limited")


@pytest.fixture
def variables() -> dict[str, Any]:
    """The global variables of the limited app."""
    return load_app(APPS / "limited").activities["busy"].code.__globals__


def start(client: TestClient, orchestrator: str, instance_id: str) -> str:
    answer = client.http.post(f"{API}/orchestrators/{orchestrator}/{instance_id}")
    assert answer.status_code == 202, answer.text
    return instance_id


def test_concurrent_activities_and_orchestrators_stay_within_their_limits(
    limited: TestClient, variables: dict[str, Any]
) -> None:
    for number in range(6):
        start(limited, "many", f"m{number}")
    assert limited.wait_until_idle()["instances"] == {"Completed": 6}
    assert variables["most"]["activities"] == 3
    assert 1 <= variables["most"]["orchestrators"] <= 2


def test_an_orchestration_with_too_many_actions_fails(limited: TestClient) -> None:
    status = limited.wait(start(limited, "endless", "e"))
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].endswith("More than 20 actions (maxOrchestrationActions).")


def test_entity_operations_run_in_order_and_return_once(limited: TestClient) -> None:
    assert limited.wait(start(limited, "signalling", "s"))["output"] == list(range(10))


def test_any_state_lets_a_start_replace_a_running_instance(serve: Serve) -> None:
    client = serve("limited", clock=Clock("manual"))
    start(client, "unsteady", "u")
    client.wait_until_idle()
    start(client, "signalling", "u")
    assert client.wait("u")["name"] == "signalling"


def test_an_instance_gets_the_default_version(limited: TestClient) -> None:
    assert limited.wait(start(limited, "unsteady", "u"))["output"] == "2.1"


def test_an_orchestrator_changed_while_it_runs_fails_and_names_the_call_that_differs(
    serve: Serve, variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve("limited", clock=Clock("manual"))
    start(client, "unsteady", "u")
    client.wait_until_idle()
    monkeypatch.setitem(variables["changed"], "names", ["second", "first"])
    client.http.post("/_host/clock", json={"advance_seconds": 3600})
    status = client.wait("u")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task"
        " with sequence ID 0 and name 'first' (version ''), but the current orchestration replay instead scheduled"
        " activity 'second' with this sequence number."
    )


@pytest.mark.parametrize(
    ("characters", "end"),
    [
        (8190, "said"),
        (8191, "Orchestrator function 'talkative' failed: The custom status must not exceed 16 KB"),
    ],
)
def test_a_custom_status_of_more_than_16_kb_fails_the_instance(
    limited: TestClient, characters: int, end: str
) -> None:
    limited.http.post(f"{API}/orchestrators/talkative/t", json={"characters": characters})
    assert limited.wait("t")["output"].startswith(end)


def test_a_durable_http_call_fails_the_instance_with_the_reason(limited: TestClient) -> None:
    status = limited.wait(start(limited, "calling_http", "h"))
    assert "does not perform actions of type 8" in status["output"]


def test_a_disagreement_of_sdk_and_host_is_logged_once_per_orchestrator(
    limited: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("w1", "w2"):
        start(limited, "wait_twice", name)
        limited.wait_until_idle()
        limited.raise_event(name, "Go")
        limited.wait_until_idle()
    warnings = [r.getMessage() for r in caplog.records if "waited for 2 times" in r.getMessage()]
    assert len(warnings) == 1
    assert "Orchestrator 'wait_twice': the event 'Go' is waited for 2 times" in warnings[0]


def test_a_fan_out_of_300_ends_within_60_episodes(client: TestClient) -> None:
    assert client.run("fan_out", 300, "f")["runtimeStatus"] == "Completed"
    events = client.host._hub.history("f")
    episodes = [event for event in events if history.kind(event) is history.EventType.ORCHESTRATOR_STARTED]
    assert len(episodes) <= 60, "far fewer than one per activity"
