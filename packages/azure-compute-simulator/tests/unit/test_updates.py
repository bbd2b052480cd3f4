"""Updates: what they keep, what they replace, and when they end."""

from typing import Any

from azure_compute_simulator import RegionFault
from simulator_client import ArmClient
from simulator_documents import (
    COMPUTE,
    GROUP,
    IMAGE,
    SUBSCRIPTION,
    definition,
    image,
    removable,
    seed,
    version,
)

VERSION = "galleries/g/images/web/versions/1.0.0"
NEW_IMAGE = {"location": "eastus2", "properties": image()["properties"]}


def test_an_update_without_tags_keeps_them(gallery: ArmClient) -> None:
    gallery.put("galleries/g", {"location": "eastus2", "tags": {"a": "b"}})
    assert gallery.send("PATCH", "galleries/g", {"properties": {"description": "d"}}).status == 200
    shown = gallery.get("galleries/g")
    assert (shown["tags"], shown["properties"]["description"]) == ({"a": "b"}, "d")


def test_a_resource_can_be_put_back_as_it_was_read(gallery: ArmClient) -> None:
    """Clients that read, modify and write depend on it: the service neither refuses nor stores what it added itself."""
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    for path in ("galleries/g", "galleries/g/images/web", VERSION, "images/web"):
        before = gallery.get(path)
        gallery.put(path, before)
        assert gallery.get(path) == before


def test_an_update_keeps_the_replication_mode(gallery: ArmClient) -> None:
    document = version()
    document["properties"]["publishingProfile"]["replicationMode"] = "shallow"
    gallery.put(VERSION, document)
    assert gallery.put(VERSION, version())["properties"]["publishingProfile"]["replicationMode"] == "Shallow"


def test_a_failed_region_that_stays_a_target_starts_again(gallery: ArmClient) -> None:
    gallery.simulator.add_fault(RegionFault(region="westus", kind="failed"))
    failed = gallery.send("PUT", VERSION, version(IMAGE, "eastus2", "westus"))
    assert gallery.operation(failed)["status"] == "Failed"
    again = gallery.send("PUT", VERSION, version(IMAGE, "eastus2", "westus"))
    assert gallery.operation(again)["status"] == "Succeeded"
    assert gallery.get(VERSION)["properties"]["provisioningState"] == "Succeeded"


def test_a_resource_succeeds_with_the_last_of_its_operations(arm: ArmClient) -> None:
    """At this pace the operation on an image takes 12150 seconds."""
    arm.simulator.set_pace("seconds:1000000")
    arm.put("images/new", NEW_IMAGE)
    states = [arm.get("images/new")["properties"]["provisioningState"]]
    arm.simulator.skip_time(6_000)
    arm.put("images/new", NEW_IMAGE)
    for _ in range(2):
        arm.simulator.skip_time(7_000)
        states.append(arm.get("images/new")["properties"]["provisioningState"])
    assert states == ["Creating", "Updating", "Succeeded"]


def test_the_list_of_resources_shows_when_one_was_changed(arm: ArmClient) -> None:
    query = "api-version=2021-04-01&$filter=name eq 'web'&$expand=createdTime,changedTime,provisioningState"

    def web() -> Any:
        (found,) = arm.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/resources", query)["value"]
        return found

    before = web()
    arm.simulator.skip_time(60)
    arm.send("PATCH", "images/web", {"tags": {"a": "b"}})
    after = web()
    assert after["createdTime"] == before["createdTime"]
    assert after["changedTime"] > before["changedTime"]
    assert after["provisioningState"] == "Succeeded"


def test_a_region_is_removed_only_if_the_safety_profile_allows_it(gallery: ArmClient) -> None:
    """The refusal has the reported code and text, and changes nothing."""
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    before = gallery.get(VERSION)
    for method in ("PUT", "PATCH"):
        status, error = gallery.error(method, VERSION, version(IMAGE, "eastus2"))
        assert (status, error["code"]) == (400, "BadRequest")
        assert error["message"].startswith(
            "Complete set of target locations not specified while updating gallery artifact '1.0.0'"
        )
        assert "Deletion of previously replicated locations is not allowed" in error["message"]
    assert gallery.get(VERSION) == before
    gallery.put(VERSION, removable(version(IMAGE, "eastus2")))
    assert _regions(gallery) == ["East US 2"]


def test_the_guard_can_spare_regions_that_were_never_replicated(gallery: ArmClient) -> None:
    """`completed` refuses to remove a replicated region only; `off` refuses nothing."""
    gallery.simulator.add_fault(RegionFault(region="westus", kind="stuck"))
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus", "uksouth"))
    for _ in range(2):
        gallery.get(VERSION)
    assert gallery.error("PUT", VERSION, version(IMAGE, "eastus2", "uksouth"))[0] == 400
    gallery.simulator.switches.guard_replicated_regions = "completed"
    assert gallery.error("PUT", VERSION, version(IMAGE, "eastus2", "westus"))[0] == 400
    gallery.put(VERSION, version(IMAGE, "eastus2", "uksouth"))
    gallery.simulator.switches.guard_replicated_regions = "off"
    gallery.put(VERSION, version(IMAGE, "eastus2"))
    assert _regions(gallery) == ["East US 2"]


def test_an_update_without_target_regions_keeps_them(gallery: ArmClient) -> None:
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    for regions in (None, []):
        update = version()
        update["properties"]["publishingProfile"] = {"targetRegions": regions}
        gallery.put(VERSION, update)
        assert _regions(gallery) == ["East US 2", "West US"]


NEW = "api-version=2024-03-03"


def _guarded_version() -> Any:
    """Returns a version with everything that an update may reset."""
    document = version(IMAGE, "eastus2", "westus")
    document["tags"] = {"owner": "platform"}
    document["properties"]["publishingProfile"] |= {
        "replicaCount": 3,
        "excludeFromLatest": True,
        "endOfLifeDate": "2999-01-01T00:00:00Z",
        "replicationMode": "Full",
    }
    document["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": True}
    document["properties"]["securityProfile"] = {
        "uefiSettings": {"signatureTemplateNames": ["MicrosoftUefiCertificateAuthorityTemplate"]}
    }
    return document


def test_a_put_resets_what_it_does_not_send(gallery: ArmClient) -> None:
    """A deletion guard that a client does not send back is lost. What is fixed stays."""
    gallery.send("PUT", VERSION, _guarded_version(), NEW)
    assert (
        gallery.get(VERSION, NEW)["properties"]["securityProfile"]
        == (_guarded_version()["properties"]["securityProfile"])
    )
    update = version(IMAGE, "eastus2", "westus")
    update["properties"]["storageProfile"] = {}
    assert gallery.send("PUT", VERSION, update, NEW).status == 200
    shown = gallery.get(VERSION, NEW)
    assert "tags" not in shown
    properties = shown["properties"]
    assert "securityProfile" not in properties
    assert properties["safetyProfile"] == {
        "reportedForPolicyViolation": False,
        "allowDeletionOfReplicatedLocations": False,
    }
    profile = properties["publishingProfile"]
    assert (profile["replicaCount"], profile["excludeFromLatest"]) == (1, False)
    assert "endOfLifeDate" not in profile
    assert profile["replicationMode"] == "Full"


def test_a_patch_keeps_what_it_does_not_send(gallery: ArmClient) -> None:
    gallery.send("PUT", VERSION, _guarded_version(), NEW)
    before = gallery.get(VERSION, NEW)
    assert gallery.send("PATCH", VERSION, {"tags": {"owner": "other"}}, NEW).status == 200
    assert gallery.get(VERSION, NEW) == before | {"tags": {"owner": "other"}}


def test_the_reset_of_unsent_fields_can_be_switched_off(gallery: ArmClient) -> None:
    gallery.simulator.switches.reset_unsent_fields = False
    gallery.send("PUT", VERSION, _guarded_version(), NEW)
    before = gallery.get(VERSION, NEW)
    assert gallery.send("PUT", VERSION, {"location": "eastus2"}, NEW).status == 200
    assert gallery.get(VERSION, NEW) == before


EDGE_ZONE = {"name": "losangeles", "type": "EdgeZone"}


def test_an_image_keeps_its_edge_zone(arm: ArmClient) -> None:
    """It is beside the location, and cannot be changed."""
    arm.put("images/outpost", NEW_IMAGE | {"extendedLocation": EDGE_ZONE})
    shown = arm.get("images/outpost")
    assert shown["extendedLocation"] == EDGE_ZONE
    arm.put("images/outpost", shown)
    elsewhere = shown | {"extendedLocation": EDGE_ZONE | {"name": "perth"}}
    status, error = arm.error("PUT", "images/outpost", elsewhere)
    assert (status, error["code"], error["target"]) == (409, "PropertyChangeNotAllowed", "extendedLocation")
    assert "extendedLocation" not in arm.get("images/web")


def test_target_edge_zones_are_refused_plainly(gallery: ArmClient) -> None:
    document = version()
    document["properties"]["publishingProfile"]["targetExtendedLocations"] = [
        {"name": "eastus2", "extendedLocation": EDGE_ZONE}
    ]
    status, error = gallery.error("PUT", VERSION, document)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert error["message"].startswith("Target edge zones are not simulated")
    assert gallery.error("GET", VERSION)[0] == 404


def test_seeded_edge_zones_are_shown_and_may_be_sent_back(arm: ArmClient) -> None:
    zones = [{"name": "eastus2", "extendedLocation": EDGE_ZONE, "extendedLocationReplicaCount": 1}]
    document = version()
    document["properties"]["publishingProfile"]["targetExtendedLocations"] = zones
    arm.simulator.reset(
        seed(
            {"id": f"{COMPUTE}/galleries/g", "location": "eastus2"},
            definition() | {"id": f"{COMPUTE}/galleries/g/images/web"},
            document | {"id": f"{COMPUTE}/{VERSION}"},
        )
    )
    before = arm.get(VERSION)
    assert before["properties"]["publishingProfile"]["targetExtendedLocations"] == zones
    arm.put(VERSION, before)
    assert arm.get(VERSION) == before


def _regions(arm: ArmClient) -> list[str]:
    return [target["name"] for target in arm.get(VERSION)["properties"]["publishingProfile"]["targetRegions"]]
