"""Updates: what they keep, what they replace, and when they are over."""

from typing import Any

from simulator_arm import Arm
from simulator_world import GROUP, IMAGE, SUBSCRIPTION, image, version

VERSION = "galleries/g/images/web/versions/1.0.0"
NEW_IMAGE = {"location": "eastus2", "properties": image()["properties"]}


def test_tags_that_are_not_sent_stay(gallery: Arm) -> None:
    gallery.put("galleries/g", {"location": "eastus2", "tags": {"a": "b"}})
    assert gallery.send("PATCH", "galleries/g", {"properties": {"description": "d"}}).status == 200
    shown = gallery.get("galleries/g")
    assert (shown["tags"], shown["properties"]["description"]) == ({"a": "b"}, "d")


def test_what_was_read_can_be_sent_back(gallery: Arm) -> None:
    """As clients do that read, modify and write: nothing that the service fills in is refused or stored."""
    gallery.put(VERSION, version(IMAGE, "eastus2", "westus"))
    for path in ("galleries/g", "galleries/g/images/web", VERSION, "images/web"):
        before = gallery.get(path)
        gallery.put(path, before)
        assert gallery.get(path) == before


def test_the_replication_mode_stays(gallery: Arm) -> None:
    document = version()
    document["properties"]["publishingProfile"]["replicationMode"] = "shallow"
    gallery.put(VERSION, document)
    assert gallery.put(VERSION, version())["properties"]["publishingProfile"]["replicationMode"] == "Shallow"


def test_a_failed_region_that_is_asked_for_again_begins_again(gallery: Arm) -> None:
    gallery.simulator.add_fault(region="westus", kind="failed")
    failed = gallery.send("PUT", VERSION, version(IMAGE, "eastus2", "westus"))
    assert gallery.outcome(failed)["status"] == "Failed"
    again = gallery.send("PUT", VERSION, version(IMAGE, "eastus2", "westus"))
    assert gallery.outcome(again)["status"] == "Succeeded"
    assert gallery.get(VERSION)["properties"]["provisioningState"] == "Succeeded"


def test_a_resource_has_succeeded_when_the_last_of_its_operations_has(arm: Arm) -> None:
    """An image takes 12150 seconds at this pace."""
    arm.simulator.set_transitions("seconds:1000000")
    arm.put("images/new", NEW_IMAGE)
    states = [arm.get("images/new")["properties"]["provisioningState"]]
    arm.simulator.skip_time(6_000)
    arm.put("images/new", NEW_IMAGE)
    for _ in range(2):
        arm.simulator.skip_time(7_000)
        states.append(arm.get("images/new")["properties"]["provisioningState"])
    assert states == ["Creating", "Updating", "Succeeded"]


def test_the_list_of_resources_knows_when_one_was_changed(arm: Arm) -> None:
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
