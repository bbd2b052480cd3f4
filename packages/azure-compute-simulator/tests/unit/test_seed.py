"""Seeds: what exists at the start, and how a bad one is refused."""

from pathlib import Path
from typing import Any

import pytest
from azure_compute_simulator.seed import SeedError, read_seed
from azure_compute_simulator.service import Simulator
from simulator_arm import Arm
from simulator_world import (
    COMPUTE,
    GROUP,
    IMAGE,
    SUBSCRIPTION,
    definition,
    image,
    seed,
    version,
)


def test_seeded_resources_are_finished_and_raise_no_events(arm: Arm) -> None:
    assert arm.get("images/web")["properties"]["provisioningState"] == "Succeeded"
    assert arm.simulator.events() == {"delivered": [], "dead-lettered": [], "lost": [], "pending": []}


def test_a_whole_gallery_can_be_seeded_in_any_order(arm: Arm) -> None:
    """Versions are replicated, may have lost their source, reached their end of life, or failed."""
    versions = f"{COMPUTE}/galleries/g/images/web/versions"
    old = version(f"{COMPUTE}/images/gone", "eastus2", "westus")
    old["properties"]["publishingProfile"] |= {
        "endOfLifeDate": "2001-01-01",
        "publishedDate": "2000-01-01T00:00:00Z",
    }
    failed = version(IMAGE)
    failed["properties"]["provisioningState"] = "Failed"
    gallery = [
        old | {"id": f"{versions}/1.0.0", "createdTime": "2000-01-01T00:00:00Z"},
        failed | {"id": f"{versions}/1.0.1"},
        definition() | {"id": f"{COMPUTE}/galleries/g/images/web"},
        {"id": f"{COMPUTE}/galleries/g", "location": "eastus2"},
    ]
    arm.simulator.reset(seed(*gallery))
    query = "api-version=2023-07-03&$expand=ReplicationStatus"
    shown = arm.get(f"{versions}/1.0.0", query)["properties"]
    assert shown["replicationStatus"]["aggregatedState"] == "Completed"
    assert shown["publishingProfile"]["endOfLifeDate"].startswith("2001-01-01")
    second = arm.get(f"{versions}/1.0.1")["properties"]
    assert second["provisioningState"] == "Failed"
    assert second["storageProfile"]["osDiskImage"]["sizeInGB"] == 30


BAD = {
    "unknown section": ({"machines": []}, "machines: not known"),
    "not a list": ({"resources": {}}, "resources: must be a list"),
    "not an object": ({"resources": [1]}, r"resources\[0\]: must be an object"),
    "no id": (seed({"location": "eastus2"}), r"resources\[4\]: 'id' is missing"),
    "bad id": (seed({"id": "/x", "location": "eastus2"}), r"resources\[4\]: '/x' is not an ARM resource id"),
    "no such region": (seed(image("new", location="mars")), r"resources\[4\]: 'mars' is not a region"),
    "twice": (seed(image()), r"resources\[4\]: .* is listed twice"),
    "no such group": (
        seed({"id": f"{COMPUTE.replace(GROUP, 'none')}/images/a", "location": "eastus2"}),
        r"resources\[4\]: Resource group 'none' could not be found",
    ),
    "invalid resource": (
        seed({"id": f"{COMPUTE}/images/a", "location": "eastus2", "properties": {}}),
        r"resources\[4\]: Required parameter 'storageProfile.osDisk' is missing",
    ),
    "group in no subscription": (
        {"resourceGroups": [{"subscription": SUBSCRIPTION, "name": "a", "location": "eastus2"}]},
        r"resourceGroups\[0\]: The subscription '.*' could not be found",
    ),
}


@pytest.mark.parametrize(("document", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_seed_is_refused_with_place_and_reason(document: Any, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        Simulator(document)


def test_a_seed_file_that_is_not_yaml_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(SeedError, match=r"seed\.yaml: not YAML or JSON"):
        read_seed(path)


def test_without_a_seed_there_is_one_empty_subscription() -> None:
    simulator = Simulator()
    state = simulator.state()
    simulator.close()
    assert [subscription["id"] for subscription in state["subscriptions"]] == [SUBSCRIPTION]
    assert state["resources"] == []
