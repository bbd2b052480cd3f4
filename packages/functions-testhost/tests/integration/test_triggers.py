"""HTTP, Event Grid and timer triggers call the app's functions as the Functions host does."""

import gzip
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from functions_testhost.app import AppError
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer
from testhost_client import Serve, TestClient
from testhost_folders import APPS

EVENT_GRID = "/runtime/webhooks/EventGrid"


# HTTP


def test_a_function_receives_route_parameters_query_and_context(client: TestClient) -> None:
    answer = client.http.get("/api/hello/bob?shout=1&empty=")
    assert answer.status_code == 200
    assert answer.json() == {"hello": "bob", "shout": "1", "by": "hello"}
    assert (answer.headers["Content-Type"], answer.headers["X-Sample"]) == ("application/json", "yes")


def test_routes_ignore_case_and_unknown_paths_and_methods_are_a_404(client: TestClient) -> None:
    assert client.http.get("/API/Hello/bob").status_code == 200
    assert client.http.post("/api/hello/bob").status_code == 404
    assert client.http.get("/api/hello").status_code == 404
    assert client.http.get("/hello/bob").status_code == 404


@pytest.mark.parametrize("function", ["broken", "nothing"])
def test_a_function_that_raises_or_returns_nothing_is_a_500(client: TestClient, function: str) -> None:
    answer = client.http.put(f"/api/{function}")
    assert (answer.status_code, answer.text) == (500, "")


def test_a_response_can_set_several_cookies(client: TestClient) -> None:
    answer = client.http.get("/api/cookies")
    assert answer.headers.get_list("Set-Cookie") == ["a=1; Path=/", "b=2; HttpOnly"]


def test_a_compressed_body_is_passed_on_as_it_was_sent(client: TestClient) -> None:
    zipped = gzip.compress(b"text")
    for body in (zipped, b"not compressed at all"):
        answer = client.http.post("/api/request", content=body, headers={"Content-Encoding": "gzip"})
        assert bytes.fromhex(answer.json()["body"]) == body


def test_a_host_header_that_is_no_address_is_a_400(client: TestClient) -> None:
    assert client.http.get("/api/hello/bob", headers={"Host": "x:99999"}).status_code == 400


def test_a_body_in_chunks_is_not_passed_on(client: TestClient) -> None:
    """It has no Content-Length, which the host asks for before it reads the body."""
    assert client.http.post("/api/request", content=iter([b"te", b"xt"])).json()["body"] == ""


def test_values_that_are_given_twice_are_joined(client: TestClient) -> None:
    answer = client.http.post("/api/request?a=1&b=&a=2", headers=[("twice", "x"), ("twice", "y")])
    assert answer.json() == {"body": "", "query": {"a": "1,2"}, "twice": "x,y"}


def test_the_sdks_client_starts_an_instance_and_returns_its_addresses(client: TestClient) -> None:
    answer = client.http.post("/api/start/echo/by-client", json={"n": [1]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "10")
    assert answer.headers["Location"] == answer.json()["statusQueryGetUri"]
    assert client.wait("by-client")["output"] == {"n": [1]}


def test_every_call_of_the_sdks_client_works(paused: TestClient) -> None:
    """The sample app's tour makes each call once."""
    assert paused.http.post("/api/tour").json() == {
        "started": "tour-1",
        "refused": True,
        "unknown": "Failed",
        "running": ["Running", False],
        "suspended": "Suspended",
        "found": ["tour-1"],
        "output": '{"n": 1}',
        "terminated": "Terminated",
        "restarted": True,
        "entity": [True, 5],
        "no entity": False,
        "purged": 2,
        "purged by time": 1,
    }


@pytest.fixture
def locked(serve: Serve) -> tuple[TestClient, dict[str, str]]:
    client = serve(keys=True)
    return client, client.host.description()["keys"]


def test_with_keys_each_auth_level_requires_its_own_key(locked: tuple[TestClient, dict[str, str]]) -> None:
    client, keys = locked
    status = {
        (path, name): client.http.get(path, headers={"x-functions-key": key}).status_code
        for path in ("/api/hello/x", "/api/locked", "/api/broken")
        for name, key in {"none": "", "function": keys["function"], "master": keys["master"]}.items()
    }
    assert status == {
        **dict.fromkeys([("/api/hello/x", name) for name in ("none", "function", "master")], 200),
        ("/api/locked", "none"): 401,
        ("/api/locked", "function"): 200,
        ("/api/locked", "master"): 200,
        ("/api/broken", "none"): 401,
        ("/api/broken", "function"): 401,
        ("/api/broken", "master"): 500,
    }


def test_dots_in_a_path_lead_around_no_key(locked: tuple[TestClient, dict[str, str]]) -> None:
    """They are resolved first, as by Kestrel: the key is that of the function that is called."""
    client, keys = locked
    with socket.create_connection(("127.0.0.1", int(client.http.base_url.port or 0))) as raw:
        raw.sendall(b"GET /api/hello/%2e%2e/locked?a=1 HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
        assert raw.recv(64).startswith(b"HTTP/1.1 401 ")
    head = (
        f"GET /api/hello/../locked?code={keys['function']} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(client.http.base_url.port or 0))) as raw:
        raw.sendall(head.encode())
        assert raw.recv(64).startswith(b"HTTP/1.1 200 ")


def test_a_key_that_is_wrong_opens_and_closes_nothing_anonymous(
    locked: tuple[TestClient, dict[str, str]],
) -> None:
    """Source: FunctionInvocationMiddleware of the Functions host; it looks at the key, and the level asks for none."""
    client, _ = locked
    for headers in ({"x-functions-key": "wrong"}, {"x-ms-client-principal": "forged"}):
        assert client.http.get("/api/hello/x", headers=headers).status_code == 200
        assert client.http.get("/api/locked", headers=headers).status_code == 401


def test_a_key_that_is_no_text_is_a_wrong_key(locked: tuple[TestClient, dict[str, str]]) -> None:
    client, _ = locked
    for path in ("/api/locked", EVENT_GRID, "/runtime/webhooks/durabletask/instances"):
        assert client.http.get(path, headers={"x-functions-key": b"\xff\xe9"}).status_code == 401


def test_keys_stay_the_same_after_a_restart(tmp_path: Path) -> None:
    with HostServer(APPS / "patterns", tmp_path / "hub.db", keys=True) as host:
        keys = host.description()["keys"]
    with HostServer(APPS / "patterns", tmp_path / "hub.db", keys=True) as host:
        assert host.description()["keys"] == keys


# Event Grid


def event(number: int, **data: Any) -> dict[str, Any]:
    return {
        "id": f"event-{number}",
        "topic": "/subscriptions/s",
        "subject": "thing",
        "eventType": "Sample.Happened",
        "eventTime": "2026-01-02T03:04:05.1234567Z",
        "data": data,
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def deliver(client: TestClient, body: Any, function: str = "on_event", kind: str = "Notification") -> Any:
    headers = {"aeg-event-type": kind, "Content-Type": "application/json"}
    return client.http.post(
        EVENT_GRID, params={"functionName": function}, content=json.dumps(body), headers=headers
    )


def test_a_new_subscription_gets_its_validation_code_back(client: TestClient) -> None:
    body = [event(0, validationCode="abc")]
    assert deliver(client, body, kind="SubscriptionValidation").json() == {"validationResponse": "abc"}
    single = {**event(0), "data": json.dumps({"validationCode": "def"})}
    assert deliver(client, single, kind="SubscriptionValidation").json() == {"validationResponse": "def"}
    assert deliver(client, [], kind="SubscriptionValidation").status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("eventgrid.azure.us", "eventgrid.azure.us"), ("evil.example", "eventgrid.azure.net")],
)
def test_a_cloud_events_subscription_is_validated_by_an_options_request(
    client: TestClient, origin: str, allowed: str
) -> None:
    answer = client.http.options(
        EVENT_GRID, params={"functionName": "on_event"}, headers={"WebHook-Request-Origin": origin}
    )
    assert (answer.status_code, answer.headers["Webhook-Allowed-Origin"]) == (200, allowed)


def test_every_event_of_a_delivery_calls_the_function_once(client: TestClient) -> None:
    assert deliver(client, [event(1, n=1), event(2, n=2)]).status_code == 202
    assert deliver(client, event(3, n=3)).status_code == 202
    assert [client.wait(f"event-{number}")["output"] for number in (1, 2, 3)] == [
        {"n": 1},
        {"n": 2},
        {"n": 3},
    ]


def test_a_cloud_event_reaches_the_function(client: TestClient) -> None:
    cloud = {"specversion": "1.0", "id": "cloud-1", "source": "/s", "type": "T", "data": {"n": 9}}
    assert deliver(client, cloud).status_code == 202
    assert client.wait("cloud-1")["output"] == {"n": 9}


def test_one_failed_event_fails_the_delivery_so_that_event_grid_repeats_it(client: TestClient) -> None:
    answer = deliver(client, [event(1)], function="on_bad_event")
    assert answer.status_code == 500
    assert "event event-1 refused" in answer.text


def test_no_more_than_50_events_of_a_delivery_are_worked_on_at_once(client: TestClient) -> None:
    """Thousands would make every other request wait for one step of each."""
    client.host.pause_worker()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(deliver, client, [event(number) for number in range(120)])
        in_flight = [0]
        while in_flight[-1] < 50 or len(in_flight) < 100:
            in_flight.append(client.http.get("/_host/status").json()["in_flight"])
        assert max(in_flight) == 50
        client.host.restart_worker()
        assert answer.result().status_code == 202
    assert client.http.get("/runtime/webhooks/durabletask/instances/event-119").status_code in (200, 202)


@pytest.mark.slow
def test_ten_thousand_events_in_one_delivery_keep_others_waiting_less_than_a_second(
    client: TestClient,
) -> None:
    with ThreadPoolExecutor(1) as threads, httpx.Client(base_url=client.host.url, timeout=None) as patient:
        headers = {"aeg-event-type": "Notification"}
        body = json.dumps([event(number % 20, x="y" * 300) for number in range(10_000)])
        answer = threads.submit(
            patient.post, f"{EVENT_GRID}?functionName=on_event", content=body, headers=headers
        )
        # in processor time of this process, in which the host runs: what others do on the machine does not count
        waits = []
        while not answer.done():
            began = time.process_time()
            client.http.get("/_host/clock")
            waits.append(time.process_time() - began)
        # most events find that their instance runs: the SDK's client raises then
        assert answer.result().status_code == 500
    assert max(waits) < 1


@pytest.mark.parametrize(
    ("path", "has_body"),
    [
        ("/api/request", False),
        (f"{EVENT_GRID}?functionName=on_event", False),
        ("/runtime/webhooks/durabletask/orchestrators/echo", True),
    ],
)
def test_a_body_that_is_too_large_is_a_500(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, path: str, has_body: bool
) -> None:
    monkeypatch.setenv("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1000")
    client = serve()
    headers = {"aeg-event-type": "Notification"}
    answer = client.http.post(path, content=b"1" * 1001, headers=headers)
    assert (answer.status_code, bool(answer.content)) == (500, has_body)
    if has_body:
        refusal = answer.json()
        assert refusal["ExceptionMessage"].startswith(
            "Request body too large. The max request body size is 1000"
        )
    assert client.http.post("/api/request", content=b"1" * 1000).status_code == 200


@pytest.mark.parametrize("event", ["eventTime", "form"])
def test_an_event_that_the_workers_library_cannot_read_fails_before_the_function(
    client: TestClient, event: str
) -> None:
    """The app cannot help it; Event Grid repeats the request, and dead-letters it after a day."""
    body = {"eventTime": {"id": "late", "eventTime": "soon", "data": {}}, "form": 7}[event]
    assert deliver(client, body).status_code == 500
    assert client.http.get("/runtime/webhooks/durabletask/instances/late").status_code == 404


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"{", b'{"id": \xff}'], ids=["deep", "cut off", "not UTF-8"]
)
def test_a_delivery_that_is_not_json_is_a_400(client: TestClient, body: bytes) -> None:
    for kind in ("Notification", "SubscriptionValidation"):
        headers = {"aeg-event-type": kind, "Content-Type": "application/json; charset=bogus"}
        answer = client.http.post(
            EVENT_GRID, params={"functionName": "on_event"}, content=body, headers=headers
        )
        assert answer.status_code == 400


def test_other_event_grid_requests_get_the_documented_status_codes(client: TestClient) -> None:
    assert deliver(client, [], kind="Unsubscribe").status_code == 202
    assert deliver(client, [], kind="Other").status_code == 400
    unknown = deliver(client, [], function="ON_EVENT")
    assert (unknown.status_code, unknown.text) == (404, "cannot find function: 'ON_EVENT'")


def test_with_keys_event_grid_needs_its_system_key(locked: tuple[TestClient, dict[str, str]]) -> None:
    client, keys = locked
    assert deliver(client, [event(1)]).status_code == 401
    client.http.params = {"code": keys["eventgrid_extension"]}
    assert deliver(client, [event(1)]).status_code == 202


# timers


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A paused clock on a Friday at 12:00:00."""
    monkeypatch.setenv("HOURLY", "0 0 * * * *")
    return Clock("manual", wall=lambda: datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp())


def calls(client: TestClient) -> dict[str, list[bool]]:
    """Returns which timers were called since the last call, and whether each was past due."""
    client.wait_until_idle()
    return dict(client.http.get("/api/calls?forget=1").json())


def test_timer_functions_are_called_when_they_are_due(serve: Serve, noon: Clock) -> None:
    client = serve("timers", clock=noon)
    assert calls(client) == {"hourly": [], "often": [False], "broken": []}
    client.http.post("/_host/clock", json={"advance_seconds": 600})
    assert calls(client) == {"hourly": [], "often": [False], "broken": []}
    client.http.post("/_host/clock", json={"advance_seconds": 1200})
    assert calls(client) == {"hourly": [], "often": [True], "broken": [False]}
    client.http.post("/_host/clock", json={"advance_seconds": 1800})
    assert calls(client) == {"hourly": [False], "often": [True], "broken": []}
    client.http.post("/_host/clock", json={"advance_seconds": 2 * 86_400})
    assert calls(client) == {"hourly": [True], "often": [True], "broken": []}, "no call at the weekend"


def test_time_passes_when_the_timer_functions_that_are_due_have_ended(serve: Serve, noon: Clock) -> None:
    client = serve("timers", clock=noon)
    calls(client)
    for number in range(10):
        client.http.post("/_host/clock", json={"run_seconds": 600})
        assert client.http.get("/api/calls?forget=1").json()["often"] == [False], number


def test_a_disabled_function_is_not_called(
    serve: Serve, noon: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for function, disabled in (("hourly", "true"), ("often", "1"), ("broken", "false")):
        monkeypatch.setenv(f"AzureWebJobs.{function}.Disabled", disabled)
    client = serve("timers", clock=noon)
    client.http.post("/_host/clock", json={"advance_seconds": 86_400})
    assert calls(client) == {"hourly": [], "often": [], "broken": [False]}


def test_a_disabled_http_function_is_a_404(
    serve: Serve, noon: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobs.show.Disabled", "true")
    assert serve("timers", clock=noon).http.get("/api/calls").status_code == 404


def test_a_timer_missed_while_the_host_was_down_is_called_late(noon: Clock, tmp_path: Path) -> None:
    def clock(hour: int) -> Clock:
        return Clock(wall=lambda: datetime(2026, 1, 2, hour, tzinfo=UTC).timestamp())

    with (
        HostServer(APPS / "timers", tmp_path / "hub.db", clock=clock(12)) as host,
        TestClient(host) as client,
    ):
        calls(client)
    with (
        HostServer(APPS / "timers", tmp_path / "hub.db", clock=clock(18)) as host,
        TestClient(host) as client,
    ):
        assert calls(client)["hourly"] == [True]


def test_an_invalid_schedule_stops_the_host_with_the_reason(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOURLY", "every now and then")
    with pytest.raises(AppError, match="Timer function 'hourly': '%HOURLY%' is neither"):
        serve("timers")
    monkeypatch.delenv("HOURLY")
    with pytest.raises(AppError, match="names the setting 'HOURLY', which is not set"):
        serve("timers")


# the control plane


def test_a_host_that_is_not_controlled_has_its_health_alone(tmp_path: Path) -> None:
    host = HostServer(APPS / "patterns", tmp_path / "hub.db", keys=True, controlled=False)
    with host, httpx.Client(base_url=host.url) as http:
        assert http.get("/_host/health").json()["state"] == "healthy"
        for method, path in (("GET", "status"), ("POST", "clock"), ("POST", "worker"), ("POST", "faults")):
            assert http.request(method, f"/_host/{path}", json={}).status_code == 404, path
