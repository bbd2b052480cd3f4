"""Responses to valid requests, in the details that clients depend on; authentication and routing errors."""

import json
import re
import time
from typing import Any

import jwt
import pytest
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
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")
NEW_IMAGE = {"location": "eastus2", "properties": image()["properties"]}


def test_a_create_is_201_an_update_200_a_delete_202_and_a_repeated_delete_204(arm: ArmClient) -> None:
    """Create and update have `Azure-AsyncOperation` only. A delete also has a `Location` with `monitor=true`."""
    created = arm.send("PUT", "images/new", NEW_IMAGE)
    assert created.status == 201
    assert json.loads(created.data)["properties"]["provisioningState"] == "Creating"
    assert "Location" not in created.headers
    updated = arm.send("PUT", "images/new", NEW_IMAGE)
    assert updated.status == 200
    assert json.loads(updated.data)["properties"]["provisioningState"] == "Updating"
    deleted = arm.send("DELETE", "images/new")
    assert (deleted.status, deleted.data) == (202, b"")
    assert "monitor=true" in deleted.headers["Location"]
    missing = arm.send("DELETE", "images/new")
    assert (missing.status, missing.data) == (204, b"")
    assert "Azure-AsyncOperation" not in missing.headers


def test_an_operation_has_the_request_id_as_its_name_and_times_of_seven_digits(arm: ArmClient) -> None:
    response = arm.send("PUT", "images/new", NEW_IMAGE)
    operation = arm.operation(response)
    assert response.headers["x-ms-request-id"] == operation["name"]
    assert TIMESTAMP.fullmatch(operation["startTime"])
    assert TIMESTAMP.fullmatch(operation["endTime"])
    assert operation["status"] == "Succeeded"


def test_operation_urls_are_long_and_signed_and_have_two_families(gallery: ArmClient) -> None:
    """Recorded: 3009 to 3380 characters."""
    of_image = gallery.send("PUT", "images/new", NEW_IMAGE).headers["Azure-AsyncOperation"]
    of_version = gallery.send("PUT", VERSION, version()).headers["Azure-AsyncOperation"]
    assert "/locations/eastus2/operations/" in of_image
    assert "/locations/eastus2/capsOperations/" in of_version
    assert 3000 < len(of_image) < 3400
    gallery.simulator.switches.signed_operation_urls = False
    short = gallery.send("PUT", "images/new", NEW_IMAGE).headers["Azure-AsyncOperation"]
    assert short.endswith("?api-version=2024-07-01")


@pytest.mark.parametrize("name", ["t", "c", "s", "h"])
@pytest.mark.parametrize("value", ["", "another"])
def test_an_operation_is_refused_without_the_signature_of_its_url(
    gallery: ArmClient, name: str, value: str
) -> None:
    """Nothing is known of what ARM does, so the simulator is strict: a client must not rely on an answer."""
    url = gallery.send("PUT", VERSION, version()).headers["Azure-AsyncOperation"]
    path, _, query = url.removeprefix("http://arm.test").partition("?")
    assert gallery.send("GET", path, query=query).status == 200
    changed = re.sub(rf"(?<=[?&]){name}=[^&]*", f"{name}={value}" if value else "", f"&{query}").strip("&")
    assert gallery.error("GET", path, query=changed)[0] == 403
    gallery.simulator.switches.signed_operation_urls = False
    assert gallery.send("GET", path, query="api-version=2024-07-01").status == 200


def test_an_unknown_operation_is_not_found(arm: ArmClient) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/eastus2/operations/{SUBSCRIPTION}"
    assert arm.error("GET", path)[0] == 404


def test_ids_match_in_any_case_and_keep_the_case_of_creation(arm: ArmClient) -> None:
    found = arm.get(
        IMAGE.replace("resourceGroups/Images", "resourcegroups/IMAGES").replace("images/web", "IMAGES/WEB")
    )
    assert found["id"] == IMAGE


def test_lists_of_galleries_upper_case_the_group_and_lists_of_images_do_not(gallery: ArmClient) -> None:
    """The switch changes which lists do: one recorded list of images does, too."""
    everywhere = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/galleries"
    for path in ("galleries", everywhere):
        assert [item["id"] for item in gallery.get(path)["value"]] == [
            f"{COMPUTE.replace(GROUP, GROUP.upper())}/galleries/g"
        ]
    assert f"/{GROUP}/" in gallery.get("images")["value"][0]["id"]
    gallery.simulator.switches.upper_case_list_ids = ("Microsoft.Compute/images",)
    assert f"/{GROUP.upper()}/" in gallery.get("images")["value"][0]["id"]


def test_a_version_gets_defaults_for_what_was_not_sent(gallery: ArmClient) -> None:
    """A region without a replica count gets the profile's. The response has the defaults and what was sent, no more."""
    document = version(IMAGE, "eastus2", "westus2")
    document["properties"]["publishingProfile"]["replicaCount"] = 2
    document["properties"]["publishingProfile"]["targetRegions"][1]["regionalReplicaCount"] = 1
    properties = gallery.put(VERSION, document)["properties"]
    assert properties["publishingProfile"].pop("publishedDate")
    assert properties == {
        "publishingProfile": {
            "targetRegions": [
                {"name": "East US 2", "regionalReplicaCount": 2, "storageAccountType": "Standard_LRS"},
                {"name": "West US 2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            ],
            "replicaCount": 2,
            "excludeFromLatest": False,
            "storageAccountType": "Standard_LRS",
        },
        "storageProfile": {"source": {"id": IMAGE}},
        "safetyProfile": {"reportedForPolicyViolation": False, "allowDeletionOfReplicatedLocations": False},
        "provisioningState": "Creating",
    }


def test_an_update_replaces_the_regions_and_keeps_source_and_date(gallery: ArmClient) -> None:
    first = gallery.put(VERSION, version(IMAGE, "eastus2", "westus2"))["properties"]["publishingProfile"]
    update = removable(version(IMAGE, "eastus2", "westeurope"))
    update["properties"]["storageProfile"] = {}
    properties = gallery.put(VERSION, update)["properties"]
    assert [region["name"] for region in properties["publishingProfile"]["targetRegions"]] == [
        "East US 2",
        "West Europe",
    ]
    assert properties["publishingProfile"]["publishedDate"] == first["publishedDate"]
    assert properties["storageProfile"]["source"] == {"id": IMAGE}


def test_the_last_of_overlapping_updates_wins(gallery: ArmClient) -> None:
    """All are accepted and all operations succeed, but only the regions of the last remain."""
    gallery.simulator.set_pace("seconds:1000000")
    responses = [
        gallery.send("PUT", VERSION, removable(version(IMAGE, "eastus2", region)))
        for region in ("westus", "westeurope", "uksouth")
    ]
    assert [response.status for response in responses] == [201, 200, 200]
    gallery.simulator.skip_time(1_000_000)
    assert [gallery.operation(response)["status"] for response in responses] == ["Succeeded"] * 3
    shown = gallery.get(VERSION, "api-version=2023-07-03&$expand=ReplicationStatus")["properties"]
    assert [region["region"] for region in shown["replicationStatus"]["summary"]] == ["eastus2", "uksouth"]


def test_a_deletion_cancels_other_operations_and_can_be_repeated(gallery: ArmClient) -> None:
    """The creation is canceled; both deletions succeed."""
    gallery.simulator.set_pace("seconds:1000000")
    created = gallery.send("PUT", VERSION, version())
    deleted = [gallery.send("DELETE", VERSION) for _ in range(2)]
    gallery.simulator.skip_time(500_000)
    assert [gallery.operation(response)["status"] for response in deleted] == ["Succeeded"] * 2
    operation = gallery.operation(created)
    assert (operation["status"], operation["error"]["code"]) == ("Canceled", "OperationPreempted")
    assert gallery.error("GET", VERSION)[0] == 404


def from_snapshots(os_snapshot: str, data_snapshot: str) -> Any:
    """Returns a version whose disks have sources of their own."""
    document = version()
    document["properties"]["storageProfile"] = {
        "osDiskImage": {"source": {"id": f"{COMPUTE}/snapshots/{os_snapshot}"}, "hostCaching": "ReadWrite"},
        "dataDiskImages": [{"lun": 0, "source": {"id": f"{COMPUTE}/snapshots/{data_snapshot}"}}],
    }
    return document


def snapshot(name: str, size: int) -> Any:
    return {
        "id": f"{COMPUTE}/snapshots/{name}",
        "location": "eastus2",
        "properties": {"diskSizeGB": size},
    }


def test_a_version_from_snapshots_shows_caching_and_sizes(gallery: ArmClient) -> None:
    """Recorded: the caching is in the first response, the sizes appear once the sources were read."""
    gallery.simulator.reset(seed(snapshot("os", 64)))
    gallery.put("galleries/g", {"location": "eastus2"})
    gallery.put("galleries/g/images/web", definition())
    gallery.simulator.set_pace("polls:2")
    created = gallery.put(VERSION, from_snapshots("os", "unknown"))["properties"]["storageProfile"]
    assert created["osDiskImage"]["hostCaching"] == "ReadWrite"
    assert created["dataDiskImages"][0]["hostCaching"] == "None"
    assert "sizeInGB" not in created["osDiskImage"]
    for _ in range(3):
        profile = gallery.get(VERSION)["properties"]["storageProfile"]
    assert profile["osDiskImage"]["sizeInGB"] == 64
    assert profile["dataDiskImages"][0]["sizeInGB"] == 30
    assert profile["osDiskImage"]["source"] == {"id": f"{COMPUTE}/snapshots/os"}


def test_a_snapshot_above_the_limit_fails_to_replicate(gallery: ArmClient) -> None:
    gallery.simulator.reset(seed(snapshot("os", 64), snapshot("huge", 2520)))
    gallery.put("galleries/g", {"location": "eastus2"})
    gallery.put("galleries/g/images/web", definition())
    operation = gallery.operation(gallery.send("PUT", VERSION, from_snapshots("os", "huge")))
    assert operation["status"] == "Failed"
    assert "source resource size 2520 exceeds the max size 2048" in operation["error"]["message"]


def test_a_community_gallery_has_a_public_name(arm: ArmClient) -> None:
    """The name begins with the prefix, and an update with the same prefix keeps it."""
    sharing = {
        "permissions": "Community",
        "communityGalleryInfo": {
            "publisherUri": "https://a.test",
            "publisherContact": "a@a.test",
            "eula": "https://a.test/eula",
            "publicNamePrefix": "contoso",
        },
    }
    document = {"location": "eastus2", "properties": {"sharingProfile": sharing}}
    arm.put("galleries/g", document)
    info = arm.get("galleries/g")["properties"]["sharingProfile"]["communityGalleryInfo"]
    assert info["communityGalleryEnabled"] is False
    (name,) = info["publicNames"]
    assert re.fullmatch(r"contoso-[0-9a-f-]{36}", name)
    arm.put("galleries/g", document)
    assert arm.get("galleries/g")["properties"]["sharingProfile"]["communityGalleryInfo"] == info
    arm.put("galleries/h", {"location": "eastus2"})
    assert "sharingProfile" not in arm.get("galleries/h")["properties"]


def test_empty_objects_are_dropped_and_feature_values_rewritten(gallery: ArmClient) -> None:
    document = definition(sku="two") | {"tags": {}}
    document["properties"] |= {
        "disallowed": {},
        "features": [{"name": "IsHibernateSupported", "value": "true"}],
    }
    created = gallery.put("galleries/g/images/two", document)
    assert created["tags"] == {}
    assert "disallowed" not in created["properties"]
    assert created["properties"]["features"] == [{"name": "IsHibernateSupported", "value": "True"}]
    assert "tags" not in gallery.get("galleries/g/images/web")


def test_old_api_versions_lack_newer_properties(gallery: ArmClient) -> None:
    gallery.put(VERSION, version())
    old = "api-version=2019-12-01"
    assert "architecture" not in gallery.get("galleries/g/images/web", old)["properties"]
    assert "safetyProfile" not in gallery.get(VERSION, old)["properties"]


def test_disk_sizes_appear_after_the_image_was_created(arm: ArmClient) -> None:
    document = {
        "location": "eastus2",
        "properties": {
            "hyperVGeneration": "V2",
            "storageProfile": {"osDisk": {"osType": "Windows", "blobUri": "https://a.test/b.vhd"}},
        },
    }
    created = arm.put("images/new", document)["properties"]["storageProfile"]
    assert created == {
        "osDisk": {
            "osType": "Windows",
            "osState": "Generalized",
            "blobUri": "https://a.test/b.vhd",
            "caching": "None",
            "storageAccountType": "Standard_LRS",
        },
        "dataDisks": [],
        "zoneResilient": False,
    }
    assert arm.get("images/new")["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 127


def test_the_creation_time_changes_only_if_an_image_is_deleted_and_created_again(arm: ArmClient) -> None:
    """A PATCH or a PUT of the existing image keeps it."""
    wanted = "resourceType eq 'Microsoft.Compute/images' and name eq 'web'"
    query = f"api-version=2021-04-01&$filter={wanted}&$expand=createdTime"
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/resources"

    def created_time() -> Any:
        (found,) = arm.get(path, query)["value"]
        assert found["name"] == "web"
        return found["createdTime"]

    first = created_time()
    assert arm.send("PATCH", "images/web", {"tags": {"a": "b"}}).status == 200
    arm.put("images/web", NEW_IMAGE)
    assert created_time() == first
    arm.send("DELETE", "images/web")
    arm.put("images/web", NEW_IMAGE)
    assert created_time() > first


def test_a_malformed_filter_is_refused(arm: ArmClient) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/resources"
    status, error = arm.error("GET", path, query="api-version=2021-04-01&$filter=color eq 'red'")
    assert (status, error["code"]) == (400, "InvalidFilterInQueryString")
    status, error = arm.error("GET", path, query="api-version=2021-04-01&$filter=tagValue eq 'red'")
    assert (status, error["code"]) == (400, "InvalidFilterInQueryString")


FILTERS = {
    "resourceGroup eq 'IMAGES'": ["tagged", "web", "second", "huge", "far"],
    "resourceGroup eq 'other'": [],
    "location eq 'westus'": ["far"],
    "tagName eq 'Owner' and tagValue eq 'platform'": ["tagged"],
    "tagName eq 'owner' and tagValue eq 'Platform'": [],
    "tagName eq 'owner'": ["tagged"],
    "tagName eq 'team'": [],
}


@pytest.mark.parametrize(("text", "names"), FILTERS.items())
def test_resources_are_listed_by_group_location_and_tag(arm: ArmClient, text: str, names: list[str]) -> None:
    """These are the filters of `az resource list -g`, `--location` and `--tag`. A filter by tag hides the tags."""
    arm.simulator.reset(seed(image("tagged", tags={"owner": "platform"})))
    query = f"api-version=2021-04-01&$filter={text}"
    found = arm.get(f"/subscriptions/{SUBSCRIPTION}/resources", query)["value"]
    assert sorted(item["name"] for item in found) == sorted(names)
    assert any("tags" in item for item in found) == ("tagged" in names and "tagName" not in text)


def test_the_list_of_resources_has_a_thousand_on_a_page(arm: ArmClient) -> None:
    arm.simulator.reset(seed(*(image(f"image-{number}") for number in range(1001))))
    first = arm.get(f"/subscriptions/{SUBSCRIPTION}/resources", "api-version=2021-04-01")
    path, _, query = first["nextLink"].removeprefix("http://arm.test").partition("?")
    second = arm.get(path, query)
    ids = {item["id"] for item in [*first["value"], *second["value"]]}
    assert (len(first["value"]), "nextLink" in second) == (1000, False)
    assert len([id_ for id_ in ids if "/images/image-" in id_]) == 1001


def test_locations_are_the_public_regions(arm: ArmClient) -> None:
    found = arm.get(f"/subscriptions/{SUBSCRIPTION}/locations", "api-version=2022-12-01")["value"]
    physical = [item for item in found if item["metadata"]["regionType"] == "Physical"]
    names = {item["name"]: item["displayName"] for item in physical}
    assert names["eastus2"] == "East US 2"
    assert len(names) >= 40
    assert "usgovvirginia" not in names


def test_logical_regions_are_listed_and_cannot_be_used(gallery: ArmClient) -> None:
    """Clients tell them apart by `regionType` only."""
    found = gallery.get(f"/subscriptions/{SUBSCRIPTION}/locations", "api-version=2022-12-01")["value"]
    by_name = {item["name"]: item for item in found}
    europe = by_name["europe"]
    assert by_name["eastusstg"]["metadata"] == europe["metadata"]
    assert europe["displayName"] == "Europe"
    assert europe["metadata"] == {"regionType": "Logical", "regionCategory": "Other"}
    status, error = gallery.error("PUT", "galleries/h", {"location": "europe"})
    assert (status, error["code"]) == (400, "LocationNotAvailableForResourceType")
    status, error = gallery.error("PUT", VERSION, version(IMAGE, "eastus2", "europe"))
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert "The value 'europe'" in error["message"]


def test_a_region_of_a_sovereign_cloud_is_usable_if_it_is_listed(gallery: ArmClient) -> None:
    """In a subscription of the public cloud it is no region."""
    assert gallery.error("PUT", "galleries/h", {"location": "usgovvirginia"})[0] == 400
    assert gallery.error("PUT", VERSION, version(IMAGE, "eastus2", "usgovvirginia"))[0] == 400
    document = seed(image("gov", location="usgovvirginia"))
    document["subscriptions"][0]["locations"] = ["usgovvirginia", "USGov Arizona", "europe"]
    gallery.simulator.reset(document)
    found = gallery.get(f"/subscriptions/{SUBSCRIPTION}/locations", "api-version=2022-12-01")["value"]
    assert [item["name"] for item in found] == ["usgovvirginia", "usgovarizona", "europe"]
    gallery.put("galleries/g", {"location": "usgovvirginia"})
    gallery.put("galleries/g/images/web", definition() | {"location": "usgovvirginia"})
    gov = version(f"{COMPUTE}/images/gov", "usgovvirginia", "usgovarizona", location="usgovvirginia")
    profile = gallery.put(VERSION, gov)["properties"]["publishingProfile"]
    assert [target["name"] for target in profile["targetRegions"]] == ["USGov Virginia", "USGov Arizona"]


def test_galleries_and_images_have_different_api_versions(arm: ArmClient) -> None:
    """A read with an api-version of the other type gets a 404, a write a 400."""
    assert arm.error("GET", "images", query="")[1]["code"] == "MissingApiVersionParameter"
    assert arm.error("GET", "images", query="api-version=newest")[1]["code"] == "InvalidApiVersionParameter"
    status, error = arm.error("GET", "galleries", query="api-version=2024-07-01")
    assert (status, error["code"]) == (404, "InvalidResourceType")
    status, error = arm.error("PUT", "galleries/g", {"location": "eastus2"}, "api-version=2022-08-01")
    assert (status, error["code"]) == (400, "NoRegisteredProviderFound")
    for newest in ("2026-04-01", "2024-11-01"):
        assert arm.send("GET", "images", query=f"api-version={newest}").status == 200


def test_missing_resources_groups_and_subscriptions_get_the_errors_of_arm(arm: ArmClient) -> None:
    status, error = arm.error("GET", "images/none")
    assert (status, error["code"]) == (404, "ResourceNotFound")
    assert error["message"].startswith(
        f"The Resource 'Microsoft.Compute/images/none' under resource group '{GROUP}' was not found."
    )
    response = arm.send("GET", COMPUTE.replace(GROUP, "none") + "/images")
    assert response.headers["x-ms-failure-cause"] == "gateway"
    assert json.loads(response.data)["error"]["message"] == "Resource group 'none' could not be found."
    other = "99999999-0000-0000-0000-000000000000"
    assert (
        arm.error("GET", COMPUTE.replace(SUBSCRIPTION, other) + "/images")[1]["code"]
        == "SubscriptionNotFound"
    )


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000], ids=["cut off", "nested too deeply"])
def test_a_body_that_is_not_json_is_refused(arm: ArmClient, body: bytes) -> None:
    assert arm.error("PUT", "images/web", body)[1]["code"] == "InvalidRequestContent"


def test_resource_groups_are_created_found_and_listed(arm: ArmClient) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/new"
    assert arm.send("HEAD", path).status == 404
    assert arm.send("PUT", path, {"location": "westeurope"}).status == 201
    assert arm.send("HEAD", path).status == 204
    listed = arm.get(f"/subscriptions/{SUBSCRIPTION}/resourcegroups")["value"]
    assert [group["name"] for group in listed] == [GROUP, "new"]


BAD_TOKENS = {
    "missing": (None, "AuthenticationFailed"),
    "malformed token": ("Bearer nonsense", "InvalidAuthenticationToken"),
    "another scheme": ("Basic abc", "InvalidAuthenticationToken"),
    "wrong signature": (
        f"Bearer {jwt.encode({'aud': 'https://management.azure.com'}, 'x' * 32)}",
        "InvalidAuthenticationToken",
    ),
}


@pytest.mark.parametrize(("authorization", "code"), BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_bad_token_is_refused_with_a_challenge(
    arm: ArmClient, authorization: str | None, code: str
) -> None:
    arm.authorization = authorization
    response = arm.send("GET", "images")
    assert response.status == 401
    assert json.loads(response.data)["error"]["code"] == code
    assert response.headers["WWW-Authenticate"].startswith(
        'Bearer authorization_uri="https://login.windows.net/'
    )


def test_an_expired_token_and_one_for_another_audience_are_refused(arm: ArmClient) -> None:
    sign = arm.simulator.identity.sign
    arm.authorization = f"Bearer {sign('https://management.azure.com', expires_on=int(time.time()) - 1)}"
    assert arm.error("GET", "images")[1]["code"] == "ExpiredAuthenticationToken"
    arm.authorization = f"Bearer {sign('https://vault.azure.net')}"
    assert "wrong audience" in arm.error("GET", "images")[1]["message"]


def test_tokens_carry_the_claims_that_clients_read(arm: ArmClient) -> None:
    token = jwt.decode(
        arm.simulator.identity.sign("https://a.test", "me"), options={"verify_signature": False}
    )
    assert token["aud"] == "https://a.test"
    assert token["appid"] == "me"
    assert token["exp"] - token["iat"] == 86400
    assert {"tid", "oid"} <= set(token)
