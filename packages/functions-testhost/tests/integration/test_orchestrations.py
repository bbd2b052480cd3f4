"""The patterns of Durable Functions run on the host, over HTTP, through the real SDK."""

import pytest
from functions_testhost import history
from testhost_client import TestClient


def test_activities_run_one_after_the_other(client: TestClient) -> None:
    assert client.run("chain", 5)["output"] == 32


def test_fan_out_gathers_every_result_in_order(client: TestClient) -> None:
    assert client.run("fan_out", 30)["output"] == sum(2 * number for number in range(30))


def test_a_failing_activity_fails_its_orchestrator_in_the_functions_hosts_wording(
    client: TestClient,
) -> None:
    status = client.run("failing")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith(
        "Orchestrator function 'failing' failed: Activity function 'fail' failed:  ValueError: bad luck"
    )


def test_a_retry_waits_on_durable_timers_and_later_calls_keep_their_ids(client: TestClient) -> None:
    status = client.run("retrying", instance_id="retrying-1")
    assert status["output"] == [3, 6]


def test_an_orchestrator_continues_after_catching_the_error_of_the_last_attempt(client: TestClient) -> None:
    message, after = client.run("giving_up")["output"]
    assert message.startswith("Activity function 'fail' failed:  ValueError: always")
    assert after == 42


@pytest.mark.parametrize(
    "seconds", [0, 90, 10 * 86_400], ids=["now", "short", "longer than a short timer may be"]
)
def test_a_timer_fires_at_its_time_on_the_hosts_clock(client: TestClient, seconds: float) -> None:
    assert client.run("sleeping", seconds)["output"] == pytest.approx(seconds, abs=1)


def test_a_timer_fires_up_to_a_second_early(paused: TestClient) -> None:
    """A message in a queue waits for whole seconds: seen on the extension, where code must not count on the time."""
    instance_id = paused.start("sleeping", 10.7)
    paused.wait_until_idle()
    paused.http.post("/_host/clock", json={"advance_seconds": 10})

    assert paused.wait(instance_id)["output"] == pytest.approx(10, abs=0.5)


def test_an_event_before_the_deadline_wins_and_the_cancelled_timer_does_not_delay_the_end(
    paused: TestClient,
) -> None:
    instance_id = paused.start("approval")
    status = paused.wait(instance_id, lambda s: s["customStatus"] is not None)
    assert status["customStatus"] == {"waiting_for": "approval"}
    assert paused.raise_event(instance_id, "Approval", {"by": "me"}).status_code == 202
    status = paused.wait(instance_id)
    assert (status["output"], status["customStatus"]) == ({"by": "me"}, "decided")


def test_the_deadline_wins_without_an_event(paused: TestClient) -> None:
    instance_id = paused.start("approval")
    paused.wait(instance_id, lambda s: s["customStatus"] is not None)
    paused.http.post("/_host/clock", json={"advance_seconds": 3599})
    assert paused.wait_until_idle()["instances"] == {"Running": 1}
    paused.http.post("/_host/clock", json={"advance_seconds": 1})
    assert paused.wait(instance_id)["output"] == "timed out"


def test_an_event_raised_before_the_wait_is_kept(paused: TestClient) -> None:
    instance_id = paused.start("waiting")
    paused.raise_event(instance_id, "Go", {"n": 1})
    assert paused.wait(instance_id)["output"] == {"n": 1}


def test_sub_orchestrations_return_to_their_parent_and_fail_in_it(client: TestClient) -> None:
    named, unnamed, error = client.run("parent", instance_id="family")["output"]
    assert (named, unnamed) == (4, 8)
    assert error.startswith("Orchestrator function 'failing' failed: Activity function 'fail' failed:")
    assert client.status("family-child")["output"] == 4


def test_a_sub_orchestration_without_an_id_is_named_after_its_call(client: TestClient) -> None:
    client.run("parent", instance_id="family")
    listed = client.http.get("/runtime/webhooks/durabletask/instances").json()
    children = {i["instanceId"] for i in listed} - {"family", "family-child"}
    assert sorted(child.partition(":")[2] for child in children) == ["1", "2"]


def test_continue_as_new_begins_again_with_new_input_and_an_empty_history(client: TestClient) -> None:
    status = client.run("eternal", {"round": 1, "rounds": 4})
    assert status["output"] == {"round": 4, "rounds": 4}
    assert status["customStatus"] == {"round": 4}
    kinds = [history.name(event) for event in client.host._hub.history(status["instanceId"])]
    assert kinds == [
        # the end of the episode that continued as new comes before the calls of the new execution
        *("OrchestratorStarted", "ExecutionStarted", "OrchestratorCompleted"),
        *("TimerCreated", "OrchestratorCompleted"),
        *("OrchestratorStarted", "TimerFired", "ExecutionCompleted", "OrchestratorCompleted"),
    ]


def test_messages_are_stored_as_played_and_what_an_episode_writes_is_not(client: TestClient) -> None:
    status = client.run("chain", 1)
    played = [
        (history.name(event), event["IsPlayed"]) for event in client.host._hub.history(status["instanceId"])
    ]
    assert played == [
        *(("OrchestratorStarted", False), ("ExecutionStarted", True)),
        *(("TaskScheduled", False), ("OrchestratorCompleted", False)),
        *(("OrchestratorStarted", False), ("TaskCompleted", True)),
        *(("ExecutionCompleted", False), ("OrchestratorCompleted", False)),
    ]


def test_entities_are_signalled_and_called_and_return_errors(client: TestClient) -> None:
    assert client.run("counting", "k1")["output"] == [7, 7, "no operation nonsense"]
    assert client.http.get("/runtime/webhooks/durabletask/entities/counter/k1").json() == 7


def test_plain_json_values_pass_through_unchanged(client: TestClient) -> None:
    document = {"text": "ä\n", "list": [1, 2.5, None, True], "nested": {"a": {}}}
    assert client.run("echo", document)["output"] == document
