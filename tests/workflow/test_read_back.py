"""A write is read back: a number in the bin is not used, and a version that shows something else is a failure."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.arm import call_arm
from local.stack import Stack
from tests.workflow.estate import GALLERY, PACE, SEED, TWIN, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  replication: {{deadline_hours: 300}}
rules:
  - name: twins
    match: {{names: ["twin-*"]}}
    galleries: [{GALLERY}, {TWIN}]
"""
BIN = {"method": "GET", "path": "/softdeletedartifacttypes/"}


def _seed() -> dict[str, Any]:
    """Returns the usual seed with soft delete in both galleries."""
    seed = copy.deepcopy(SEED)
    for gallery in seed["resources"]:
        gallery["properties"] = {"softDeletePolicy": {"isSoftDeleteEnabled": True}}
    return seed


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    stack = Stack(tmp_path, _seed(), POLICY, PACE, one_clock=True)
    with stack, Estate(stack) as estate:
        yield estate


def soft_deleted(estate: Estate, name: str, *galleries: str) -> str:
    """Migrates an image, deletes its versions into the bin and replaces the image; returns the image's id."""
    image = estate.write(an_image(name, blob="former"))
    estate.start(image)
    assert estate.ended(image)["state"] == "completed"
    for gallery in galleries:
        delete(estate, f"{gallery}/images/{name}/versions/1.0.0")
    delete(estate, image)
    return estate.write(an_image(name, blob="new"))


def delete(estate: Estate, resource: str, **parameters: str) -> None:
    """Deletes the resource through ARM and waits until it is gone."""
    call_arm(estate.stack, "DELETE", resource, **parameters).raise_for_status()
    estate.eventually(lambda: call_arm(estate.stack, "GET", resource).status_code == 404)


def test_the_number_of_a_soft_deleted_version_is_not_used_again(estate: Estate) -> None:
    image = soft_deleted(estate, "softy", GALLERY)

    plan = estate.http.post(f"{estate.stack.api}/migrations/plan", json={"image": image}).json()
    estate.start(image)
    migration = estate.ended(image)

    assert plan["targets"][0]["version"]["number"] == "1.0.1"
    assert (migration["state"], migration["targets"][0]["version"]) == ("completed", "1.0.1")
    assert list(estate.versions("softy")) == ["1.0.1"]


def test_a_copy_does_not_take_a_number_from_the_bin_of_its_gallery(estate: Estate) -> None:
    """The further gallery prefers the first one's number, so that they stay in step; in its bin it is taken."""
    image = soft_deleted(estate, "twin-a", TWIN)
    delete(estate, f"{GALLERY}/images/twin-a/versions/1.0.0", bypassSoftDelete="true")

    estate.start(image, version="1.0.0", galleries=[GALLERY])
    assert estate.ended(image)["state"] == "completed"
    estate.start(image)
    migration = estate.ended(image)

    assert migration["state"] == "completed"
    assert [target["version"] for target in migration["targets"]] == ["1.0.0", "1.0.1"]
    assert list(estate.versions("twin-a", TWIN)) == ["1.0.1"]


def test_a_number_that_was_asked_for_and_is_in_the_bin_is_refused(estate: Estate) -> None:
    image = soft_deleted(estate, "asked", GALLERY)

    estate.start(image, version="1.0.0")
    blocked = estate.ended(image)

    assert blocked["state"] == "blocked"
    assert "another 'version'" in blocked["fix"]
    assert estate.versions("asked") == {}


def test_a_version_that_came_back_is_a_failure_and_its_fix_works(estate: Estate) -> None:
    """Where the bin cannot be read, the write brings the old version back with its old content."""
    image = soft_deleted(estate, "back", GALLERY)
    refusal = {**BIN, "status": 403, "code": "AuthorizationFailed", "message": "no", "times": 99}
    estate.stack.control("POST", "faults", refusal)

    estate.start(image, version="1.0.0")
    migration = estate.ended(image)

    assert (migration["state"], migration["failure"]["code"]) == ("failed", "VersionDiffers")
    assert "soft-deleted versions in gallery golden cannot be read" in " ".join(migration["warnings"])
    # as the fix says: first another start, then the deletion
    estate.start(image)
    assert estate.ended(image)["targets"][0]["version"] == "1.0.1"
    delete(estate, f"{GALLERY}/images/back/versions/1.0.0")
    estate.start(image)
    assert estate.ended(image)["targets"][0]["outcome"] == "adopted"


def test_a_region_that_another_writer_dropped_is_added_again(estate: Estate) -> None:
    """Reported by users: the last of two overlapping updates wins."""
    estate.stack.control("POST", "transitions", {"default": "manual"})
    image = estate.write(an_image("dropped"))
    estate.start(image)
    version = estate.eventually(lambda: next(iter(estate.versions("dropped").values()), None))
    body = {
        "properties": {
            "publishingProfile": {"targetRegions": [{"name": "eastus2"}]},
            "safetyProfile": {"allowDeletionOfReplicatedLocations": True},
        }
    }
    call_arm(estate.stack, "PATCH", version["id"], body).raise_for_status()
    estate.stack.control("POST", "transitions", {"default": "immediate"})
    estate.stack.control("POST", "transitions", {"advance": {"id": version["id"]}})

    migration = estate.ended(image)

    assert migration["state"] == "completed"
    profile = estate.arm(version["id"])["properties"]["publishingProfile"]
    assert [region["name"] for region in profile["targetRegions"]] == ["East US 2", "West US 2"]
