"""The pace of simulated work: polls, seconds or manual, for everything, one resource or one region."""

import re
from typing import Any

import pytest
from azure_compute_simulator import RegionFault
from azure_compute_simulator.transitions import PACES, parse_pace
from simulator_client import GALLERIES, ArmClient
from simulator_documents import COMPUTE, IMAGE, removable, version

VERSION = "galleries/g/images/web/versions/1.0.0"
VERSION_ID = f"{COMPUTE}/{VERSION}"


def regions(arm: ArmClient) -> dict[str, Any]:
    """Returns the progress of each region."""
    status = arm.get(VERSION, f"api-version={GALLERIES}&$expand=ReplicationStatus")["properties"][
        "replicationStatus"
    ]
    return {region["region"]: region["progress"] for region in status["summary"]}


def test_polls_advance_with_every_read(gallery: ArmClient) -> None:
    gallery.simulator.set_pace("polls:4")
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    assert [regions(gallery) for _ in range(4)] == [
        {"eastus2": 50, "westus": 0},
        {"eastus2": 100, "westus": 33},
        {"eastus2": 100, "westus": 66},
        {"eastus2": 100, "westus": 100},
    ]
    assert gallery.get(VERSION)["properties"]["provisioningState"] == "Succeeded"


def test_seconds_are_simulated_and_an_update_takes_its_recorded_share(gallery: ArmClient) -> None:
    """A creation takes all of the seconds, an update about a third."""
    gallery.simulator.set_pace("seconds:1000000")
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    gallery.simulator.skip_time(500_000)
    assert regions(gallery) == {"eastus2": 100, "westus": 33}
    gallery.simulator.skip_time(501_000)
    assert regions(gallery) == {"eastus2": 100, "westus": 100}
    update = gallery.send("PUT", VERSION, removable(version(IMAGE, "eastus2")))
    gallery.simulator.skip_time(340_000)
    assert gallery.operation(update)["status"] == "InProgress"
    gallery.simulator.skip_time(20_000)
    assert gallery.operation(update)["status"] == "Succeeded"


def test_manual_regions_advance_only_when_their_progress_is_set(gallery: ArmClient) -> None:
    gallery.simulator.set_pace("manual")
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    assert regions(gallery) == {"eastus2": 0, "westus": 0}
    gallery.simulator.set_progress(VERSION_ID, 40, "East US 2")
    assert regions(gallery) == {"eastus2": 40, "westus": 0}
    gallery.simulator.set_progress(VERSION_ID)
    assert regions(gallery) == {"eastus2": 100, "westus": 100}


def test_one_region_can_have_its_own_pace(gallery: ArmClient) -> None:
    gallery.simulator.set_pace("polls:3", VERSION_ID, "westus")
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    assert [regions(gallery)["westus"] for _ in range(3)] == [33, 66, 100]


def test_progress_never_decreases(gallery: ArmClient) -> None:
    gallery.simulator.set_pace("polls:2")
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    before = regions(gallery)
    gallery.simulator.set_pace("manual")
    assert regions(gallery) == before


def test_a_stuck_region_does_not_advance_until_the_fault_is_removed(gallery: ArmClient) -> None:
    gallery.simulator.add_fault(RegionFault(region="West US", kind="stuck", progress=10))
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    assert regions(gallery) == {"eastus2": 100, "westus": 10}
    assert gallery.get(VERSION)["properties"]["provisioningState"] == "Creating"
    gallery.simulator.clear_faults()
    assert regions(gallery) == {"eastus2": 100, "westus": 100}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "polls:0",
        "polls:x",
        "seconds:-1",
        "seconds",
        "immediate:1",
        "drawn",
        "drawn:x",
        "drawn:1:1",
    ],
)
def test_a_malformed_pace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"use {PACES}")):
        parse_pace(text)
