"""What the service does only sometimes, or only where it was asked to: switched on, one by one."""

from urllib.parse import urlsplit

import pytest
from simulator_arm import GALLERIES, Arm
from simulator_world import IMAGE, image, version

VERSION = "galleries/g/images/web/versions/1.0.0"


def test_a_deleted_child_haunts_its_parent_for_some_seconds(gallery: Arm) -> None:
    """Though a GET of the child already says 404."""
    gallery.simulator.set_switches(parent_delete_lag_seconds=1000)
    gallery.put(VERSION, version())
    gallery.send("DELETE", VERSION)
    assert gallery.error("GET", VERSION)[0] == 404
    status, error = gallery.error("DELETE", "galleries/g/images/web")
    assert (status, error["code"]) == (409, "CannotDeleteResource")
    assert "'Microsoft.Compute/galleries/g/images/web/versions/1.0.0'" in error["message"]
    gallery.simulator.skip_time(1000)
    assert gallery.send("DELETE", "galleries/g/images/web").status == 202


def test_a_soft_deleted_version_comes_back_with_200(gallery: Arm) -> None:
    """Unless the deletion bypassed soft delete."""
    policy = {"softDeletePolicy": {"isSoftDeleteEnabled": True}}
    gallery.put("galleries/g", {"location": "eastus2", "properties": policy})
    gallery.put(VERSION, version())
    gallery.send("DELETE", VERSION)
    assert gallery.error("GET", VERSION)[0] == 404
    assert gallery.get("galleries/g/images/web/versions")["value"] == []
    assert gallery.send("PUT", VERSION, {"location": "eastus2"}).status == 200
    restored = gallery.get(VERSION)["properties"]
    assert restored["provisioningState"] == "Succeeded"
    assert restored["storageProfile"]["source"]["id"] == IMAGE
    gallery.send("DELETE", VERSION, query=f"api-version={GALLERIES}&bypassSoftDelete=true")
    assert gallery.error("PUT", VERSION, {"location": "eastus2"})[1]["code"] == "InvalidParameter"


def test_display_names_of_regions_can_be_switched_off(gallery: Arm) -> None:
    gallery.simulator.set_switches(display_name_regions=False)
    created = gallery.put(VERSION, version(IMAGE, "East US 2", "westus"))
    targets = created["properties"]["publishingProfile"]["targetRegions"]
    assert [target["name"] for target in targets] == ["eastus2", "westus"]


def test_polls_of_operations_can_ask_to_be_spared(gallery: Arm) -> None:
    """Operations of images only; galleries' never do."""
    gallery.simulator.set_switches(operation_retry_after_seconds=9)
    gallery.simulator.set_transitions("seconds:1000000")
    of_image = gallery.send("PUT", "images/new", {"location": "eastus2", "properties": image()["properties"]})
    of_version = gallery.send("PUT", VERSION, version())
    for answer, expected in ((of_image, "9"), (of_version, None)):
        path, _, query = answer.headers["Azure-AsyncOperation"].removeprefix("http://arm.test").partition("?")
        assert gallery.send("GET", path, query=query).headers.get("Retry-After") == expected


def test_a_source_deleted_before_it_was_read_fails_the_version(gallery: Arm) -> None:
    gallery.simulator.set_transitions(
        override={"id": f"{IMAGE.rsplit('/images/', 1)[0]}/{VERSION}", "pace": "manual"}
    )
    answer = gallery.send("PUT", VERSION, version())
    gallery.send("DELETE", "images/web")
    outcome = gallery.outcome(answer)
    assert outcome["status"] == "Failed"
    assert "is not found. Please check source exists" in outcome["error"]["message"]


def test_pages_keep_the_filter_of_their_list(arm: Arm) -> None:
    arm.simulator.set_switches(page_size=3)
    path = IMAGE.split("/providers/")[0] + "/resources"
    page = arm.get(path, "api-version=2021-04-01&$filter=resourceType eq 'Microsoft.Compute/images'")
    assert len(page["value"]) == 3
    link = urlsplit(page["nextLink"])
    assert (link.netloc, link.path) == ("arm.test", path)
    last = arm.get(link.path, link.query)
    assert [item["name"] for item in last["value"]] == ["far"]
    assert "nextLink" not in last
    assert arm.error("GET", "images", query="api-version=2024-07-01&$skiptoken=x")[0] == 400


SHAPELESS = {
    "properties": [],
    "properties.publishingProfile": "x",
    "properties.publishingProfile.targetRegions": {"name": "eastus2"},
    "properties.storageProfile.source": "id",
    "properties.storageProfile.source.id": 1,
    "location": 7,
}


@pytest.mark.parametrize(("path", "value"), SHAPELESS.items())
def test_a_body_of_the_wrong_shape_is_refused_with_the_path(gallery: Arm, path: str, value: object) -> None:
    document = version()
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place[name]
    place[last] = value
    status, error = gallery.error("PUT", VERSION, document)
    assert (status, error["code"], error["target"]) == (400, "BadRequest", path)
