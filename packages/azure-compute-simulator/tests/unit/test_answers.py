"""What well-formed requests are answered: the details that clients stumble over."""

import json
import re
import time
from typing import Any

import jwt
import pytest
from simulator_arm import Arm
from simulator_world import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, definition, image, version

VERSION = "galleries/g/images/web/versions/1.0.0"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")
NEW_IMAGE = {"location": "eastus2", "properties": image()["properties"]}


def test_create_is_201_update_is_200_delete_is_202_then_204(arm: Arm) -> None:
    """A create points to its operation only; a delete also has the monitor's Location."""
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


def test_an_operation_is_known_by_its_request_and_timed_to_seven_digits(arm: Arm) -> None:
    answer = arm.send("PUT", "images/new", NEW_IMAGE)
    outcome = arm.outcome(answer)
    assert answer.headers["x-ms-request-id"] == outcome["name"]
    assert TIMESTAMP.fullmatch(outcome["startTime"])
    assert TIMESTAMP.fullmatch(outcome["endTime"])
    assert outcome["status"] == "Succeeded"


def test_operation_urls_are_long_signed_and_of_two_families(gallery: Arm) -> None:
    """Recorded: 3009 to 3380 characters."""
    of_image = gallery.send("PUT", "images/new", NEW_IMAGE).headers["Azure-AsyncOperation"]
    of_version = gallery.send("PUT", VERSION, version()).headers["Azure-AsyncOperation"]
    assert "/locations/eastus2/operations/" in of_image
    assert "/locations/eastus2/capsOperations/" in of_version
    assert 3000 < len(of_image) < 3400
    gallery.simulator.set_switches(signed_operation_urls=False)
    short = gallery.send("PUT", "images/new", NEW_IMAGE).headers["Azure-AsyncOperation"]
    assert short.endswith("?api-version=2024-07-01")


def test_an_unknown_operation_is_not_found(arm: Arm) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/eastus2/operations/{SUBSCRIPTION}"
    assert arm.error("GET", path)[0] == 404


def test_ids_match_in_any_case_and_keep_the_case_of_creation(arm: Arm) -> None:
    found = arm.get(
        IMAGE.replace("resourceGroups/Images", "resourcegroups/IMAGES").replace("images/web", "IMAGES/WEB")
    )
    assert found["id"] == IMAGE


def test_lists_of_galleries_upper_case_the_group_and_lists_of_images_do_not(gallery: Arm) -> None:
    """Unless they are told to: one recorded list of images does."""
    everywhere = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/galleries"
    for path in ("galleries", everywhere):
        assert [item["id"] for item in gallery.get(path)["value"]] == [
            f"{COMPUTE.replace(GROUP, GROUP.upper())}/galleries/g"
        ]
    assert f"/{GROUP}/" in gallery.get("images")["value"][0]["id"]
    gallery.simulator.set_switches(upper_case_list_ids=["Microsoft.Compute/images"])
    assert f"/{GROUP.upper()}/" in gallery.get("images")["value"][0]["id"]


def test_defaults_of_a_version_are_filled_in(gallery: Arm) -> None:
    """A region without a replica count gets the profile's; only what was sent is echoed beyond the defaults."""
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


def test_an_update_replaces_the_regions_and_keeps_source_and_date(gallery: Arm) -> None:
    first = gallery.put(VERSION, version(IMAGE, "eastus2", "westus2"))["properties"]["publishingProfile"]
    update = version(IMAGE, "eastus2", "westeurope")
    update["properties"]["storageProfile"] = {}
    properties = gallery.put(VERSION, update)["properties"]
    assert [region["name"] for region in properties["publishingProfile"]["targetRegions"]] == [
        "East US 2",
        "West Europe",
    ]
    assert properties["publishingProfile"]["publishedDate"] == first["publishedDate"]
    assert properties["storageProfile"]["source"] == {"id": IMAGE}


def test_of_overlapping_updates_the_last_one_wins(gallery: Arm) -> None:
    """Both are accepted, and the regions of the first are silently gone; both operations end well."""
    gallery.simulator.set_transitions("seconds:1000000")
    answers = [
        gallery.send("PUT", VERSION, version(IMAGE, "eastus2", region))
        for region in ("westus", "westeurope", "uksouth")
    ]
    assert [answer.status for answer in answers] == [201, 200, 200]
    gallery.simulator.skip_time(1_000_000)
    assert [gallery.outcome(answer)["status"] for answer in answers] == ["Succeeded"] * 3
    shown = gallery.get(VERSION, "api-version=2023-07-03&$expand=ReplicationStatus")["properties"]
    assert [region["region"] for region in shown["replicationStatus"]["summary"]] == ["eastus2", "uksouth"]


def test_a_deletion_overtakes_what_goes_on_and_can_be_repeated(gallery: Arm) -> None:
    """The creation is canceled; both deletions end well."""
    gallery.simulator.set_transitions("seconds:1000000")
    created = gallery.send("PUT", VERSION, version())
    deleted = [gallery.send("DELETE", VERSION) for _ in range(2)]
    gallery.simulator.skip_time(500_000)
    assert [gallery.outcome(answer)["status"] for answer in deleted] == ["Succeeded"] * 2
    outcome = gallery.outcome(created)
    assert (outcome["status"], outcome["error"]["code"]) == ("Canceled", "OperationPreempted")
    assert gallery.error("GET", VERSION)[0] == 404


def test_empty_objects_are_dropped_and_feature_values_rewritten(gallery: Arm) -> None:
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


def test_old_api_versions_show_less(gallery: Arm) -> None:
    gallery.put(VERSION, version())
    old = "api-version=2019-12-01"
    assert "architecture" not in gallery.get("galleries/g/images/web", old)["properties"]
    assert "safetyProfile" not in gallery.get(VERSION, old)["properties"]


def test_disk_sizes_appear_when_the_image_is_made(arm: Arm) -> None:
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


def test_the_creation_time_tells_a_new_image_from_a_retagged_one(arm: Arm) -> None:
    """It survives a PATCH and a PUT over the image, and is new after deletion and creation."""
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


def test_a_filter_that_cannot_be_read_is_refused(arm: Arm) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/resources"
    status, error = arm.error("GET", path, query="api-version=2021-04-01&$filter=color eq 'red'")
    assert (status, error["code"]) == (400, "InvalidFilterInQueryString")


def test_locations_are_the_public_regions(arm: Arm) -> None:
    found = arm.get(f"/subscriptions/{SUBSCRIPTION}/locations", "api-version=2022-12-01")["value"]
    names = {item["name"]: item["displayName"] for item in found}
    assert names["eastus2"] == "East US 2"
    assert len(names) >= 40
    assert {item["metadata"]["regionType"] for item in found} == {"Physical"}


def test_api_versions_follow_the_train_of_their_type(arm: Arm) -> None:
    """Galleries do not know the api-versions of images; a read answers 404, a write 400."""
    assert arm.error("GET", "images", query="")[1]["code"] == "MissingApiVersionParameter"
    assert arm.error("GET", "images", query="api-version=newest")[1]["code"] == "InvalidApiVersionParameter"
    status, error = arm.error("GET", "galleries", query="api-version=2024-07-01")
    assert (status, error["code"]) == (404, "InvalidResourceType")
    status, error = arm.error("PUT", "galleries/g", {"location": "eastus2"}, "api-version=2022-08-01")
    assert (status, error["code"]) == (400, "NoRegisteredProviderFound")
    for newest in ("2026-04-01", "2024-11-01"):
        assert arm.send("GET", "images", query=f"api-version={newest}").status == 200


def test_what_does_not_exist_is_not_found_in_the_words_of_arm(arm: Arm) -> None:
    status, error = arm.error("GET", "images/none")
    assert (status, error["code"]) == (404, "ResourceNotFound")
    assert error["message"].startswith(
        f"The Resource 'Microsoft.Compute/images/none' under resource group '{GROUP}' was not found."
    )
    answer = arm.send("GET", COMPUTE.replace(GROUP, "none") + "/images")
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    assert json.loads(answer.data)["error"]["message"] == "Resource group 'none' could not be found."
    other = "99999999-0000-0000-0000-000000000000"
    assert (
        arm.error("GET", COMPUTE.replace(SUBSCRIPTION, other) + "/images")[1]["code"]
        == "SubscriptionNotFound"
    )


def test_a_body_that_is_not_json_is_refused(arm: Arm) -> None:
    assert arm.error("PUT", "images/new", b"{")[1]["code"] == "InvalidRequestContent"


def test_resource_groups_are_made_found_and_listed(arm: Arm) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/new"
    assert arm.send("HEAD", path).status == 404
    assert arm.send("PUT", path, {"location": "westeurope"}).status == 201
    assert arm.send("HEAD", path).status == 204
    listed = arm.get(f"/subscriptions/{SUBSCRIPTION}/resourcegroups")["value"]
    assert [group["name"] for group in listed] == [GROUP, "new"]


BAD_TOKENS = {
    "missing": (None, "AuthenticationFailed"),
    "no token": ("Bearer nonsense", "InvalidAuthenticationToken"),
    "another scheme": ("Basic abc", "InvalidAuthenticationToken"),
    "signed by somebody else": (
        f"Bearer {jwt.encode({'aud': 'https://management.azure.com'}, 'x' * 32)}",
        "InvalidAuthenticationToken",
    ),
}


@pytest.mark.parametrize(("authorization", "code"), BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_bad_token_is_refused_with_a_challenge(arm: Arm, authorization: str | None, code: str) -> None:
    arm.authorization = authorization
    answer = arm.send("GET", "images")
    assert answer.status == 401
    assert json.loads(answer.data)["error"]["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith(
        'Bearer authorization_uri="https://login.windows.net/'
    )


def test_an_expired_token_and_one_for_another_audience_are_refused(arm: Arm) -> None:
    sign = arm.simulator.identity.sign
    arm.authorization = f"Bearer {sign('https://management.azure.com', expires_on=int(time.time()) - 1)}"
    assert arm.error("GET", "images")[1]["code"] == "ExpiredAuthenticationToken"
    arm.authorization = f"Bearer {sign('https://vault.azure.net')}"
    assert "wrong audience" in arm.error("GET", "images")[1]["message"]


def test_tokens_carry_the_claims_that_clients_read(arm: Arm) -> None:
    token = jwt.decode(
        arm.simulator.identity.sign("https://a.test", "me"), options={"verify_signature": False}
    )
    assert token["aud"] == "https://a.test"
    assert token["appid"] == "me"
    assert token["exp"] - token["iat"] == 86400
    assert {"tid", "oid"} <= set(token)
