"""The durable HTTP API responds with the documented status codes, headers and bodies."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from functions_testhost import history
from testhost_client import Serve, TestClient

API = "/runtime/webhooks/durabletask"
SOMETHING_WRONG = "Something went wrong while processing your request"


def waiting(client: TestClient, instance_id: str = "w") -> str:
    """Starts an instance that waits for the event Go, and waits until it does."""
    client.start("waiting", instance_id=instance_id)
    client.wait_until_idle()
    return instance_id


def test_starting_an_instance_returns_its_addresses(paused: TestClient) -> None:
    answer = paused.http.post(f"{API}/orchestrators/waiting/w", json={"a": 1})
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


def test_an_unknown_orchestrator_is_accepted_and_fails_with_a_list_of_the_known_ones(
    paused: TestClient,
) -> None:
    """Seen on the extension 3.19.0."""
    answer = paused.http.post(f"{API}/orchestrators/nobody/n")
    assert answer.status_code == 202
    status = paused.wait("n")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith(
        "Orchestrator function 'nobody' failed: The function 'nobody' doesn't exist, is disabled, or is not an"
        " orchestrator function. Additional info: The following are the known orchestrator functions: 'approval', "
    )


@pytest.mark.parametrize("instance_id", ["@w", "a#b", "a?b", "a\\b", "a\nb", "a%b", "é", "x" * 512])
def test_an_instance_id_may_have_any_character_but_a_slash(paused: TestClient, instance_id: str) -> None:
    """Azure documents some of them as invalid. The extension accepts them."""
    answer = paused.http.post(f"{API}/orchestrators/waiting/{quote(instance_id, safe='')}")
    assert (answer.status_code, answer.json()["id"]) == (202, instance_id)
    assert httpx.get(answer.json()["statusQueryGetUri"]).json()["instanceId"] == instance_id
    assert paused.http.post(f"{API}/orchestrators/waiting/a%2Fb").status_code == 404


def test_a_plus_sign_in_an_instance_id_is_a_blank(paused: TestClient) -> None:
    for instance_id in ("a+b", "a%2Bb", "a%20b"):
        answer = paused.http.post(f"{API}/orchestrators/waiting/{instance_id}")
        assert answer.status_code == (202 if instance_id == "a+b" else 409)
        assert paused.http.get(f"{API}/instances/{instance_id}").json()["instanceId"] == "a b"


def test_an_instance_id_that_is_too_long_for_the_storage_is_a_500(paused: TestClient) -> None:
    answer = paused.http.post(f"{API}/orchestrators/waiting/{'x' * 513}")
    assert answer.status_code == 500
    assert_is_an_exception(
        answer, SOMETHING_WRONG, "DurableTask.AzureStorage.Storage.DurableTaskStorageException"
    )


@pytest.mark.parametrize("body", ["{no json", "no json", '{"a"', '{"a": "b', '{"a": tru', "1 2", "]"])
def test_a_body_that_is_not_json_is_a_400(paused: TestClient, body: str) -> None:
    answer = paused.http.post(f"{API}/orchestrators/waiting", content=body)
    assert answer.status_code == 400
    assert_is_an_exception(answer, "Invalid JSON content", "Newtonsoft.Json.JsonReaderException")


@pytest.mark.parametrize("body", ["{", " { ", '{"a":', '{"a": 1', '{"a": 1,', '{"a": {"b": 1}', "[", "[1,"])
def test_a_body_that_ends_inside_an_object_or_an_array_is_a_500(paused: TestClient, body: str) -> None:
    answer = paused.http.post(f"{API}/orchestrators/waiting", content=body)
    assert answer.status_code == 500
    exception = "JsonWriterException" if body.startswith("[") else "JsonSerializationException"
    assert_is_an_exception(answer, SOMETHING_WRONG, f"Newtonsoft.Json.{exception}")


def assert_is_an_exception(answer: httpx.Response, message: str, exception_type: str) -> None:
    body = answer.json()
    assert set(body) == {"Message", "ExceptionMessage", "ExceptionType", "StackTrace"}
    assert (body["Message"], body["ExceptionType"]) == (message, exception_type)
    assert body["StackTrace"].startswith(
        "   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler"
    )


def test_starting_a_running_instance_is_a_409(paused: TestClient) -> None:
    waiting(paused)
    answer = paused.http.post(f"{API}/orchestrators/waiting/w")
    assert answer.status_code == 409
    assert "Running already exists" in answer.json()["Message"]


def test_starting_an_ended_instance_runs_it_from_the_beginning(client: TestClient) -> None:
    client.run("chain", 1, "again")
    assert client.run("chain", 4, "again")["output"] == 16


def test_status_is_a_202_while_the_instance_runs_and_a_200_afterwards(paused: TestClient) -> None:
    waiting(paused)
    answer = paused.http.get(f"{API}/instances/w")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "5")
    assert answer.headers["Location"].startswith(f"{paused.host.url}{API}/instances/w?")
    paused.raise_event("w", "Go", [1])
    paused.wait("w")
    answer = paused.http.get(f"{API}/instances/w", params={"showInput": "false"})
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


def test_every_operation_on_an_unknown_instance_is_a_404(paused: TestClient) -> None:
    for method, path in [
        ("GET", "instances/x"),
        ("DELETE", "instances/x"),
        ("POST", "instances/x/terminate"),
        ("POST", "instances/x/suspend"),
    ]:
        answer = paused.http.request(method, f"{API}/{path}")
        assert (answer.status_code, answer.content) == (404, b"")
    rewound = paused.manage("x", "rewind")
    assert (rewound.status_code, rewound.json()) == (404, 'No orchestration with instance ID "$x" found.')
    assert paused.raise_event("x", "Go").status_code == 404


def test_a_failed_instance_is_a_500_only_on_request(client: TestClient) -> None:
    client.run("failing", instance_id="f")
    assert client.http.get(f"{API}/instances/f").status_code == 200
    query = {"returnInternalServerErrorOnFailure": "true"}
    assert client.http.get(f"{API}/instances/f", params=query).status_code == 500


def test_instances_are_listed_in_pages_by_a_continuation_token(paused: TestClient) -> None:
    for number in range(5):
        waiting(paused, f"w{number}")
    url, seen, token = f"{API}/instances/", [], ""
    while True:
        answer = paused.http.get(url, params={"top": 2}, headers={"x-ms-continuation-token": token})
        seen.append([instance["instanceId"] for instance in answer.json()])
        token = answer.headers["x-ms-continuation-token"]
        if not token:
            break
    assert seen == [["w0", "w1"], ["w2", "w3"], ["w4"]]


def test_instances_are_filtered_by_status_prefix_and_creation_time(paused: TestClient) -> None:
    waiting(paused, "early-1")
    paused.http.post("/_host/clock", json={"advance_seconds": 3600})
    now = paused.http.get("/_host/clock").json()["now"]
    waiting(paused, "late-1")
    paused.raise_event("late-1", "Go")
    paused.wait("late-1")

    def listed(**query: str) -> list[str]:
        return [i["instanceId"] for i in paused.http.get(f"{API}/instances", params=query).json()]

    assert listed() == ["early-1", "late-1"]
    assert listed(runtimeStatus="Running,Pending") == ["early-1"]
    assert listed(instanceIdPrefix="late") == ["late-1"]
    assert listed(createdTimeFrom=now) == ["late-1"]
    assert listed(createdTimeTo="2000-01-01") == []
    ignored = {"createdTimeFrom": "x", "runtimeStatus": "x", "top": "x"}
    assert listed(**ignored) == ["early-1", "late-1"], "the extension ignores what it cannot read"


def test_terminate_ends_an_instance_with_the_reason_as_plain_text(paused: TestClient) -> None:
    waiting(paused)
    assert paused.manage("w", "terminate", reason="not needed").status_code == 202
    status = paused.wait("w")
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "not needed")
    assert paused.manage("w", "terminate").status_code == 410
    assert paused.raise_event("w", "Go").status_code == 410


def test_a_suspended_instance_receives_events_only_after_it_is_resumed(paused: TestClient) -> None:
    waiting(paused)
    answer = paused.manage("w", "resume")
    assert answer.status_code == 500
    assert_is_an_exception(answer, SOMETHING_WRONG, "System.InvalidOperationException")
    assert paused.manage("w", "suspend", reason="hold on").status_code == 202
    suspended = paused.wait("w", lambda s: s["runtimeStatus"] == "Suspended")
    assert suspended["output"] == "hold on"
    paused.raise_event("w", "Go", "late news")
    paused.wait_until_idle()
    assert paused.status("w")["runtimeStatus"] == "Suspended"
    assert paused.manage("w", "resume").status_code == 202
    assert paused.wait("w")["output"] == "late news"


def test_a_suspended_instance_can_be_terminated(paused: TestClient) -> None:
    waiting(paused)
    paused.manage("w", "suspend")
    paused.wait("w", lambda s: s["runtimeStatus"] == "Suspended")
    paused.manage("w", "terminate", reason="enough")
    assert paused.wait("w")["runtimeStatus"] == "Terminated"


def test_an_event_must_be_json(paused: TestClient) -> None:
    waiting(paused)
    url = f"{API}/instances/w/raiseEvent/Go"
    text = paused.http.post(url, content="x", headers={"Content-Type": "text/plain"})
    assert (text.status_code, text.json()) == (
        400,
        {"Message": "Only application/json request content is supported"},
    )
    for body in ("{", ""):
        answer = paused.http.post(url, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert_is_an_exception(answer, "Invalid JSON content", "Newtonsoft.Json.JsonReaderException")


def test_purge_deletes_ended_instances_and_no_others(paused: TestClient) -> None:
    waiting(paused, "over")
    waiting(paused, "running")
    paused.raise_event("over", "Go")
    paused.wait("over")
    refused = paused.http.delete(f"{API}/instances/running")
    assert refused.status_code == 412
    assert refused.json() == (
        "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID running"
        " has status Running"
    )
    refused = paused.http.delete(f"{API}/instances/")
    assert (refused.status_code, refused.json()) == (
        400,
        "Please provide value for 'createdTimeFrom' parameter.",
    )
    query = {"createdTimeFrom": "2000-01-01T00:00:00Z"}
    answer = paused.http.delete(f"{API}/instances/", params=query)
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 1})
    assert paused.http.delete(f"{API}/instances/", params=query).status_code == 404
    assert paused.http.get(f"{API}/instances/over").status_code == 404
    assert paused.http.get(f"{API}/instances/running").status_code == 202


def test_restart_runs_the_same_input_under_a_new_id_or_the_same(client: TestClient) -> None:
    client.run("chain", 4, "first")
    answer = client.manage("first", "restart")
    assert answer.status_code == 202
    assert answer.json()["id"] != "first"
    assert client.wait(answer.json()["id"])["output"] == 16
    answer = client.manage("first", "restart", restartWithNewInstanceId="false")
    assert answer.json()["id"] == "first"
    assert client.wait("first")["output"] == 16


def test_restart_refuses_an_unknown_instance_and_a_running_one(paused: TestClient) -> None:
    """Seen on the extension 3.19.0: 400 and 409, each with the exception."""
    unknown = paused.manage("x", "restart")
    assert unknown.status_code == 400
    assert_is_an_exception(
        unknown, "InstanceId does not match a valid orchestration instance.", "System.ArgumentException"
    )
    waiting(paused)
    running = paused.manage("w", "restart", restartWithNewInstanceId="false")
    assert running.status_code == 409
    assert_is_an_exception(
        running,
        "A non-terminal instance with this instance ID already exists.",
        "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
    )


def test_rewind_retries_failed_activities_down_to_the_deepest_child(client: TestClient) -> None:
    """An activity fails once. The child and the parent fail with it, and one rewind repairs both."""
    assert client.run("rewindable", instance_id="r")["runtimeStatus"] == "Failed"
    assert client.status("r-child")["runtimeStatus"] == "Failed"
    assert client.manage("r", "rewind", reason="try again").status_code == 202
    assert client.wait("r")["output"] == [42, 2]
    assert client.status("r-child")["output"] == 2
    refused = client.manage("r", "rewind")
    assert (refused.status_code, refused.json()) == (
        412,
        'This orchestration has status Completed, but only orchestrations in the "Failed" state can be rewound.',
    )


def test_rewinding_past_a_retry_fails_because_its_timers_no_longer_fit(client: TestClient) -> None:
    """The documented algorithm removes the calls from the history, but not the timers between them."""
    assert client.run("fragile_with_retry", instance_id="r")["runtimeStatus"] == "Failed"
    assert client.manage("r", "rewind").status_code == 202
    client.wait_until_idle()
    status = client.status("r")
    assert status["runtimeStatus"] == "Failed"
    assert "scheduled a timer task with sequence number 1 but the current replay" in status["output"]
    # seen on the extension: the call that the orchestrator makes now is sent out all the same
    *_, call, ended, _ = [history.name(event) for event in client.host._hub.history("r")]
    assert (call, ended) == ("TaskScheduled", "ExecutionCompleted")


def test_a_start_with_a_timeout_waits_for_the_output(client: TestClient) -> None:
    url = f"{API}/orchestrators"
    done = client.http.post(f"{url}/echo?timeout=10&pollingInterval=0.01", json={"a": 1})
    assert (done.status_code, done.json()) == (200, {"a": 1})
    late = client.http.post(f"{url}/waiting?timeout=0.02&pollingInterval=0.01")
    assert late.status_code == 202
    failed = client.http.post(f"{url}/failing?timeout=10&pollingInterval=0.01")
    assert failed.json()["runtimeStatus"] == "Failed"
    refused = client.http.post(f"{url}/echo?timeout=1&pollingInterval=5")
    assert refused.status_code == 400
    assert refused.json() == {"Message": "Total timeout 1 should be bigger than retry timeout 5"}


def test_history_shows_names_and_merges_calls_with_their_results(client: TestClient) -> None:
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


def test_entities_are_listed_signalled_and_deleted(client: TestClient) -> None:
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


def test_with_keys_the_api_needs_the_extensions_key_or_the_master_key(serve: Serve) -> None:
    client = serve(keys=True)
    keys = client.host.description()["keys"]
    assert client.http.get(f"{API}/instances").status_code == 401
    assert client.http.get(f"{API}/instances", params={"code": keys["function"]}).status_code == 401
    for name in ("durabletask_extension", "master"):
        assert client.http.get(f"{API}/instances", params={"code": keys[name]}).status_code == 200


# hostile requests: hostile_requests.py makes thousands more


@pytest.mark.parametrize(
    ("body", "content_type", "seen"),
    [
        (b'"\xff\xfe"', "application/json", "\ufffd\ufffd"),
        (b'\xef\xbb\xbf"a"', "application/json", "a"),
        ('"\u00e9"'.encode("latin-1"), "application/json; charset=latin-1", "\u00e9"),
        (b"[" * 64 + b"]" * 64, "application/json", json.loads("[" * 64 + "]" * 64)),
    ],
    ids=["no UTF-8", "byte order mark", "another character set", "64 levels"],
)
def test_bodies_are_read_as_dotnet_reads_them(
    paused: TestClient, body: bytes, content_type: str, seen: Any
) -> None:
    headers = {"Content-Type": content_type}
    answer = paused.http.post(f"{API}/orchestrators/waiting/w", content=body, headers=headers)
    assert answer.status_code == 202
    assert paused.status("w")["input"] == seen
    event = paused.http.post(f"{API}/instances/w/raiseEvent/E", content=body, headers=headers)
    assert event.status_code == 202


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"1", "application/json; charset=bogus", "The character set provided in ContentType is invalid"),
        (b"[" * 65 + b"]" * 65, "application/json", "Invalid JSON content"),
        (b"[" * 100_000, "application/json", "Invalid JSON content"),
        (b"1" * 5000, "application/json", "Invalid JSON content"),
    ],
    ids=["charset", "65 levels", "deep", "digits"],
)
def test_bodies_that_cannot_be_read_are_a_400(
    paused: TestClient, body: bytes, content_type: str, reason: str
) -> None:
    headers = {"Content-Type": content_type}
    paused.http.post(f"{API}/orchestrators/waiting/w")
    for path in ("orchestrators/waiting", "instances/w/raiseEvent/E"):
        answer = paused.http.post(f"{API}/{path}", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["Message"].startswith(reason)


@pytest.mark.parametrize("top", ["-1", "0", "x", "1.5", "9" * 5000, str(10**20), str(2**31)])
def test_a_page_size_that_is_no_positive_number_is_the_usual_one(paused: TestClient, top: str) -> None:
    for number in range(3):
        paused.http.post(f"{API}/orchestrators/waiting/w{number}")
        paused.http.post(f"{API}/entities/counter/k{number}?op=add", content='"1"')
    paused.wait_until_idle()
    for path in ("instances", "entities"):
        answer = paused.http.get(f"{API}/{path}", params={"top": top})
        assert (answer.status_code, len(answer.json())) == (200, 3)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x"])
def test_a_time_outside_of_all_years_is_ignored(paused: TestClient, time: str) -> None:
    paused.http.post(f"{API}/orchestrators/waiting/w")
    answer = paused.http.get(f"{API}/instances", params={"createdTimeFrom": time, "createdTimeTo": time})
    assert [one["instanceId"] for one in answer.json()] == ["w"]
    purged = paused.http.delete(f"{API}/instances", params={"createdTimeFrom": time})
    assert (purged.status_code, purged.json()) == (
        400,
        "Please provide value for 'createdTimeFrom' parameter.",
    )


def test_the_first_year_is_earlier_than_all_others(paused: TestClient) -> None:
    paused.http.post(f"{API}/orchestrators/waiting/w")
    for name, found in (("createdTimeFrom", ["w"]), ("createdTimeTo", [])):
        answer = paused.http.get(f"{API}/instances", params={name: "0001-01-01"})
        assert [one["instanceId"] for one in answer.json()] == found


@pytest.mark.parametrize("path", ["clock", "faults", "switches", "worker"])
@pytest.mark.parametrize("body", ["", "[", "[]", "null", '{"start_seconds": 1e309, "mode": []}', "\ud7ff"])
def test_a_control_that_gets_something_else_than_its_object_is_a_400(
    paused: TestClient, path: str, body: str
) -> None:
    answer = paused.http.post(f"/_host/{path}", content=body.encode())
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("field", ["advance_seconds", "run_seconds"])
@pytest.mark.parametrize("seconds", ["1e308", "NaN", "-1", "1e12"])
def test_the_clock_cannot_be_moved_out_of_time(paused: TestClient, field: str, seconds: str) -> None:
    answer = paused.http.post("/_host/clock", content=f'{{"{field}": {seconds}}}')
    assert answer.status_code == 400
