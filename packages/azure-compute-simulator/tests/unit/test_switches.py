"""Behaviours that switches or galleries turn on; pages; bodies of the wrong shape."""

from urllib.parse import urlsplit

import pytest
from azure_compute_simulator.clock import parse_date
from simulator_client import GALLERIES, ArmClient
from simulator_documents import COMPUTE, IMAGE, image, machine, version

VERSION = "galleries/g/images/web/versions/1.0.0"


def test_a_deleted_child_blocks_the_deletion_of_its_parent_for_some_seconds(gallery: ArmClient) -> None:
    """A GET of the child already returns 404."""
    gallery.simulator.switches.parent_delete_lag_seconds = 1000
    gallery.put(VERSION, version())
    gallery.send("DELETE", VERSION)
    assert gallery.error("GET", VERSION)[0] == 404
    status, error = gallery.error("DELETE", "galleries/g/images/web")
    assert (status, error["code"]) == (409, "CannotDeleteResource")
    assert "'Microsoft.Compute/galleries/g/images/web/versions/1.0.0'" in error["message"]
    gallery.simulator.skip_time(1000)
    assert gallery.send("DELETE", "galleries/g/images/web").status == 202


def test_a_put_restores_a_soft_deleted_version_with_200(gallery: ArmClient) -> None:
    """A deletion with `bypassSoftDelete` cannot be undone."""
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


SOFT_DELETED = "galleries/g/softdeletedartifacttypes/Images/artifacts/web/versions"


def test_soft_deleted_versions_are_listed_until_they_are_gone(gallery: ArmClient) -> None:
    """A restored version leaves the list. After retention and grace period the number is free."""
    policy = {"isSoftDeleteEnabled": True, "retentionPeriodInDays": 3, "gracePeriodInDays": 2}
    gallery.put("galleries/g", {"location": "eastus2", "properties": {"softDeletePolicy": policy}})
    gallery.put(VERSION, version())
    new, old = "api-version=2026-03-03", "api-version=2024-03-03"
    assert gallery.get(SOFT_DELETED, new) == {"value": []}
    gallery.send("DELETE", VERSION)
    (row,) = gallery.get(SOFT_DELETED, new)["value"]
    assert row["name"] == "1.0.0"
    properties = row["properties"]
    assert properties["resourceArmId"] == f"{COMPUTE}/{VERSION}"
    times = [
        parse_date(properties[name])
        for name in ("softDeletedTime", "consumptionEndTime", "hardDeletionTargetTime")
    ]
    assert [(time - times[0]).days for time in times] == [0, 3, 5]
    (row,) = gallery.get(SOFT_DELETED, old)["value"]
    assert sorted(row["properties"]) == ["resourceArmId", "softDeletedArtifactType", "softDeletedTime"]
    assert gallery.error("GET", SOFT_DELETED, query=f"api-version={GALLERIES}")[0] == 404
    gallery.put(VERSION, {"location": "eastus2"})
    assert gallery.get(SOFT_DELETED, new)["value"] == []
    gallery.send("DELETE", VERSION)
    gallery.simulator.skip_time(4 * 86_400)
    assert len(gallery.get(SOFT_DELETED, new)["value"]) == 1
    gallery.simulator.skip_time(2 * 86_400)
    assert gallery.get(SOFT_DELETED, new)["value"] == []
    assert gallery.send("PUT", VERSION, version()).status == 201


def test_a_soft_deleted_version_is_deployable_by_its_id_then_recoverable_then_gone(
    gallery: ArmClient,
) -> None:
    policy = {"isSoftDeleteEnabled": True, "retentionPeriodInDays": 3, "gracePeriodInDays": 2}
    gallery.put("galleries/g", {"location": "eastus2", "properties": {"softDeletePolicy": policy}})
    gallery.put(VERSION, version())
    gallery.send("DELETE", VERSION)

    def deploy(name: str, image: str) -> int:
        wanted = machine(f"{COMPUTE}/{image}")
        return gallery.send("PUT", f"virtualMachines/{name}", wanted, query="api-version=2024-07-01").status

    assert deploy("by-id", VERSION) == 201
    assert deploy("latest", "galleries/g/images/web") == 404
    gallery.simulator.skip_time(3 * 86_400)
    assert deploy("grace", VERSION) == 404
    assert gallery.send("PUT", VERSION, {"location": "eastus2"}).status == 200
    assert deploy("restored", VERSION) == 201
    gallery.send("DELETE", VERSION)
    gallery.simulator.skip_time(5 * 86_400)
    assert gallery.error("PUT", VERSION, {"location": "eastus2"})[1]["code"] == "InvalidParameter"


def test_a_definition_with_soft_deleted_versions_is_not_deleted(gallery: ArmClient) -> None:
    policy = {"softDeletePolicy": {"isSoftDeleteEnabled": True}}
    gallery.put("galleries/g", {"location": "eastus2", "properties": policy})
    gallery.put(VERSION, version())
    gallery.send("DELETE", VERSION)
    status, error = gallery.error("DELETE", "galleries/g/images/web")
    assert (status, error["code"]) == (409, "CannotDeleteResource")
    gallery.simulator.skip_time(8 * 86_400)
    assert gallery.send("DELETE", "galleries/g/images/web").status == 202


def test_display_names_of_regions_can_be_switched_off(gallery: ArmClient) -> None:
    gallery.simulator.switches.display_name_regions = False
    created = gallery.put(VERSION, version(IMAGE, "East US 2", "westus"))
    targets = created["properties"]["publishingProfile"]["targetRegions"]
    assert [target["name"] for target in targets] == ["eastus2", "westus"]


def test_polls_of_image_operations_can_have_retry_after(gallery: ArmClient) -> None:
    """Polls of gallery operations never have it."""
    gallery.simulator.switches.operation_retry_after_seconds = 9
    gallery.simulator.set_pace("seconds:1000000")
    of_image = gallery.send("PUT", "images/new", {"location": "eastus2", "properties": image()["properties"]})
    of_version = gallery.send("PUT", VERSION, version())
    for response, expected in ((of_image, "9"), (of_version, None)):
        path, _, query = (
            response.headers["Azure-AsyncOperation"].removeprefix("http://arm.test").partition("?")
        )
        assert gallery.send("GET", path, query=query).headers.get("Retry-After") == expected


def test_a_source_deleted_before_it_was_read_fails_the_version(gallery: ArmClient) -> None:
    gallery.simulator.set_pace("manual", f"{COMPUTE}/{VERSION}")
    response = gallery.send("PUT", VERSION, version())
    gallery.send("DELETE", "images/web")
    operation = gallery.operation(response)
    assert operation["status"] == "Failed"
    assert "is not found. Please check source exists" in operation["error"]["message"]


def test_the_link_to_the_next_page_keeps_the_filter(arm: ArmClient) -> None:
    arm.simulator.switches.page_size = 3
    path = IMAGE.split("/providers/")[0] + "/resources"
    page = arm.get(path, "api-version=2021-04-01&$filter=resourceType eq 'Microsoft.Compute/images'")
    assert len(page["value"]) == 3
    link = urlsplit(page["nextLink"])
    assert (link.netloc, link.path) == ("arm.test", path)
    last = arm.get(link.path, link.query)
    assert [item["name"] for item in last["value"]] == ["far"]
    assert "nextLink" not in last
    assert arm.error("GET", "images", query="api-version=2024-07-01&$skiptoken=x")[0] == 400


WRONG_SHAPES = {
    "properties": [],
    "properties.publishingProfile": "x",
    "properties.publishingProfile.targetRegions": {"name": "eastus2"},
    "properties.storageProfile.source": "id",
    "properties.storageProfile.source.id": 1,
    "location": 7,
}


@pytest.mark.parametrize(("path", "value"), WRONG_SHAPES.items())
def test_a_body_of_the_wrong_shape_is_refused_with_the_path(
    gallery: ArmClient, path: str, value: object
) -> None:
    document = version()
    *parents, last = path.split(".")
    parent = document
    for name in parents:
        parent = parent[name]
    parent[last] = value
    status, error = gallery.error("PUT", VERSION, document)
    assert (status, error["code"], error["target"]) == (400, "BadRequest", path)


def _created_times(arm: ArmClient) -> dict[str, str]:
    """Returns the creation times that the list of resources shows, by name."""
    query = "api-version=2021-04-01&$expand=createdTime&$filter=resourceType eq 'Microsoft.Compute/images'"
    found = arm.get(IMAGE.split("/providers/")[0] + "/resources", query)["value"]
    return {item["name"]: item["createdTime"] for item in found}


def test_the_list_of_resources_can_lag(arm: ArmClient) -> None:
    """Reads of the image itself are never stale."""
    arm.simulator.switches.resource_list_lag_seconds = 600
    content = {"location": "eastus2", "properties": image()["properties"]}
    before = _created_times(arm)
    assert sorted(before) == ["far", "huge", "second", "web"]
    arm.put("images/new", content)
    arm.send("DELETE", "images/web")
    arm.send("DELETE", "images/second")
    arm.simulator.skip_time(60)
    arm.put("images/web", content)
    assert arm.error("GET", "images/second")[0] == 404
    assert arm.send("GET", "images/new").status == 200
    assert _created_times(arm) == before
    arm.simulator.skip_time(600)
    after = _created_times(arm)
    assert sorted(after) == ["far", "huge", "new", "web"]
    assert after["web"] > before["web"]


def test_a_resource_can_be_missing_from_the_list(arm: ArmClient) -> None:
    arm.simulator.switches.unlisted_resources = ("*/images/WEB",)
    assert sorted(_created_times(arm)) == ["far", "huge", "second"]
    assert "web" in [item["name"] for item in arm.get("images")["value"]]
