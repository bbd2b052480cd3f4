"""The verdict of the torture: each thing that can go wrong is found, on resources that are made up."""

import copy
from random import Random
from typing import Any

import pytest

from torture.estate import GALLERY, REGIONS, SECOND_GALLERY, Image, images
from torture.verdict import Verdict, judge

FLEET = images(60, Random(7))
TWIN = next(image for image in FLEET if image.kind == "twin")
BLOCKED = next(image for image in FLEET if image.kind == "too large")
HOLDS = Verdict((), (), ())


def version(source: str, gallery: str, number: str = "1.0.0") -> dict[str, Any]:
    """A version made from an image, or from a version of it; its definition has the image's name."""
    name = source.partition("/versions/")[0].rpartition("/")[2]
    return {
        "id": f"{gallery}/images/{name}/versions/{number}",
        "type": "Microsoft.Compute/galleries/images/versions",
        "properties": {
            "provisioningState": "Succeeded",
            "storageProfile": {"source": {"id": source}},
            "publishingProfile": {
                "excludeFromLatest": True,
                "targetRegions": [{"name": region} for region in REGIONS],
            },
        },
    }


def migrated(image: Image) -> list[dict[str, Any]]:
    """The image, its version, and the copy of that in the second gallery."""
    made = [version(image.id, GALLERY)] if image.galleries else []
    copies = [version(made[0]["id"], SECOND_GALLERY)] if image.kind == "twin" else []
    return [{"id": image.id, "type": "Microsoft.Compute/images"}, *made, *copies]


@pytest.fixture
def resources() -> list[dict[str, Any]]:
    return copy.deepcopy([resource for image in FLEET for resource in migrated(image)])


def find(resources: list[dict[str, Any]], resource_id: str) -> dict[str, Any]:
    return next(resource for resource in resources if resource["id"] == resource_id)


def test_a_fleet_in_which_every_image_has_its_versions_holds(resources: list[dict[str, Any]]) -> None:
    assert judge(FLEET, resources, accepted=["migration-1"], known=["migration-1"]) == HOLDS


def test_an_image_without_a_version_is_lost(resources: list[dict[str, Any]]) -> None:
    resources.remove(find(resources, version(TWIN.id, GALLERY)["id"]))
    verdict = judge(FLEET, resources)
    assert f"{TWIN.id} has no version in {GALLERY}" in verdict.lost


def test_a_migration_that_was_accepted_and_forgotten_is_lost(resources: list[dict[str, Any]]) -> None:
    verdict = judge(FLEET, resources, accepted=["migration-1", "migration-2"], known=["migration-2"])
    assert verdict.lost == ("migration-1 was accepted, and the app does not know it",)


def test_a_second_version_of_the_same_image_is_found(resources: list[dict[str, Any]]) -> None:
    resources.append(version(TWIN.id, GALLERY, "1.0.1"))
    assert judge(FLEET, resources).twice == (f"{TWIN.id} has 2 versions in {GALLERY}",)


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("provisioningState", "Failed", "is Failed"),
        ("publishingProfile", {"targetRegions": [{"name": "East US 2"}]}, "has the regions eastus2"),
    ],
)
def test_a_version_that_is_not_what_it_should_be_is_wrong(
    resources: list[dict[str, Any]], field: str, value: Any, fault: str
) -> None:
    found = find(resources, version(TWIN.id, GALLERY)["id"])
    found["properties"][field] = value
    assert f"{found['id']} {fault}" in judge(FLEET, resources).wrong


def test_a_version_of_an_image_that_may_have_none_is_wrong(resources: list[dict[str, Any]]) -> None:
    resources.append(version(BLOCKED.id, GALLERY))
    assert judge(FLEET, resources).wrong == (
        f"{BLOCKED.id.lower()} should have no version in {GALLERY.lower()}",
    )


def test_a_second_build_instead_of_a_copy_is_wrong(resources: list[dict[str, Any]]) -> None:
    second = find(resources, version(version(TWIN.id, GALLERY)["id"], SECOND_GALLERY)["id"])
    second["properties"]["storageProfile"]["source"]["id"] = TWIN.id
    [sentence] = judge(FLEET, resources).wrong
    assert sentence.endswith("was built from the image again")


def test_an_image_that_is_gone_is_wrong(resources: list[dict[str, Any]]) -> None:
    resources.remove(find(resources, BLOCKED.id))
    assert judge(FLEET, resources).wrong == (f"{BLOCKED.id} is gone",)
