"""The events of image versions: what raises them, when, and the switches that say otherwise."""

from collections.abc import Iterator

import pytest
from azure_compute_simulator import RegionFault
from simulator_client import ArmClient
from simulator_documents import COMPUTE, IMAGE, removable, version
from simulator_receiver import Receiver

VERSION = "galleries/g/images/web/versions/1.0.0"
VERSION_ID = f"{COMPUTE}/{VERSION}"
VERSION_WRITE = "Microsoft.Compute/galleries/images/versions/write"
SUCCESS = "Microsoft.Resources.ResourceWriteSuccess"
FAILURE = "Microsoft.Resources.ResourceWriteFailure"


@pytest.fixture
def subscribed(gallery: ArmClient) -> Iterator[ArmClient]:
    """The gallery, with an endpoint for the writes of versions, which take until `set_progress`."""
    writes = {"operatorType": "StringIn", "key": "data.operationName", "values": [VERSION_WRITE]}
    with Receiver() as receiver:
        gallery.simulator.put_event_subscription(
            "versions",
            {
                "endpoint": receiver.url,
                "includedEventTypes": [SUCCESS, FAILURE],
                "advancedFilters": [writes],
            },
        )
        gallery.simulator.set_pace("manual")
        yield gallery
        gallery.simulator.close()


def raised(arm: ArmClient) -> list[tuple[str, str, str]]:
    """Returns type, status and resource of the events that were raised, delivered or not."""
    found = [delivery["event"] for deliveries in arm.simulator.events().values() for delivery in deliveries]
    return [(one["eventType"], one["data"]["status"], one["data"]["resourceUri"]) for one in found]


def the_event(event_type: str, status: str) -> tuple[str, str, str]:
    return (event_type, status, VERSION_ID.replace("/resourceGroups/", "/resourcegroups/"))


def finish(arm: ArmClient) -> None:
    arm.simulator.set_progress(VERSION_ID)


def test_a_version_raises_an_event_when_every_region_has_it(subscribed: ArmClient) -> None:
    subscribed.put(VERSION, version(IMAGE, "eastus2", "westus"))
    subscribed.simulator.set_progress(VERSION_ID, 100, "eastus2")
    assert raised(subscribed) == []
    finish(subscribed)
    assert raised(subscribed) == [the_event(SUCCESS, "Succeeded")]


@pytest.mark.parametrize(
    "changed",
    [
        version(IMAGE, "eastus2", "westus"),
        version(IMAGE) | {"tags": {"owner": "ann"}},
        removable(version(IMAGE)),
    ],
    ids=["regions", "tags", "flags"],
)
def test_an_update_raises_another_event(subscribed: ArmClient, changed: object) -> None:
    """So do a client's own updates, whatever they change."""
    subscribed.put(VERSION, version(IMAGE))
    finish(subscribed)
    subscribed.put(VERSION, changed)
    finish(subscribed)
    assert raised(subscribed) == [the_event(SUCCESS, "Succeeded")] * 2


def test_a_version_that_fails_raises_a_failure(subscribed: ArmClient) -> None:
    subscribed.simulator.add_fault(RegionFault(region="eastus2", kind="failed"))
    subscribed.put(VERSION, version(IMAGE))
    finish(subscribed)
    assert raised(subscribed) == [the_event(FAILURE, "Failed")]


@pytest.mark.parametrize(
    ("switch", "events"), [("ended", (0, 1)), ("accepted", (1, 1)), ("both", (1, 2)), ("none", (0, 0))]
)
def test_a_switch_moves_the_event_or_drops_it(
    subscribed: ArmClient, switch: str, events: tuple[int, int]
) -> None:
    """The numbers are of the events after the write was accepted, and after it has ended."""
    subscribed.simulator.switches.version_events = switch  # type: ignore[assignment] # one of its values
    subscribed.put(VERSION, version(IMAGE))
    accepted = len(raised(subscribed))
    finish(subscribed)
    assert (accepted, len(raised(subscribed))) == events
    assert set(raised(subscribed)) <= {the_event(SUCCESS, "Succeeded")}


def test_a_write_that_a_deletion_cancels_raises_none(subscribed: ArmClient) -> None:
    subscribed.put(VERSION, version(IMAGE))
    subscribed.send("DELETE", VERSION)
    assert subscribed.send("GET", VERSION).status == 404
    assert raised(subscribed) == []


def test_an_event_can_come_late(subscribed: ArmClient) -> None:
    subscribed.simulator.switches.version_event_delay_seconds = 3600
    subscribed.put(VERSION, version(IMAGE))
    finish(subscribed)
    (waiting,) = subscribed.simulator.events()["pending"]
    assert waiting["attempts"] == 0
    subscribed.simulator.skip_time(3600)
    assert subscribed.simulator.event_grid.wait_for_attempts(1, timeout=20)
    (delivered,) = subscribed.simulator.events()["delivered"]
    assert delivered["event"] == waiting["event"]
