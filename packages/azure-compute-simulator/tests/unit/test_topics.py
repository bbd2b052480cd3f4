"""Custom topics: who may send events to one, and what it takes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID
from azure_compute_simulator.simulator import Simulator
from simulator_documents import GROUP, SUBSCRIPTION

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
TOPIC = f"{GROUP_ID}/providers/Microsoft.EventGrid/topics/notices"
SEND = "Microsoft.EventGrid/events/send/action"
EVENT = {"specversion": "1.0", "id": "1", "source": "app", "type": "ended"}
BATCH = "application/cloudevents-batch+json; charset=utf-8"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator()
    yield simulator
    simulator.close()


def publish(
    simulator: Simulator,
    body: Any = (EVENT,),
    *,
    audience: str = "https://eventgrid.azure.net",
    content_type: str = BATCH,
    path: str = f"/topics{TOPIC}/api/events",
    version: str = "2018-01-01",
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {simulator.identity.sign(audience)}", "Content-Type": content_type}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return simulator.topics.publish(path, {"api-version": version}, headers, data)


def grant(simulator: Simulator, scope: str = TOPIC, **actions: list[str]) -> None:
    simulator.set_roles([{"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": scope, "actions": [], **actions}])


@pytest.mark.parametrize("scope", [TOPIC, GROUP_ID])
def test_a_topic_takes_events_from_who_has_the_data_action(simulator: Simulator, scope: str) -> None:
    grant(simulator, scope, dataActions=[SEND])
    assert publish(simulator) == (200, None)
    assert simulator.published() == [{"topic": TOPIC, "event": EVENT}]


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        (TOPIC, {"actions": ["*"]}),
        (TOPIC, {"dataActions": ["Microsoft.Storage/*"]}),
        (TOPIC, {"dataActions": ["*"], "notDataActions": [SEND]}),
        (f"{TOPIC}2", {"dataActions": ["*"]}),
    ],
)
def test_no_action_grants_a_data_action(simulator: Simulator, scope: str, actions: Any) -> None:
    grant(simulator, scope, **actions)
    status, body = publish(simulator)
    assert (status, body["error"]["code"]) == (403, "Forbidden")
    assert body["error"]["message"].endswith(f"does not have permission to send data to {TOPIC}.")
    assert simulator.published() == []


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ({"audience": "https://management.azure.com"}, 401),
        ({"content_type": "application/json"}, 400),
        ({"version": ""}, 400),
        ({"body": b"{"}, 400),
        ({"body": [{**EVENT, "source": ""}]}, 400),
        ({"body": EVENT}, 400),
        ({"body": b" " * 1_048_577}, 413),
        ({"path": "/topics/nothing/api/events"}, 404),
    ],
)
def test_a_topic_refuses_what_is_no_cloud_event(
    simulator: Simulator, refused: dict[str, Any], status: int
) -> None:
    assert publish(simulator, **refused)[0] == status
    assert simulator.published() == []


def test_one_event_may_be_sent_alone(simulator: Simulator) -> None:
    assert publish(simulator, EVENT, content_type="application/cloudevents+json") == (200, None)
    assert [one["event"] for one in simulator.published()] == [EVENT]
