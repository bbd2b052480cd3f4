"""The control plane over HTTP: what it reads, what it sets, and its errors."""

from typing import Any

import httpx
import pytest
from azure_compute_simulator import SimulatorServer
from simulator_documents import IMAGE


def test_the_control_plane_reads_and_sets_paces_faults_and_switches(simulator: SimulatorServer) -> None:
    with httpx.Client(base_url=simulator.control) as control:
        assert len(control.get("/state").json()["resources"]) == 4
        assert control.post("/transitions", json={"default": "polls:3"}).status_code == 200
        assert control.get("/transitions").json() == {"default": "polls:3", "overrides": []}
        assert control.post("/faults", json={"status": 503}).status_code == 200
        assert len(control.get("/faults").json()["requests"]) == 1
        assert control.request("DELETE", "/faults").status_code == 200
        assert control.get("/faults").json() == {
            "requests": [],
            "shares": [],
            "regions": [],
            "identity": [],
            "machines": [],
            "upgrades": [],
        }
        assert control.post("/switches", json={"succeeded_early": True}).status_code == 200
        assert control.get("/switches").json()["succeeded_early"] is True
        assert control.post("/reset").status_code == 200
        assert control.get("/transitions").json()["default"] == "polls:2"
        assert control.get("/requests").json() == []
        assert control.get("/events").json()["delivered"] == []


WRONG_REQUESTS = {
    "pace": ("POST", "/transitions", {"default": "soon"}, "'soon' is not a pace"),
    "field": ("POST", "/transitions", {"speed": 1}, "speed: not known"),
    "fault": (
        "POST",
        "/faults",
        {"kind": "flood"},
        "'kind' must be answer or drop or lost-answer or hang or unanswered, not 'flood'.",
    ),
    "fault field": (
        "POST",
        "/faults",
        {"regon": "westus", "kind": "stuck"},
        "regon: not known; use kind, method",
    ),
    "fault value": ("POST", "/faults", {"times": "two"}, "'times' must be a whole number, not 'two'."),
    "fault pattern": ("POST", "/faults", {"path": "("}, "'path' is not a regular expression"),
    "upgrade fault": ("POST", "/faults", {"upgrade": "lost"}, "must be failed or cancelled, not 'lost'"),
    "region fault without a kind": ("POST", "/faults", {"region": "westus"}, "kind: missing."),
    "switch": ("POST", "/switches", {"fast": True}, "fast: not known; use signed_operation_urls"),
    "switch value": (
        "POST",
        "/switches",
        {"page_size": "x"},
        "'page_size' must be a whole number or null, not 'x'.",
    ),
    "switch list": (
        "POST",
        "/switches",
        {"upper_case_list_ids": "all"},
        "must be a list of strings, not 'all'.",
    ),
    "delivery": ("POST", "/events", {"copies": True}, "'copies' must be a whole number, not True."),
    "override": ("POST", "/transitions", {"override": {"id": "/x"}}, "'pace' is missing or not a string."),
    "progress": (
        "POST",
        "/transitions",
        {"advance": {"id": "/x", "progress": 101}},
        "from 0 to 100, not 101",
    ),
    "time": ("POST", "/time", {"seconds": "1"}, "'seconds' is missing or not a number."),
    "time backwards": ("POST", "/time", {"seconds": -1}, "can only move forward"),
    "roles": ("POST", "/roles", {"roles": [{"principal": "me"}]}, "A role assignment needs 'principal'"),
    "locks": ("POST", "/locks", {"locks": {}}, "'locks' must be a list of objects."),
    "filter": (
        "PUT",
        "/event-subscriptions/a",
        {"endpoint": "http://127.0.0.1:9/", "advancedFilters": [{"operatorType": "StringIn"}]},
        "An advanced filter needs a 'key'",
    ),
    "not an object": ("POST", "/switches", [], "The body must be a JSON object."),
    "endpoint": ("PUT", "/event-subscriptions/a", {}, "needs an 'endpoint'"),
    "endpoint that does not answer": (
        "PUT",
        "/event-subscriptions/a",
        {"endpoint": "http://127.0.0.1:9/"},
        "does not answer",
    ),
    "seed": ("POST", "/reset", {"seed": {"resources": {}}}, "resources: must be a list"),
    "neither event nor resource": ("POST", "/publish", {}, "Give either an 'event' or a 'resourceId'"),
}


@pytest.mark.parametrize("case", WRONG_REQUESTS.values(), ids=WRONG_REQUESTS.keys())
def test_a_wrong_control_request_gets_a_400_with_the_reason(
    simulator: SimulatorServer, case: tuple[str, str, Any, str]
) -> None:
    method, path, body, message = case
    response = httpx.request(method, simulator.control + path, json=body)
    assert response.status_code == 400
    assert message in response.json()["error"]


def test_a_wrong_value_changes_no_switch(simulator: SimulatorServer) -> None:
    """All values of a request are checked before the first is set."""
    body = {"succeeded_early": True, "page_size": "x"}
    assert httpx.post(f"{simulator.control}/switches", json=body).status_code == 400
    assert simulator.switches.succeeded_early is False


def test_roles_locks_time_and_events_are_set_over_http(simulator: SimulatorServer) -> None:
    role = {"principal": "me", "scope": "/subscriptions", "actions": ["*"]}
    with httpx.Client(base_url=simulator.control) as control:
        assert control.post("/roles", json={"roles": [role]}).status_code == 200
        assert control.get("/roles").json() == [
            {**role, "not_actions": [], "data_actions": [], "not_data_actions": []}
        ]
        assert control.post("/locks", json={"locks": [{"scope": IMAGE}]}).status_code == 200
        assert control.get("/locks").json() == [
            {"scope": IMAGE, "level": "CanNotDelete", "name": "lock", "notes": ""}
        ]
        before = simulator.clock.now()
        assert control.post("/time", json={"seconds": 3600}).status_code == 200
        assert (simulator.clock.now() - before).total_seconds() >= 3600
        assert control.post("/events", json={"lose_next": 1}).status_code == 200
        event = control.post("/publish", json={"resourceId": IMAGE}).json()
        assert event["data"]["operationName"] == "Microsoft.Compute/images/write"
        assert control.get("/nothing").status_code == 404
