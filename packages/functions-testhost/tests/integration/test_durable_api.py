"""The durable HTTP API answers with the status codes, headers and bodies that are documented for it."""

import httpx
import pytest
from testhost_client import Client, Serve

API = "/runtime/webhooks/durabletask"


def waiting(client: Client, instance_id: str = "w") -> str:
    """Start an instance that waits for the event Go, and see it wait."""
    client.start("waiting", instance_id=instance_id)
    client.wait_until_idle()
    return instance_id


def test_a_start_answers_with_the_addresses_of_the_instance(standing: Client) -> None:
    answer = standing.http.post(f"{API}/orchestrators/waiting/w", json={"a": 1})
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "10"
    body = answer.json()
    assert body["id"] == "w"
    assert answer.headers["Location"] == body["statusQueryGetUri"]
    assert set(body) == {
        *("id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri"),
        *("restartPostUri", "suspendPostUri", "resumePostUri"),
    }
    assert httpx.get(body["statusQueryGetUri"]).status_code == 202


def test_an_unknown_orchestrator_is_refused_with_the_known_ones(standing: Client) -> None:
    answer = standing.http.post(f"{API}/orchestrators/nobody")
    assert answer.status_code == 400
    assert "The function 'nobody' doesn't exist" in answer.json()["ExceptionMessage"]
    assert "waiting" in answer.json()["ExceptionMessage"]


@pytest.mark.parametrize("instance_id", ["@w", "a%23b", "a%3Fb", "a%5Cb", "a%0Ab"])
def test_an_id_with_a_forbidden_character_is_refused(standing: Client, instance_id: str) -> None:
    answer = standing.http.post(f"{API}/orchestrators/waiting/{instance_id}")
    assert answer.status_code == 400
    assert "is not an instance id" in answer.json()["ExceptionMessage"]


def test_a_body_that_is_not_json_is_refused(standing: Client) -> None:
    answer = standing.http.post(f"{API}/orchestrators/waiting", content="{no json")
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["ExceptionMessage"]


def test_a_running_id_is_not_started_again(standing: Client) -> None:
    waiting(standing)
    answer = standing.http.post(f"{API}/orchestrators/waiting/w")
    assert answer.status_code == 409
    assert "Running already exists" in answer.json()["Message"]


def test_a_finished_id_runs_again_from_the_beginning(client: Client) -> None:
    client.run("chain", 1, "again")
    assert client.run("chain", 4, "again")["output"] == 16


def test_status_shows_the_instance_and_says_whether_it_is_over(standing: Client) -> None:
    waiting(standing)
    answer = standing.http.get(f"{API}/instances/w")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "5")
    assert answer.headers["Location"].startswith(f"{standing.host.url}{API}/instances/w?")
    standing.raise_event("w", "Go", [1])
    standing.wait("w")
    answer = standing.http.get(f"{API}/instances/w", params={"showInput": "false"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["createdTime"].endswith("Z")
    assert "." not in body["createdTime"]
    del body["createdTime"], body["lastUpdatedTime"]
    assert body == {
        "name": "waiting",
        "instanceId": "w",
        "runtimeStatus": "Completed",
        "input": None,
        "customStatus": None,
        "output": [1],
    }


def test_an_unknown_instance_is_not_found(standing: Client) -> None:
    for method, path in [
        ("GET", "instances/x"),
        ("DELETE", "instances/x"),
        ("POST", "instances/x/terminate"),
        ("POST", "instances/x/rewind"),
        ("POST", "instances/x/restart"),
    ]:
        assert standing.http.request(method, f"{API}/{path}").status_code == 404
    assert standing.raise_event("x", "Go").status_code == 404


def test_a_failure_is_a_500_only_when_asked_for(client: Client) -> None:
    client.run("failing", instance_id="f")
    assert client.http.get(f"{API}/instances/f").status_code == 200
    query = {"returnInternalServerErrorOnFailure": "true"}
    assert client.http.get(f"{API}/instances/f", params=query).status_code == 500


def test_the_list_is_paged_by_a_continuation_token(standing: Client) -> None:
    for number in range(5):
        waiting(standing, f"w{number}")
    url, seen, token = f"{API}/instances/", [], ""
    while True:
        answer = standing.http.get(url, params={"top": 2}, headers={"x-ms-continuation-token": token})
        seen.append([instance["instanceId"] for instance in answer.json()])
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
    assert seen == [["w0", "w1"], ["w2", "w3"], ["w4"]]


def test_the_list_filters_by_status_prefix_and_creation_time(standing: Client) -> None:
    waiting(standing, "early-1")
    standing.http.post("/_host/clock", json={"advance_seconds": 3600})
    now = standing.http.get("/_host/clock").json()["now"]
    waiting(standing, "late-1")
    standing.raise_event("late-1", "Go")
    standing.wait("late-1")

    def listed(**query: str) -> list[str]:
        return [i["instanceId"] for i in standing.http.get(f"{API}/instances", params=query).json()]

    assert listed() == ["early-1", "late-1"]
    assert listed(runtimeStatus="Running,Pending") == ["early-1"]
    assert listed(instanceIdPrefix="late") == ["late-1"]
    assert listed(createdTimeFrom=now) == ["late-1"]
    assert listed(createdTimeTo="2000-01-01") == []
    assert standing.http.get(f"{API}/instances", params={"createdTimeFrom": "x"}).status_code == 400


def test_terminate_ends_an_instance_with_the_reason_as_plain_text(standing: Client) -> None:
    waiting(standing)
    assert standing.manage("w", "terminate", reason="not needed").status_code == 202
    status = standing.wait("w")
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "not needed")
    assert standing.manage("w", "terminate").status_code == 410
    assert standing.raise_event("w", "Go").status_code == 410


def test_a_suspended_instance_takes_events_in_only_when_it_is_resumed(standing: Client) -> None:
    waiting(standing)
    assert standing.manage("w", "resume").status_code == 500
    assert standing.manage("w", "suspend", reason="hold on").status_code == 202
    suspended = standing.wait("w", lambda s: s["runtimeStatus"] == "Suspended")
    assert suspended["output"] == "hold on"
    standing.raise_event("w", "Go", "late news")
    standing.wait_until_idle()
    assert standing.status("w")["runtimeStatus"] == "Suspended"
    assert standing.manage("w", "resume").status_code == 202
    assert standing.wait("w")["output"] == "late news"


def test_a_suspended_instance_can_be_terminated(standing: Client) -> None:
    waiting(standing)
    standing.manage("w", "suspend")
    standing.wait("w", lambda s: s["runtimeStatus"] == "Suspended")
    standing.manage("w", "terminate", reason="enough")
    assert standing.wait("w")["runtimeStatus"] == "Terminated"


def test_an_event_must_be_json(standing: Client) -> None:
    waiting(standing)
    url = f"{API}/instances/w/raiseEvent/Go"
    assert standing.http.post(url, content="x", headers={"Content-Type": "text/plain"}).status_code == 400
    assert (
        standing.http.post(url, content="{", headers={"Content-Type": "application/json"}).status_code == 400
    )


def test_purge_deletes_what_is_over_and_nothing_else(standing: Client) -> None:
    waiting(standing, "over")
    waiting(standing, "running")
    standing.raise_event("over", "Go")
    standing.wait("over")
    assert standing.http.delete(f"{API}/instances/running").status_code == 412
    assert standing.http.delete(f"{API}/instances/").status_code == 400
    query = {"createdTimeFrom": "2000-01-01T00:00:00Z"}
    answer = standing.http.delete(f"{API}/instances/", params=query)
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 1})
    assert standing.http.delete(f"{API}/instances/", params=query).status_code == 404
    assert standing.http.get(f"{API}/instances/over").status_code == 404
    assert standing.http.get(f"{API}/instances/running").status_code == 202


def test_restart_runs_the_same_input_under_a_new_id_or_the_same(client: Client) -> None:
    client.run("chain", 4, "first")
    answer = client.manage("first", "restart")
    assert answer.status_code == 202
    assert answer.json()["id"] != "first"
    assert client.wait(answer.json()["id"])["output"] == 16
    answer = client.manage("first", "restart", restartWithNewInstanceId="false")
    assert answer.json()["id"] == "first"
    assert client.wait("first")["output"] == 16


def test_rewind_tries_again_what_failed_down_to_the_deepest_child(client: Client) -> None:
    """An activity fails once: the child and the parent fail with it, and one rewind mends both."""
    assert client.run("rewindable", instance_id="r")["runtimeStatus"] == "Failed"
    assert client.status("r-child")["runtimeStatus"] == "Failed"
    assert client.manage("r", "rewind", reason="try again").status_code == 202
    assert client.wait("r")["output"] == [42, 2]
    assert client.status("r-child")["output"] == 2
    assert client.manage("r", "rewind").status_code == 412


def test_rewinding_past_a_retry_fails_because_its_timers_no_longer_fit(client: Client) -> None:
    """The documented algorithm strikes the calls but not the timers between them."""
    assert client.run("fragile_with_retry", instance_id="r")["runtimeStatus"] == "Failed"
    assert client.manage("r", "rewind").status_code == 202
    client.wait_until_idle()
    status = client.status("r")
    assert status["runtimeStatus"] == "Failed"
    assert "call 1 of an earlier replay was timer, but this replay made no such call" in status["output"]


def test_a_start_may_wait_for_the_end(client: Client) -> None:
    url = f"{API}/orchestrators"
    done = client.http.post(f"{url}/echo?timeout=10&pollingInterval=0.01", json={"a": 1})
    assert (done.status_code, done.json()) == (200, {"a": 1})
    late = client.http.post(f"{url}/waiting?timeout=0.02&pollingInterval=0.01")
    assert late.status_code == 202
    failed = client.http.post(f"{url}/failing?timeout=10&pollingInterval=0.01")
    assert failed.json()["runtimeStatus"] == "Failed"
    assert client.http.post(f"{url}/echo?timeout=1&pollingInterval=5").status_code == 400


def test_history_shows_names_and_merges_calls_with_their_results(client: Client) -> None:
    client.run("chain", 2, "h")
    rows = client.status("h", showHistory="true")["historyEvents"]
    assert [row["EventType"] for row in rows] == [
        *("ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"),
    ]
    assert rows[0]["FunctionName"] == "chain"
    assert rows[1]["FunctionName"] == "double"
    assert rows[1]["ScheduledTime"] <= rows[1]["Timestamp"]
    assert rows[3]["OrchestrationStatus"] == "Completed"
    assert not {"EventId", "IsPlayed", "TaskScheduledId", "Result"} & {key for row in rows for key in row}
    rows = client.status("h", showHistory="true", showHistoryOutput="true", showInput="false")[
        "historyEvents"
    ]
    assert [row.get("Result") for row in rows] == [None, 2, 4, 4]
    assert not any("Input" in row for row in rows)


def test_entities_are_listed_signalled_and_deleted(client: Client) -> None:
    url = f"{API}/entities"
    for key in ("a", "b", "c"):
        answer = client.http.post(f"{url}/Counter/{key}?op=add", content='"2"')
        assert answer.status_code == 202
    client.wait_until_idle()
    first = client.http.get(f"{url}/counter", params={"top": 2})
    assert [entity["entityId"]["key"] for entity in first.json()] == ["a", "b"]
    token = {"x-ms-continuation-token": first.headers["x-ms-continuation-token"]}
    rest = client.http.get(f"{url}?fetchState=true", headers=token).json()
    assert [(entity["entityId"], entity["state"]) for entity in rest] == [
        ({"name": "counter", "key": "c"}, 2)
    ]
    assert client.http.delete(f"{url}/counter/a").status_code == 202
    client.wait_until_idle()
    assert client.http.get(f"{url}/counter/a").status_code == 404


def test_with_keys_the_api_is_closed_to_who_has_none(serve: Serve) -> None:
    client = serve(keys=True)
    keys = client.host.description()["keys"]
    assert client.http.get(f"{API}/instances").status_code == 401
    assert client.http.get(f"{API}/instances", params={"code": keys["function"]}).status_code == 401
    for name in ("durabletask_extension", "master"):
        assert client.http.get(f"{API}/instances", params={"code": keys[name]}).status_code == 200
