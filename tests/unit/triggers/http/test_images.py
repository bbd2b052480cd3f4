"""The routes that list managed images and galleries."""

import dataclasses
from typing import Any

import pytest

from domain.errors import ArmError
from domain.resources.galleries import PublishedRegion, TargetRegion
from domain.resources.provenance import migration_id
from tests.unit.app import code
from tests.unit.builders import (
    OTHER_GALLERY,
    SUBSCRIPTION,
    definition,
    definition_id,
    disk,
    gallery,
    image,
    image_id,
    version,
)
from tests.unit.fakes import SETTINGS, FakeCompute, working_with
from tests.unit.triggers.http.requesting import HOST, body_of, fields_of, problem_of, request

get_images = code("get_images")
get_galleries = code("get_galleries")
BOTH = pytest.mark.parametrize("function", [get_images, get_galleries], ids=["images", "galleries"])


async def test_images_are_listed_with_the_address_of_their_migration() -> None:
    built = image("web", data_disks=[disk("data", 64, lun=0)], tags={"team": "web"})
    with working_with(FakeCompute(images=[image("zebra"), built])):
        response = await get_images(req=request("images"))
    first, second = body_of(response)["images"]
    assert (first["name"], second["name"]) == ("web", "zebra")
    assert first == {
        "id": str(built.id),
        "name": "web",
        "resource_group": "builds",
        "subscription": SUBSCRIPTION,
        "location": "westeurope",
        "os_type": "Linux",
        "hyper_v_generation": "V2",
        "os_disk_gb": 30,
        "data_disks_gb": [64],
        "provisioning_state": "Succeeded",
        "created": "2026-01-15T08:30:00Z",
        "tags": {"team": "web"},
        "migration": f"{HOST}/migrations/{migration_id(built.id)}",
    }


async def test_galleries_are_listed_as_gallery_definition_version() -> None:
    home = TargetRegion(name="westeurope")
    compute = FakeCompute(
        galleries=[gallery(), gallery(OTHER_GALLERY)],
        definitions=[definition("web"), definition("empty", OTHER_GALLERY)],
        versions=[version("1.0.0", id=definition_id("web").version("1.0.0"), target_regions=[home])],
    )
    with working_with(compute):
        response = await get_galleries(req=request("galleries"))
    listed = body_of(response)["galleries"]
    assert [row["name"] for row in listed] == ["golden\\web\\1.0.0", "mirror\\empty"]
    assert (listed[0]["regions"], listed[0]["source"]) == (["westeurope"], str(image_id()))
    assert (listed[0]["provisioning_state"], listed[0]["exclude_from_latest"]) == ("Succeeded", False)
    assert (listed[1]["regions"], listed[1]["provisioning_state"]) == ([], None)


@BOTH
async def test_a_list_needs_a_subscription_in_the_query_or_in_the_settings(function: Any) -> None:
    with working_with(FakeCompute(), settings=dataclasses.replace(SETTINGS, subscriptions=())):
        response = await function(req=request("images"))
    problem = problem_of(response, 400)
    assert fields_of(problem) == ["subscription"]
    assert "GALLERIST_SUBSCRIPTIONS" in problem["detail"]


@pytest.mark.parametrize(
    ("subscription", "count"), [(SUBSCRIPTION, 1), ("99999999-2222-3333-4444-555555555555", 0)]
)
async def test_the_querys_subscription_overrides_the_settings(subscription: str, count: int) -> None:
    with working_with(FakeCompute(images=[image()])):
        response = await get_images(req=request("images", subscription=subscription))
    assert len(body_of(response)["images"]) == count


@BOTH
async def test_a_malformed_subscription_answers_400(function: Any) -> None:
    with working_with(FakeCompute()):
        response = await function(req=request("images", subscription="../tenants"))
    assert fields_of(problem_of(response, 400)) == ["subscription"]


OTHER = "99999999-2222-3333-4444-555555555555"
BOTH_SUBSCRIPTIONS = dataclasses.replace(SETTINGS, subscriptions=(OTHER, SUBSCRIPTION))


@BOTH
async def test_a_subscription_that_cannot_be_read_is_named_and_the_others_are_listed(function: Any) -> None:
    compute = FakeCompute(images=[image()], galleries=[gallery()], definitions=[definition()])
    compute.errors[f"/subscriptions/{OTHER}"] = ArmError(404, "SubscriptionNotFound", "it is gone")
    with working_with(compute, settings=BOTH_SUBSCRIPTIONS):
        response = await function(req=request("images"))
    body = body_of(response)
    assert len(body.get("images", body.get("galleries"))) == 1
    (unreadable,) = body["unreadable"]
    assert unreadable["id"] == f"/subscriptions/{OTHER}"
    assert "it is gone" in unreadable["reason"]
    assert (unreadable["fix"] != "", body["unread"]) == (True, None)


@BOTH
async def test_a_list_that_is_not_complete_yet_says_when_to_read_on(function: Any) -> None:
    compute = FakeCompute(images=[image()], galleries=[gallery()], definitions=[definition()])
    compute.errors[f"/subscriptions/{OTHER}"] = ArmError(429, "TooManyRequests", "later")
    with working_with(compute, settings=BOTH_SUBSCRIPTIONS):
        response = await function(req=request("images"))
    unread = body_of(response)["unread"]
    assert (unread["parts"], unread["retry_after_seconds"]) == (1, 10)
    assert response.headers["Retry-After"] == "10"


@BOTH
@pytest.mark.parametrize(("status", "code"), [(404, 502), (429, 503)])
async def test_a_list_of_nothing_but_what_cannot_be_read_is_a_problem(
    function: Any, status: int, code: int
) -> None:
    compute = FakeCompute()
    compute.errors[f"/subscriptions/{SUBSCRIPTION}"] = ArmError(
        status, "SubscriptionNotFound" if status == 404 else "", ""
    )
    with working_with(compute):
        problem_of(await function(req=request("images")), code)


async def test_a_definition_whose_versions_are_not_read_is_not_listed_without_versions() -> None:
    compute = FakeCompute(galleries=[gallery()], definitions=[definition("web"), definition("api")])
    compute.errors[str(definition_id("web"))] = ArmError(429, "TooManyRequests", "later")
    with working_with(compute):
        body = body_of(await get_galleries(req=request("galleries")))
    assert [row["name"] for row in body["galleries"]] == ["golden\\api"]
    assert body["unread"]["parts"] == 1


async def test_unknown_values_of_others_are_listed_as_they_are() -> None:
    odd = definition("web", os_type="Plan9", hyper_v_generation="V3")
    region = PublishedRegion(name="eastus9", storage_account_type="PremiumV2_LRS")
    made = version("1.0.0", id=definition_id("web").version("gold"), target_regions=[region])
    compute = FakeCompute(galleries=[gallery()], definitions=[odd], versions=[made])
    with working_with(compute):
        (row,) = body_of(await get_galleries(req=request("galleries")))["galleries"]
    assert (row["name"], row["os_type"], row["hyper_v_generation"], row["regions"]) == (
        "golden\\web\\gold",
        "Plan9",
        "V3",
        ["eastus9"],
    )
