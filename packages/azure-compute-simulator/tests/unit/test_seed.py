"""Seeds: what exists at the start, and the errors of wrong seeds."""

import json
from pathlib import Path
from typing import Any

import pytest
from azure_compute_simulator.seed import SeedError, read_seed
from azure_compute_simulator.simulator import Simulator
from simulator_client import ArmClient
from simulator_documents import (
    COMPUTE,
    GROUP,
    IMAGE,
    SUBSCRIPTION,
    definition,
    image,
    seed,
    version,
)


def test_seeded_resources_are_finished_and_raise_no_events(arm: ArmClient) -> None:
    assert arm.get("images/web")["properties"]["provisioningState"] == "Succeeded"
    assert arm.simulator.events() == {"delivered": [], "dead-lettered": [], "lost": [], "pending": []}


def test_a_whole_gallery_can_be_seeded_in_any_order(arm: ArmClient) -> None:
    """Seeded versions are replicated. Their source may be missing, their end of life past, their state Failed."""
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


WRONG_SEEDS = {
    "unknown section": ({"machines": []}, "machines: not known"),
    "not a list": ({"resources": {}}, "resources: must be a list"),
    "not an object": ({"resources": [1]}, r"resources\[0\]: must be an object"),
    "no id": (seed({"location": "eastus2"}), r"resources\[4\]: 'id' is missing"),
    "malformed id": (
        seed({"id": "/x", "location": "eastus2"}),
        r"resources\[4\]: '/x' is not an ARM resource id",
    ),
    "unknown region": (seed(image("new", location="mars")), r"resources\[4\]: 'mars' is not a region"),
    "unknown location": (
        {"subscriptions": [{"id": SUBSCRIPTION, "locations": ["eastus2", "mars"]}]},
        r"subscriptions\[0\]: 'mars' is not a location",
    ),
    "listed twice": (seed(image()), r"resources\[4\]: .* is listed twice"),
    "missing group": (
        seed({"id": f"{COMPUTE.replace(GROUP, 'none')}/images/a", "location": "eastus2"}),
        r"resources\[4\]: Resource group 'none' could not be found",
    ),
    "invalid resource": (
        seed({"id": f"{COMPUTE}/images/a", "location": "eastus2", "properties": {}}),
        r"resources\[4\]: Required parameter 'storageProfile.osDisk' is missing",
    ),
    "event subscription without endpoint": (
        {"eventSubscriptions": [{"name": "images"}]},
        r"eventSubscriptions\[0\]: An event subscription needs an 'endpoint'",
    ),
    "lock of an unknown level": (
        {"locks": [{"scope": "/subscriptions/a", "level": "Maybe"}]},
        r"locks\[0\]: A lock needs a 'scope' and may have a 'level'",
    ),
    "missing subscription": (
        {"resourceGroups": [{"subscription": SUBSCRIPTION, "name": "a", "location": "eastus2"}]},
        r"resourceGroups\[0\]: The subscription '.*' could not be found",
    ),
}


@pytest.mark.parametrize(("document", "message"), WRONG_SEEDS.values(), ids=WRONG_SEEDS.keys())
def test_a_wrong_seed_is_refused_with_the_entry_and_the_reason(document: Any, message: str) -> None:
    with pytest.raises(SeedError, match=message):
        Simulator(document)


def test_a_seed_file_that_is_not_yaml_is_refused_with_its_name_and_line(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(SeedError, match=r"seed\.yaml: not YAML or JSON \(line 1, column 5\)\.$"):
        read_seed(path)


def test_a_seed_can_be_a_file_and_its_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed()), encoding="utf-8")
    simulator = Simulator(path)
    names = [resource["name"] for resource in simulator.state()["resources"]]
    simulator.close()
    assert names == ["web", "second", "huge", "far"]
    path.write_text(json.dumps({"resources": [{"id": "/x"}]}), encoding="utf-8")
    with pytest.raises(SeedError, match=r"seed\.json: resources\[0\]: '/x' is not an ARM resource id"):
        Simulator(str(path))


def test_a_wrong_seed_does_not_replace_the_former_one(arm: ArmClient) -> None:
    """After a refused reset the simulator has its former seed, and can be reset to it again."""
    arm.put("galleries/g", {"location": "eastus2"})
    with pytest.raises(SeedError, match="machines: not known"):
        arm.simulator.reset({"machines": []})
    assert [item["name"] for item in arm.get("images")["value"]] == ["web", "second", "huge", "far"]
    assert arm.get("galleries")["value"] == []
    arm.simulator.reset()
    assert arm.send("GET", "images/web").status == 200


def test_work_on_seeded_resources_does_not_change_the_seed(arm: ArmClient) -> None:
    """A reset brings every resource back as it was."""
    before = arm.get("images/web")
    arm.put("images/web", {"location": "eastus2", "tags": {"a": "b"}})
    assert arm.get("images/web") != before
    arm.simulator.reset()
    assert arm.get("images/web") == before


def test_a_caller_that_changes_its_seed_later_does_not_change_the_simulators() -> None:
    document = seed()
    simulator = Simulator(document)
    document["resources"][0]["location"] = "mars"
    simulator.reset()
    locations = [resource["location"] for resource in simulator.state()["resources"]]
    simulator.close()
    assert locations == ["eastus2", "eastus2", "eastus2", "westus"]


def test_without_a_seed_there_is_one_empty_subscription() -> None:
    simulator = Simulator()
    state = simulator.state()
    simulator.close()
    assert [subscription["id"] for subscription in state["subscriptions"]] == [SUBSCRIPTION]
    assert state["resources"] == []


def _foreign_gallery(**of_version: Any) -> Any:
    """Returns a seed with a version that somebody else wrote."""
    versions = f"{COMPUTE}/galleries/g/images/web/versions"
    foreign = version(f"{COMPUTE}/images/gone", "eastus2", "westus") | {"id": f"{versions}/1.0.0"}
    profile = foreign["properties"]["publishingProfile"]
    profile["storageAccountType"] = "Quantum_LRS"
    profile["replicationMode"] = "Lazy"
    profile["targetRegions"][1]["storageAccountType"] = "Quantum_LRS"
    return seed(
        {"id": f"{COMPUTE}/galleries/g", "location": "eastus2"},
        definition() | {"id": f"{COMPUTE}/galleries/g/images/web"},
        foreign | of_version,
    )


def test_a_seeded_version_keeps_values_that_are_not_known(arm: ArmClient) -> None:
    """A client may send them back, but a new region cannot have them."""
    arm.simulator.reset(_foreign_gallery())
    path = "galleries/g/images/web/versions/1.0.0"
    before = arm.get(path)
    profile = before["properties"]["publishingProfile"]
    assert profile["storageAccountType"] == "Quantum_LRS"
    assert profile["replicationMode"] == "Lazy"
    types = [target["storageAccountType"] for target in profile["targetRegions"]]
    assert types == ["Standard_LRS", "Quantum_LRS"]
    arm.put(path, before)
    assert arm.get(path) == before
    profile["targetRegions"].append({"name": "uksouth", "storageAccountType": "Quantum_LRS"})
    status, error = arm.error("PUT", path, before)
    assert (status, error["code"]) == (400, "BadRequest")


def test_the_list_of_resources_shows_the_id_the_location_and_the_tags_of_a_foreign_record(
    arm: ArmClient,
) -> None:
    shown = {"location": None, "tags": {"by": "others"}, "zones": ["1"]}
    arm.simulator.reset(_foreign_gallery(_simulator={"shown": shown}))
    query = "api-version=2021-04-01&$filter=resourceType eq 'Microsoft.Compute/galleries/images/versions'"
    (listed,) = arm.get(f"/subscriptions/{SUBSCRIPTION}/resources", query)["value"]
    assert listed["tags"] == {"by": "others"}
    assert listed.keys() == {"id", "name", "type", "tags"}


def test_a_seeded_record_is_shown_with_unknown_values_missing_parts_and_new_fields(arm: ArmClient) -> None:
    """Reads and lists show the patch. The record itself is sound, and an update shows it as it is."""
    shown = {
        "tags": {"by": "others"},
        "zones": ["1"],
        "properties": {
            "provisioningState": "Migrating",
            "publishingProfile": None,
            "storageProfile": {"source": None},
            "futureProfile": {"mode": "new"},
            "replicationMode": [7],
        },
    }
    arm.simulator.reset(_foreign_gallery(_simulator={"shown": shown}))
    path = "galleries/g/images/web/versions"
    (listed,) = arm.get(path)["value"]
    found = arm.get(f"{path}/1.0.0")
    assert listed == found
    assert (found["tags"], found["zones"]) == ({"by": "others"}, ["1"])
    properties = found["properties"]
    assert properties["provisioningState"] == "Migrating"
    assert (properties["futureProfile"], properties["replicationMode"]) == ({"mode": "new"}, [7])
    assert "publishingProfile" not in properties
    assert "source" not in properties["storageProfile"]
    arm.send("PATCH", f"{path}/1.0.0", {"tags": {"by": "us"}})
    updated = arm.get(f"{path}/1.0.0")
    assert "zones" not in updated
    assert updated["properties"]["provisioningState"] == "Succeeded"
    assert len(updated["properties"]["publishingProfile"]["targetRegions"]) == 2


def test_a_seeded_image_has_the_disks_of_a_machine_that_is_gone(arm: ArmClient) -> None:
    """ARM shows both, and the machine is often deleted after the capture."""
    properties = {
        "hyperVGeneration": "V2",
        "sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/gone"},
        "storageProfile": {
            "osDisk": {
                "osType": "Linux",
                "osState": "Generalized",
                "managedDisk": {"id": f"{COMPUTE}/disks/gone-os"},
                "diskSizeGB": 64,
            },
            "dataDisks": [{"lun": 3, "managedDisk": {"id": f"{COMPUTE}/disks/gone-data"}, "diskSizeGB": 128}],
        },
    }
    arm.simulator.reset(
        seed({"id": f"{COMPUTE}/images/orphan", "location": "eastus2", "properties": properties})
    )
    shown = arm.get("images/orphan")["properties"]
    assert shown["sourceVirtualMachine"] == properties["sourceVirtualMachine"]
    assert shown["storageProfile"]["osDisk"]["managedDisk"] == {"id": f"{COMPUTE}/disks/gone-os"}
    assert shown["storageProfile"]["osDisk"]["diskSizeGB"] == 64
    assert [disk["lun"] for disk in shown["storageProfile"]["dataDisks"]] == [3]
    assert shown["hyperVGeneration"] == "V2"


def test_a_seeded_version_has_the_failed_regions_of_its_status(arm: ArmClient) -> None:
    versions = f"{COMPUTE}/galleries/g/images/web/versions"
    stopped = version(IMAGE, "eastus2", "westus") | {"id": f"{versions}/1.0.0"}
    summary = [{"region": "East US 2", "state": "Completed"}, {"region": "West US", "state": "Failed"}]
    stopped["properties"]["replicationStatus"] = {"aggregatedState": "Failed", "summary": summary}
    arm.simulator.reset(
        seed(
            {"id": f"{COMPUTE}/galleries/g", "location": "eastus2"},
            definition() | {"id": f"{COMPUTE}/galleries/g/images/web"},
            stopped,
        )
    )
    status = arm.get(
        "galleries/g/images/web/versions/1.0.0", "$expand=ReplicationStatus&api-version=2024-03-03"
    )
    states = {one["region"]: one["state"] for one in status["properties"]["replicationStatus"]["summary"]}
    assert states == {"eastus2": "Completed", "westus": "Failed"}
