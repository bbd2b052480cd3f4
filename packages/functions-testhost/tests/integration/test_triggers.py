"""HTTP, Event Grid and timer triggers call the app's functions as the Functions host does."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from functions_testhost.app import AppError
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer
from testhost_client import APPS, Client, Serve

EVENT_GRID = "/runtime/webhooks/EventGrid"


# HTTP


def test_a_function_gets_route_parameters_query_and_context(client: Client) -> None:
    answer = client.http.get("/api/hello/bob?shout=1&empty=")
    assert answer.status_code == 200
    assert answer.json() == {"hello": "bob", "shout": "1", "by": "hello"}
    assert (answer.headers["Content-Type"], answer.headers["X-Sample"]) == ("application/json", "yes")


def test_routes_ignore_case_and_unknown_paths_and_methods_are_not_found(client: Client) -> None:
    assert client.http.get("/API/Hello/bob").status_code == 200
    assert client.http.post("/api/hello/bob").status_code == 404
    assert client.http.get("/api/hello").status_code == 404
    assert client.http.get("/hello/bob").status_code == 404


@pytest.mark.parametrize("function", ["broken", "nothing"])
def test_a_function_that_raises_or_answers_nothing_is_a_500(client: Client, function: str) -> None:
    answer = client.http.put(f"/api/{function}")
    assert (answer.status_code, answer.text) == (500, "")


def test_several_cookies_survive(client: Client) -> None:
    answer = client.http.get("/api/cookies")
    assert answer.headers.get_list("Set-Cookie") == ["a=1; Path=/", "b=2; HttpOnly"]


def test_the_sdks_client_starts_an_instance_and_offers_its_addresses(client: Client) -> None:
    answer = client.http.post("/api/start/echo/by-client", json={"n": [1]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "10")
    assert answer.headers["Location"] == answer.json()["statusQueryGetUri"]
    assert client.wait("by-client")["output"] == {"n": [1]}


def test_the_sdks_client_does_all_it_can(standing: Client) -> None:
    """Every call of the SDK's client, one after the other, as the sample's tour makes them."""
    assert standing.http.post("/api/tour").json() == {
        "started": "tour-1",
        "refused": True,
        "unknown": "The function 'nobody' doesn't exist",
        "running": ["Running", False],
        "suspended": "Suspended",
        "found": ["tour-1"],
        "output": '{"n": 1}',
        "terminated": "Terminated",
        "restarted": True,
        "entity": [True, 5],
        "no entity": False,
        "purged": 2,
        "purged by time": 0,
    }


@pytest.fixture
def locked(serve: Serve) -> tuple[Client, dict[str, str]]:
    client = serve(keys=True)
    return client, client.host.description()["keys"]


def test_with_keys_each_auth_level_asks_for_its_own(locked: tuple[Client, dict[str, str]]) -> None:
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


def test_keys_stay_the_same_when_the_host_is_started_again(tmp_path: Path) -> None:
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


def deliver(client: Client, body: Any, function: str = "on_event", kind: str = "Notification") -> Any:
    headers = {"aeg-event-type": kind, "Content-Type": "application/json"}
    return client.http.post(
        EVENT_GRID, params={"functionName": function}, content=json.dumps(body), headers=headers
    )


def test_a_new_subscription_is_validated_by_echo(client: Client) -> None:
    body = [event(0, validationCode="abc")]
    assert deliver(client, body, kind="SubscriptionValidation").json() == {"validationResponse": "abc"}
    single = {**event(0), "data": json.dumps({"validationCode": "def"})}
    assert deliver(client, single, kind="SubscriptionValidation").json() == {"validationResponse": "def"}
    assert deliver(client, [], kind="SubscriptionValidation").status_code == 400


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("eventgrid.azure.us", "eventgrid.azure.us"), ("evil.example", "eventgrid.azure.net")],
)
def test_a_cloud_events_subscription_is_validated_by_options(
    client: Client, origin: str, allowed: str
) -> None:
    answer = client.http.options(
        EVENT_GRID, params={"functionName": "on_event"}, headers={"WebHook-Request-Origin": origin}
    )
    assert (answer.status_code, answer.headers["Webhook-Allowed-Origin"]) == (200, allowed)


def test_every_event_of_a_delivery_calls_the_function_once(client: Client) -> None:
    assert deliver(client, [event(1, n=1), event(2, n=2)]).status_code == 202
    assert deliver(client, event(3, n=3)).status_code == 202
    assert [client.wait(f"event-{number}")["output"] for number in (1, 2, 3)] == [
        {"n": 1},
        {"n": 2},
        {"n": 3},
    ]


def test_a_cloud_event_reaches_the_function_too(client: Client) -> None:
    cloud = {"specversion": "1.0", "id": "cloud-1", "source": "/s", "type": "T", "data": {"n": 9}}
    assert deliver(client, cloud).status_code == 202
    assert client.wait("cloud-1")["output"] == {"n": 9}


def test_one_failed_event_fails_the_delivery_so_that_it_comes_again(client: Client) -> None:
    answer = deliver(client, [event(1)], function="on_bad_event")
    assert answer.status_code == 500
    assert "event event-1 refused" in answer.text


def test_other_requests_are_answered_as_documented(client: Client) -> None:
    assert deliver(client, [], kind="Unsubscribe").status_code == 202
    assert deliver(client, [], kind="Other").status_code == 400
    unknown = deliver(client, [], function="ON_EVENT")
    assert (unknown.status_code, unknown.text) == (404, "cannot find function: 'ON_EVENT'")


def test_with_keys_event_grid_needs_its_system_key(locked: tuple[Client, dict[str, str]]) -> None:
    client, keys = locked
    assert deliver(client, [event(1)]).status_code == 401
    client.http.params = {"code": keys["eventgrid_extension"]}
    assert deliver(client, [event(1)]).status_code == 202


# timers


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A standing clock on a Friday at 12:00:00."""
    monkeypatch.setenv("HOURLY", "0 0 * * * *")
    return Clock("manual", wall=lambda: datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp())


def calls(client: Client) -> dict[str, list[bool]]:
    """Tell which timers were called, and whether they were past due; then forget it."""
    client.wait_until_idle()
    return dict(client.http.get("/api/calls?forget=1").json())


def test_timers_are_called_when_they_are_due(serve: Serve, noon: Clock) -> None:
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


def test_an_occurrence_missed_while_the_host_was_down_is_called_late(noon: Clock, tmp_path: Path) -> None:
    def clock(hour: int) -> Clock:
        return Clock(wall=lambda: datetime(2026, 1, 2, hour, tzinfo=UTC).timestamp())

    with HostServer(APPS / "timers", tmp_path / "hub.db", clock=clock(12)) as host, Client(host) as client:
        calls(client)
    with HostServer(APPS / "timers", tmp_path / "hub.db", clock=clock(18)) as host, Client(host) as client:
        assert calls(client)["hourly"] == [True]


def test_a_schedule_that_cannot_be_read_stops_the_host(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOURLY", "every now and then")
    with pytest.raises(AppError, match="Timer function 'hourly': '%HOURLY%' is neither"):
        serve("timers")
    monkeypatch.delenv("HOURLY")
    with pytest.raises(AppError, match="names the setting 'HOURLY', which is not set"):
        serve("timers")
