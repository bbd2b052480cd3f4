"""Event Grid: handshakes, filters, delivery at least once, and its faults."""

from collections.abc import Iterator

import pytest
from azure.mgmt.compute import ComputeManagementClient
from azure_compute_simulator import SimulatorServer
from azure_compute_simulator.event_grid import RETRY_SECONDS
from simulator_documents import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, image
from simulator_receiver import Receiver

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
    """It has the Event Grid schema, and its request has no other; `resourcegroups` is in lower case (documented)."""
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


def test_cloud_events_have_the_same_content(
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


def test_filters_exclude_other_events(simulator: SimulatorServer, receiver: Receiver) -> None:
    """The endpoint gets no deletions, no other types and no other scopes."""
    elsewhere = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/elsewhere"
    here = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP.upper()}"
    simulator.put_event_subscription("images", {"endpoint": receiver.url, "scope": here, **IMAGE_WRITES})
    simulator.put_event_subscription("other", {"endpoint": receiver.url, "scope": elsewhere})
    wanted = simulator.publish_latest(IMAGE)
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
    wait_for_attempts(simulator, 2)
    assert simulator.events()["pending"] == []


def test_a_filter_finds_a_part_of_a_text(simulator: SimulatorServer, receiver: Receiver) -> None:
    """Without regard to case, as every comparison of texts (documented)."""
    images = {
        "operatorType": "StringContains",
        "key": "subject",
        "values": ["/none/", "/Microsoft.compute/IMAGES/"],
    }
    simulator.put_event_subscription("images", {"endpoint": receiver.url, "advancedFilters": [images]})
    wanted = simulator.publish_latest(IMAGE)
    simulator.publish({**wanted, "id": "1", "subject": f"{COMPUTE}/disks/data"})
    assert [event["id"] for (event,) in receiver.wait_for(1)] == [wanted["id"]]
    wait_for_attempts(simulator, 1)
    assert simulator.events()["pending"] == []


def test_failed_deliveries_are_repeated_by_the_documented_schedule(simulator: SimulatorServer) -> None:
    """The second attempt comes 10 s after the first, the third 30 s later."""
    with Receiver(answers=(500, 503)) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        event = simulator.publish_latest(IMAGE)
        for number, seconds in enumerate(RETRY_SECONDS[:2], start=1):
            receiver.wait_for(number)
            wait_for_attempts(simulator, number)
            simulator.skip_time(seconds)
        assert [item["id"] for (item,) in receiver.wait_for(3)] == [event["id"]] * 3
        wait_for_attempts(simulator, 3)
    (delivery,) = simulator.events()["delivered"]
    assert delivery["answers"] == ["500", "503", "200"]


def test_a_rejected_event_is_dead_lettered_after_one_attempt(simulator: SimulatorServer) -> None:
    with Receiver(answers=(400,)) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        simulator.publish_latest(IMAGE)
        receiver.wait_for(1)
        wait_for_attempts(simulator, 1)
    (delivery,) = simulator.events()["dead-lettered"]
    assert delivery["answers"] == ["400"]


def test_an_event_is_dead_lettered_after_a_day(simulator: SimulatorServer) -> None:
    """There are eleven attempts in 24 hours, with pauses from 10 s to 6 h, and none later."""
    with Receiver(answers=(500,) * 20) as receiver:
        simulator.put_event_subscription("images", {"endpoint": receiver.url})
        simulator.publish_latest(IMAGE)
        for number, seconds in enumerate(RETRY_SECONDS, start=1):
            wait_for_attempts(simulator, number)
            simulator.skip_time(seconds)
        wait_for_attempts(simulator, 11)
    (delivery,) = simulator.events()["dead-lettered"]
    assert delivery["attempts"] == 11


def test_events_can_be_delivered_twice(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.delivery.copies = 2
    event = simulator.publish_latest(IMAGE)
    assert [item["id"] for (item,) in receiver.wait_for(2)] == [event["id"]] * 2


def test_events_can_arrive_in_another_order(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.delivery.reorder = True
    first, second = (simulator.publish_latest(IMAGE) for _ in range(2))
    assert [item["id"] for (item,) in receiver.wait_for(1)] == [second["id"]]
    simulator.skip_time(5)
    assert [item["id"] for (item,) in receiver.wait_for(2)] == [second["id"], first["id"]]


def test_events_can_be_lost(simulator: SimulatorServer, receiver: Receiver) -> None:
    simulator.put_event_subscription("images", {"endpoint": receiver.url})
    simulator.delivery.lose_next = 1
    lost = simulator.publish_latest(IMAGE)
    kept = simulator.publish_latest(IMAGE)
    assert [item["id"] for (item,) in receiver.wait_for(1)] == [kept["id"]]
    assert [delivery["event"]["id"] for delivery in simulator.events()["lost"]] == [lost["id"]]


def wait_for_attempts(simulator: SimulatorServer, attempts: int) -> None:
    """Waits until the simulator has noted this many responses, a little after the endpoint sent them."""
    assert simulator.event_grid.wait_for_attempts(attempts, timeout=20)
