"""The routes that list managed images and galleries."""

import dataclasses
from typing import Any

import pytest

from domain.resources.galleries import TargetRegion
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
