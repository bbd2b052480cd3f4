"""Event Grid: handshakes, filters, delivery at least once, and how it can misbehave."""

from collections.abc import Iterator

import pytest
from azure.mgmt.compute import ComputeManagementClient
from azure_compute_simulator.event_grid import RETRY_SECONDS
from azure_compute_simulator.server import SimulatorServer
from simulator_receiver import Receiver
from simulator_world import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, image

IMAGE_WRITES = {
    "includedEventTypes": ["Microsoft.Resources.ResourceWriteSuccess"],
    "advancedFilters": [
        {
            "operatorType": "StringIn",
            "key": "data.operationName",
            "values": ["Microsoft.Compute/images/write"],
        }
    ],
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def write_image(compute: ComputeManagementClient) -> None:
    document = {"location": "eastus2", "properties": image()["properties"]}
    compute.images.begin_create_or_update(GROUP, "new", document).result()


def test_a_written_image_raises_one_event(
    simulator: SimulatorServer, receiver: Receiver, compute: ComputeManagementClient
) -> None:
    """In the Event Grid schema, one to a request, with the resource group's segment in lower case."""
    simulator.put_event_subscription("images", {"endpoint": receiver.url, **IMAGE_WRITES})
    write_image(compute)
    ((event,),) = receiver.wait_for(1)
    uri = f"{COMPUTE.replace('/resourceGroups/', '/resourcegroups/')}/images/new"
    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"] == event["data"]["resourceUri"] == event["data"]["authorization"]["scope"] == uri
    assert event["topic"] == f"/subscriptions/{SUBSCRIPTION}"
    assert event["data"]["operationName"] == "Microsoft.Compute/images/write"
    assert event["data"]["status"] == "Succeeded"
    assert event["dataVersion"] == "2"


def test_cloud_events_say_the_same(
    simulator: SimulatorServer, receiver: Receiver, compute: ComputeManagementClient
) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url, "schema": "CloudEventSchemaV1_0"})
    write_image(compute)
    (event,) = receiver.wait_for(1)
    assert event["specversion"] == "1.0"
    assert event["type"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["data"]["operationName"] == "Microsoft.Compute/images/write"


@pytest.mark.parametrize("schema", ["EventGridSchema", "CloudEventSchemaV1_0"])
def test_an_endpoint_that_fails_the_handshake_gets_no_events(simulator: SimulatorServer, schema: str) -> None:
    refusal = pytest.raises(ValueError, match=r"/events answered .* not with 200 and")
    with Receiver(refuse=True) as receiver, refusal:
        simulator.put_event_subscription("images", {"endpoint": receiver.url, "schema": schema})
    assert simulator.event_subscriptions() == []


def test_filters_keep_other_events_away(simulator: SimulatorServer, receiver: Receiver) -> None:
    """Deletions, other types and other scopes; the last event is the one that is wanted."""
    elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/elsewhere"
    here = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP.upper()}"
    simulator.put_event_subscription("images", {"endpoint": receiver.url, "scope": here, **IMAGE_WRITES})
    simulator.put_event_subscription("other", {"endpoint": receiver.url, "scope": elsewhere})
    wanted = simulator.publish(resource_id=IMAGE)
    data = wanted["data"]
    simulator.publish({**wanted, "id": "1", "eventType": "Microsoft.Resources.ResourceDeleteSuccess"})
    simulator.publish(
        {**wanted, "id": "2", "data": {**data, "operationName": "Microsoft.Compute/disks/write"}}
    )
    simulator.publish(
        {**wanted, "id": "3", "data": {**data, "operationName": "microsoft.compute/IMAGES/write"}}
    )
    delivered = [event["id"] for (event,) in receiver.wait_for(2)]
    assert sorted(delivered) == sorted([wanted["id"], "3"])
    wait_until_answered(simulator, 2)
    assert simulator.events()["pending"] == []


def test_failed_deliveries_are_repeated_by_the_documented_schedule(simulator: SimulatorServer) -> None:
    """10 s after the first failure, 30 s after the second."""
    with Receiver(answers=(500, 503)) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        event = simulator.publish(resource_id=IMAGE)
        for number, seconds in enumerate(RETRY_SECONDS[:2], start=1):
            receiver.wait_for(number)
            wait_until_answered(simulator, number)
            simulator.skip_time(seconds)
        assert [item["id"] for (item,) in receiver.wait_for(3)] == [event["id"]] * 3
        wait_until_answered(simulator, 3)
    (delivery,) = simulator.events()["delivered"]
    assert delivery["answers"] == ["500", "503", "200"]


def test_a_refused_event_is_not_repeated_but_kept_as_a_dead_letter(simulator: SimulatorServer) -> None:
    with Receiver(answers=(400,)) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        simulator.publish(resource_id=IMAGE)
        receiver.wait_for(1)
        wait_until_answered(simulator, 1)
    (delivery,) = simulator.events()["dead-lettered"]
    assert delivery["answers"] == ["400"]


def test_an_event_is_given_up_after_a_day(simulator: SimulatorServer) -> None:
    """Tried at 0 s, 10 s … 3 h and 6 h pauses, and never after 24 hours."""
    with Receiver(answers=(500,) * 20) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        simulator.publish(resource_id=IMAGE)
        for number, seconds in enumerate(RETRY_SECONDS, start=1):
            wait_until_answered(simulator, number)
            simulator.skip_time(seconds)
        wait_until_answered(simulator, 11)
    (delivery,) = simulator.events()["dead-lettered"]
    assert delivery["attempts"] == 11


def test_events_can_come_twice(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.set_event_switches(copies=2)
    event = simulator.publish(resource_id=IMAGE)
    assert [item["id"] for (item,) in receiver.wait_for(2)] == [event["id"]] * 2


def test_events_can_overtake_each_other(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.set_event_switches(reorder=True)
    first, second = (simulator.publish(resource_id=IMAGE) for _ in range(2))
    assert [item["id"] for (item,) in receiver.wait_for(1)] == [second["id"]]
    simulator.skip_time(5)
    assert [item["id"] for (item,) in receiver.wait_for(2)] == [second["id"], first["id"]]


def test_events_can_get_lost(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.set_event_switches(lose_next=1)
    lost = simulator.publish(resource_id=IMAGE)
    kept = simulator.publish(resource_id=IMAGE)
    assert [item["id"] for (item,) in receiver.wait_for(1)] == [kept["id"]]
    assert [delivery["event"]["id"] for delivery in simulator.events()["lost"]] == [lost["id"]]


def wait_until_answered(simulator: SimulatorServer, attempts: int) -> None:
    """Until so many answers were noted, which is a little after they were given."""
    assert simulator.event_grid.wait_for_answers(attempts, timeout=20)
