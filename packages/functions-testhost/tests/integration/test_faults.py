"""The worker dies or hangs: what fails, with which text, and what a rewind heals.

Texts and ends were seen on the Durable extension 3.19.0; those of `functionTimeout` are from the source of the host.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from functions_testhost import Fault, history
from functions_testhost.app import load_app
from functions_testhost.clock import Clock
from testhost_client import Serve, TestClient
from testhost_folders import APPS

EXITED = "python exited with code 137 (0x89)"
CHANGED = "Was a change made to the orchestrator code after this instance had already started running?"
NON_DETERMINISTIC = (
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
)
LOST_AFTER_AN_ACTIVITY = (
    f"{NON_DETERMINISTIC}an activity task with sequence ID 0 and name 'double' (version ''), but the current replay"
    f" execution hasn't (yet?) scheduled this task. {CHANGED}"
)
LOST_AFTER_A_TIMER = (
    f"{NON_DETERMINISTIC}a timer task with sequence number 0 but the current replay"
    f" execution hasn't (yet?) scheduled this task. {CHANGED}"
)
LOST_AFTER_A_SIGNAL = (
    f"{NON_DETERMINISTIC}a send event task with sequence ID 0, type 'EventSent' name 'op', instance ID '@counter@k',"
    f" but the current replay execution hasn't (yet?) scheduled this task. {CHANGED}"
)


def rewind(client: TestClient, instance_id: str) -> dict[str, Any]:
    """Rewinds a failed instance and waits for its end."""
    assert client.manage(instance_id, "rewind", reason="again").status_code == 202
    return client.wait(instance_id)


def sentence(text: str) -> str:
    """Returns a failure's text without the JSON that the extension appends."""
    return text.partition(" \n ")[0]


# during an activity


def test_a_worker_that_dies_during_an_activity_fails_the_activity(client: TestClient) -> None:
    client.host.add_fault(Fault("worker-dies", "activity", "double"))
    status = client.run("one", instance_id="i")
    assert status["runtimeStatus"] == "Failed"
    assert sentence(status["output"]) == (
        f"Orchestrator function 'one' failed: Activity function 'double' failed: {EXITED}"
    )
    [failed] = [e for e in client.host._hub.history("i") if history.name(e) == "TaskFailed"]
    assert "WorkerProcessExitException" in failed["Details"]
    assert rewind(client, "i")["output"] == 42


def test_before_the_effects_of_an_activity_nothing_of_it_happens(client: TestClient) -> None:
    """`fail_once` counts its runs and succeeds at the second: after the rewind it runs for the first time."""
    client.host.add_fault(Fault("worker-dies", "activity", "fail_once"))
    assert EXITED in client.run("fragile", instance_id="dies-before")["output"]
    assert "ValueError: attempt 1" in rewind(client, "dies-before")["output"]


def test_after_the_effects_of_an_activity_only_its_result_is_lost(client: TestClient) -> None:
    """`fail_once` counts its runs and succeeds at the second: after the rewind it runs for the second time."""
    client.host.add_fault(Fault("worker-dies", "activity", "fail_once", after_effects=True))
    assert EXITED in client.run("fragile", instance_id="dies-after")["output"]
    assert rewind(client, "dies-after")["output"] == 2


def test_an_orchestrator_can_retry_an_activity_whose_worker_died(client: TestClient) -> None:
    """The host's own retries see the death as a failure like any other."""
    client.host.add_fault(Fault("worker-dies", "activity", "fail_twice"))
    assert client.run("retrying", instance_id="retries-a-death")["runtimeStatus"] == "Failed"
    assert "ValueError: attempt 2" in client.status("retries-a-death")["output"]


# during an episode


@pytest.mark.parametrize(
    ("orchestrator", "value", "failure", "output"),
    [
        ("chain", None, LOST_AFTER_AN_ACTIVITY, 8),
        ("chain", 1, LOST_AFTER_AN_ACTIVITY, 2),
        ("sleeping", 60, LOST_AFTER_A_TIMER, pytest.approx(60, abs=1)),
        ("counting", "k", LOST_AFTER_A_SIGNAL, [7, 7, "no operation nonsense"]),
    ],
    ids=["after an activity", "in the last episode", "after a timer", "after a call of an entity"],
)
def test_a_worker_that_dies_during_a_later_episode_fails_the_instance_as_non_deterministic(
    client: TestClient, orchestrator: str, value: Any, failure: str, output: Any
) -> None:
    """Nothing in the orchestrator can catch it. A rewind runs the episode again."""
    client.host.add_fault(Fault("worker-dies", "episode", orchestrator, skip=1))
    status = client.run(orchestrator, value, "i")
    assert (status["runtimeStatus"], status["output"]) == ("Failed", failure)
    assert rewind(client, "i")["output"] == output


@pytest.mark.parametrize("orchestrator", ["one", "waiting"])
def test_a_worker_that_dies_before_an_orchestrators_first_call_fails_the_instance_with_the_reason(
    client: TestClient, orchestrator: str
) -> None:
    """An instance that waits for an event has no call in its history either."""
    client.host.add_fault(Fault("worker-dies", "episode", orchestrator))
    client.start(orchestrator, instance_id="i")
    status = client.wait("i")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"] == (
        f"Orchestrator function '{orchestrator}' failed: One or more errors occurred. ({EXITED})"
    )
    assert client.manage("i", "rewind").status_code == 202
    client.raise_event("i", "Go", 42)
    assert client.wait("i")["output"] == 42


@pytest.mark.parametrize(
    ("fault", "child_failure"),
    [
        (Fault("worker-dies", "episode", "chain", skip=1), LOST_AFTER_AN_ACTIVITY),
        (
            Fault("worker-dies", "episode", "chain"),
            f"Orchestrator function 'chain' failed: One or more errors occurred. ({EXITED})",
        ),
        (
            Fault("worker-dies", "activity", "double"),
            f"Orchestrator function 'chain' failed: Activity function 'double' failed: {EXITED}",
        ),
    ],
    ids=["later episode", "first episode", "activity"],
)
def test_a_child_that_a_dead_worker_ends_fails_its_parent_and_one_rewind_heals_both(
    client: TestClient, fault: Fault, child_failure: str
) -> None:
    client.host.add_fault(fault)
    status = client.run("parent", instance_id="p")
    assert status["runtimeStatus"] == "Failed"
    assert sentence(status["output"]) == f"Orchestrator function 'parent' failed: {child_failure}"
    assert client.status("p-child")["runtimeStatus"] == "Failed"
    assert sentence(client.status("p-child")["output"]) == child_failure
    named, unnamed, _ = rewind(client, "p")["output"]
    assert (named, unnamed) == (4, 8)
    assert client.status("p-child")["output"] == 4


# everything else


def test_operations_of_an_entity_whose_worker_died_are_run_again(client: TestClient) -> None:
    """Their effects are lost with the worker, so each is applied once."""
    client.host.add_fault(Fault("worker-dies", "entity", "counter", times=2))
    assert client.run("counting", "k-dies")["output"] == [7, 7, "no operation nonsense"]


def test_an_http_call_whose_worker_dies_is_a_500_without_a_body(client: TestClient) -> None:
    client.host.add_fault(Fault("worker-dies", "trigger", "hello"))
    answer = client.http.get("/api/hello/x")
    assert (answer.status_code, answer.content) == (500, b"")
    assert client.http.get("/api/hello/x").status_code == 200


def wait_for_calls(client: TestClient, number: int, kind: str = "in_flight") -> None:
    while client.http.get("/_host/status").json()[kind] < number:
        pass


def test_a_worker_that_stops_answering_and_is_killed_loses_every_call_in_flight(client: TestClient) -> None:
    """A rewind heals all of them."""
    client.host.pause_worker()
    for number in range(5):
        client.http.post(f"/runtime/webhooks/durabletask/orchestrators/chain/i{number}")
    wait_for_calls(client, 5)
    client.host.kill_worker()
    client.host.restart_worker()
    for number in range(5):
        assert client.wait(f"i{number}")["output"] == (
            f"Orchestrator function 'chain' failed: One or more errors occurred. ({EXITED})"
        )
    assert [rewind(client, f"i{number}")["output"] for number in range(5)] == [8] * 5


def test_a_worker_that_answers_again_loses_nothing(client: TestClient) -> None:
    client.host.pause_worker()
    client.http.post("/runtime/webhooks/durabletask/orchestrators/chain/i")
    wait_for_calls(client, 1)
    assert client.status("i")["runtimeStatus"] == "Pending"
    client.host.restart_worker()
    assert client.wait("i")["output"] == 8


def test_calls_wait_while_there_is_no_worker(client: TestClient) -> None:
    client.host.kill_worker()
    client.http.post("/runtime/webhooks/durabletask/orchestrators/chain/i")
    assert client.http.get("/_host/status").json()["in_flight"] == 0
    assert client.status("i")["runtimeStatus"] == "Pending"
    client.host.restart_worker()
    assert client.wait("i")["output"] == 8


# hangs


TIMEOUT = "Timeout value of 00:30:00 was exceeded by function: Functions.double"


def test_a_call_that_hangs_fails_when_the_function_timeout_has_passed(client: TestClient) -> None:
    """The clock skips to the end of `functionTimeout`, since nothing else happens before."""
    client.host.add_fault(Fault("worker-hangs", "activity", "double"))
    status = client.run("one", instance_id="i")
    assert sentence(status["output"]) == (
        f"Orchestrator function 'one' failed: Activity function 'double' failed: {TIMEOUT}"
    )
    times = [
        event["Timestamp"][11:16]
        for event in client.host._hub.history("i")
        if history.name(event) in ("TaskScheduled", "TaskFailed")
    ]
    scheduled, failed = (int(time[:2]) * 60 + int(time[3:]) for time in times)
    assert (failed - scheduled) % 1440 == 30
    assert rewind(client, "i")["output"] == 42


def test_a_function_timeout_ends_every_call_in_flight(paused: TestClient) -> None:
    """The worker is restarted. The second call has hung for ten minutes only."""
    paused.host.add_fault(Fault("worker-hangs", "activity", "double"))
    paused.start("one", instance_id="first")
    wait_for_calls(paused, 1, "hanging")
    paused.http.post("/_host/clock", json={"advance_seconds": 1200})
    paused.host.add_fault(Fault("worker-hangs", "activity", "fail"))
    paused.start("failing", instance_id="second")
    wait_for_calls(paused, 2, "hanging")
    paused.http.post("/_host/clock", json={"advance_seconds": 599})
    assert paused.http.get("/_host/status").json()["instances"] == {"Running": 2}
    paused.http.post("/_host/clock", json={"advance_seconds": 1})
    for instance_id in ("first", "second"):
        assert sentence(paused.wait(instance_id)["output"]).endswith(TIMEOUT)


def test_an_episode_that_hangs_ends_as_one_whose_worker_died(client: TestClient) -> None:
    client.host.add_fault(Fault("worker-hangs", "episode", "chain", skip=1))
    assert client.run("chain", instance_id="i")["output"] == LOST_AFTER_AN_ACTIVITY
    assert rewind(client, "i")["output"] == 8


@pytest.fixture
def released() -> Iterator[None]:
    """Lets the activity of the slow app end after the test."""
    yield
    load_app(APPS / "slow").activities["wait_for_release"].code.__globals__["released"].set()


@pytest.mark.usefixtures("released")
def test_code_that_runs_longer_than_the_function_timeout_fails(serve: Serve) -> None:
    """Real code has real time: the activity really runs for longer than the second of the app's host.json."""
    client = serve("slow", clock=Clock("manual"))
    client.http.post("/runtime/webhooks/durabletask/orchestrators/stuck/i")
    assert sentence(client.wait("i")["output"]).endswith(
        "Timeout value of 00:00:01 was exceeded by function: Functions.wait_for_release"
    )


# the control plane


def test_faults_are_set_listed_and_cleared_over_http(client: TestClient) -> None:
    fault = {"kind": "worker-dies", "during": "activity", "function": "DOUBLE", "skip": 1, "times": 2}
    assert client.http.post("/_host/faults", json=fault).status_code == 201
    assert client.run("chain", 5)["runtimeStatus"] == "Failed"
    assert client.http.get("/_host/faults").json() == [{**fault, "after_effects": False, "remaining": 1}]
    assert client.http.delete("/_host/faults").status_code == 204
    assert client.http.get("/_host/faults").json() == []
    assert client.run("chain", 5)["output"] == 32


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "dies"}, "'kind' must be one of worker-dies, worker-hangs, not 'dies'"),
        ({"during": "replay"}, "'during' must be one of activity, episode, entity, trigger, not 'replay'"),
        ({"time": 1}, "unknown fields: time; a fault has kind, during, function, after_effects, skip, times"),
        ({"times": -1}, "'times' must be a number that is not negative, not -1"),
        ({"skip": "1"}, "'skip' must be a number that is not negative, not '1'"),
        ({"after_effects": 1}, "'after_effects' must be a bool, not 1"),
    ],
)
def test_a_fault_with_a_wrong_field_is_a_400_that_names_it(
    client: TestClient, change: dict[str, Any], reason: str
) -> None:
    answer = client.http.post("/_host/faults", json={"kind": "worker-dies", "during": "activity", **change})
    assert (answer.status_code, answer.json()) == (400, {"error": reason})


def test_the_worker_is_killed_and_restarted_over_http(client: TestClient) -> None:
    for action in ("pause", "kill", "restart"):
        assert client.http.post("/_host/worker", json={"action": action}).status_code == 204
    assert client.run("one")["output"] == 42
    refused = client.http.post("/_host/worker", json={"action": "stop"})
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": "'action' must be one of kill, pause, restart"},
    )
