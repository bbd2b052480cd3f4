"""The control plane over HTTP: what it reads and writes, and how it says what is wrong."""

from typing import Any

import httpx
import pytest
from azure_compute_simulator.server import SimulatorServer
from simulator_world import IMAGE


def test_the_control_plane_reads_and_writes(simulator: SimulatorServer) -> None:
    with httpx.Client(base_url=simulator.control) as control:
        assert len(control.get("/state").json()["resources"]) == 4
        assert control.post("/transitions", json={"default": "polls:3"}).status_code == 200
        assert control.get("/transitions").json() == {"default": "polls:3", "overrides": []}
        assert control.post("/faults", json={"status": 503}).status_code == 200
        assert len(control.get("/faults").json()["requests"]) == 1
        assert control.request("DELETE", "/faults").status_code == 200
        assert control.get("/faults").json() == {"requests": [], "regions": []}
        assert control.post("/switches", json={"succeeded_early": True}).status_code == 200
        assert control.get("/switches").json()["succeeded_early"] is True
        assert control.post("/reset").status_code == 200
        assert control.get("/transitions").json()["default"] == "polls:2"
        assert control.get("/requests").json() == []
        assert control.get("/events").json()["delivered"] == []


BAD_CONTROL = {
    "pace": ("POST", "/transitions", {"default": "soon"}, "'soon' is not a pace"),
    "field": ("POST", "/transitions", {"speed": 1}, "speed: not known"),
    "fault": ("POST", "/faults", {"kind": "flood"}, "answer, drop, lost-answer"),
    "switch": ("POST", "/switches", {"fast": True}, "'fast' is not a switch"),
    "endpoint": ("PUT", "/event-subscriptions/a", {}, "needs an 'endpoint'"),
    "nobody there": ("PUT", "/event-subscriptions/a", {"endpoint": "http://127.0.0.1:9/"}, "does not answer"),
    "seed": ("POST", "/reset", {"seed": {"resources": {}}}, "resources: must be a list"),
    "no event": ("POST", "/publish", {}, "Give either an 'event' or a 'resourceId'"),
}


@pytest.mark.parametrize("case", BAD_CONTROL.values(), ids=BAD_CONTROL.keys())
def test_the_control_plane_says_what_is_wrong(
    simulator: SimulatorServer, case: tuple[str, str, Any, str]
) -> None:
    method, path, body, message = case
    answer = httpx.request(method, simulator.control + path, json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_roles_locks_time_and_events_are_set_over_http(simulator: SimulatorServer) -> None:
    role = {"principal": "me", "scope": "/subscriptions", "actions": ["*"]}
    with httpx.Client(base_url=simulator.control) as control:
        assert control.post("/roles", json={"roles": [role]}).status_code == 200
        assert control.get("/roles").json() == [{**role, "not_actions": []}]
        assert control.post("/locks", json={"locks": [{"scope": IMAGE}]}).status_code == 200
        assert control.get("/locks").json() == [{"scope": IMAGE, "level": "CanNotDelete"}]
        before = simulator.clock.now()
        assert control.post("/time", json={"seconds": 3600}).status_code == 200
        assert (simulator.clock.now() - before).total_seconds() >= 3600
        assert control.post("/events", json={"lose_next": 1}).status_code == 200
        event = control.post("/publish", json={"resourceId": IMAGE}).json()
        assert event["data"]["operationName"] == "Microsoft.Compute/images/write"
        assert control.get("/nothing").status_code == 404
