"""Regions: waves, replicas raised later, repairs, partial migrations, and regions added to existing versions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.arm import delete_image
from local.stack import Stack
from tests.workflow.estate import GALLERY, PACE, SEED, Estate, an_image

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2, {{name: northeurope, replicas: 3}}]
  replication: {{deadline_hours: 100}}
rules:
  - name: home first
    match: {{names: ["waves-*"]}}
    replication: {{waves: home-first, first_replicas: 1}}
  - name: impatient
    match: {{names: ["stuck-*"]}}
    replication: {{deadline_hours: 8, stuck_after_hours: 2}}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack(folder, SEED, POLICY, PACE, one_clock=True) as stack, Estate(stack) as estate:
        yield estate


@pytest.fixture
def estate(running: Estate) -> Iterator[Estate]:
    """The app with a simulated Azure in which each test injects its own faults; they end with it."""
    yield running
    running.stack.control("DELETE", "faults")


def test_home_first_adds_the_other_regions_then_raises_the_replica_counts(estate: Estate) -> None:
    """The version starts in the image's own region with one replica; each step waits for the previous one."""
    image = estate.write(an_image("waves-a"))
    estate.start(image)

    assert estate.ended(image)["state"] == "completed"
    bodies = [entry["body"] for entry in estate.writes("waves-a/versions")]
    assert [_regions(body) for body in bodies] == [
        {"eastus2": 1},
        {"eastus2": 1, "westus2": 1, "northeurope": 1},
        {"eastus2": 1, "westus2": 1, "northeurope": 3},
    ]


def test_a_region_that_fails_once_is_removed_and_added_again(estate: Estate) -> None:
    """The service itself advises this; the migration completes, and regions cannot be removed again."""
    estate.stack.control("POST", "faults", {"region": "westus2", "kind": "failed", "times": 1})
    image = estate.write(an_image("healed"))
    estate.start(image)

    assert estate.ended(image)["state"] == "completed"
    assert _requested_regions(estate, "healed") == [
        {"eastus2", "westus2", "northeurope"},
        {"eastus2", "northeurope"},
        {"eastus2", "westus2", "northeurope"},
    ]
    (version,) = estate.versions("healed").values()
    assert version["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] is False


def test_a_migration_is_partial_if_a_region_keeps_failing(estate: Estate) -> None:
    """After the policy's number of attempts, the status names the failed region; the others are completed."""
    estate.stack.control("POST", "faults", {"region": "westus2", "kind": "failed", "times": 99})
    image = estate.write(an_image("partial"))
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "partial"
    states = {region["region"]: region["state"] for region in migration["targets"][0]["regions"]}
    assert states == {"eastus2": "Completed", "westus2": "Failed", "northeurope": "Completed"}
    assert "westus2" in migration["reason"]
    # the first attempt, then twice a removal and an addition
    assert len(estate.writes("partial/versions")) == 5


def test_a_region_without_progress_is_removed_and_added_again(estate: Estate) -> None:
    """After `stuck_after_hours`, a region without progress counts as failed."""
    estate.stack.control("POST", "faults", {"region": "northeurope", "kind": "stuck"})
    image = estate.write(an_image("stuck-a"))
    estate.start(image)

    estate.eventually(lambda: {"eastus2", "westus2"} in _requested_regions(estate, "stuck-a"))
    estate.stack.control("DELETE", "faults")

    assert estate.ended(image)["state"] == "completed"


def test_a_migration_is_partial_if_a_region_never_makes_progress(estate: Estate) -> None:
    estate.stack.control("POST", "faults", {"region": "northeurope", "kind": "stuck"})
    image = estate.write(an_image("stuck-b"))
    estate.start(image)

    migration = estate.ended(image)

    assert migration["state"] == "partial"
    assert migration["failure"]["code"] == "ReplicationDeadlinePassed"
    assert migration["reason"].endswith("northeurope")


def test_regions_are_added_to_an_existing_version(estate: Estate) -> None:
    """POST …/regions adds the region and keeps every existing one with its replica count."""
    image = estate.write(an_image("wider"))
    migration_id = estate.start(image).id
    before = estate.ended(image)["targets"][0]["version_id"]

    response = estate.http.post(
        f"{estate.stack.api}/migrations/{migration_id}/regions", json={"regions": ["Japan East"]}
    )

    assert response.status_code == 202
    assert estate.ended(image)["state"] == "completed"
    profile = estate.arm(before)["properties"]["publishingProfile"]
    assert [region["name"] for region in profile["targetRegions"]] == [
        "East US 2",
        "West US 2",
        "North Europe",
        "Japan East",
    ]
    assert [region["regionalReplicaCount"] for region in profile["targetRegions"]] == [1, 1, 3, 1]


def test_regions_are_added_after_the_managed_image_was_deleted(estate: Estate) -> None:
    """People delete the managed image once its version is tested; the version can still get regions."""
    image = estate.write(an_image("retired"))
    migration_id = estate.start(image).id
    before = estate.ended(image)
    delete_image(estate.stack, image)
    address = f"{estate.stack.api}/migrations/{migration_id}"

    unnamed = estate.http.post(f"{address}/regions", json={})
    named = estate.http.post(f"{address}/regions", json={"regions": [{"name": "Japan East", "replicas": 2}]})

    assert [fault["field"] for fault in unnamed.json()["errors"]] == ["regions"]
    assert "list them in 'regions'" in unnamed.json()["detail"]
    assert named.status_code == 202
    after = estate.ended(image)
    assert after["state"] == "completed"
    assert (after["rule"], after["fingerprint"]) == (before["rule"], before["fingerprint"])
    (target,) = after["targets"]
    assert {region["region"]: region["state"] for region in target["regions"]} == {
        "eastus2": "Completed",
        "westus2": "Completed",
        "northeurope": "Completed",
        "japaneast": "Completed",
    }
    assert target["version_id"] == before["targets"][0]["version_id"]


def test_an_added_region_that_fails_does_not_affect_the_others(estate: Estate) -> None:
    image = estate.write(an_image("grows"))
    migration_id = estate.start(image).id
    estate.ended(image)
    estate.stack.control("POST", "faults", {"region": "japaneast", "kind": "failed", "times": 99})

    estate.http.post(f"{estate.stack.api}/migrations/{migration_id}/regions", json={"regions": ["japaneast"]})

    migration = estate.eventually(lambda: _partial(estate, image))
    states = {region["region"]: region["state"] for region in migration["targets"][0]["regions"]}
    assert states.pop("japaneast") == "Failed"
    assert set(states.values()) == {"Completed"}
    assert "japaneast" in migration["reason"]


def test_a_migration_without_a_version_refuses_regions(estate: Estate) -> None:
    image = estate.write(an_image("stopped", data_disks_gb=(4095,)))
    migration_id = estate.start(image).id
    estate.ended(image)

    address = f"{estate.stack.api}/migrations/{migration_id}/regions"
    response = estate.http.post(address, json={"regions": ["japaneast"]})

    assert response.status_code == 409
    assert response.json()["detail"] == "the migration made no version: it is blocked"


def _partial(estate: Estate, image: str) -> dict[str, Any] | None:
    migration = estate.ended(image)
    return migration if migration["state"] == "partial" else None


def _requested_regions(estate: Estate, name: str) -> list[set[str]]:
    return [set(_regions(entry["body"])) for entry in estate.writes(f"{name}/versions")]


def _regions(body: str) -> dict[str, int]:
    regions = json.loads(body)["properties"]["publishingProfile"]["targetRegions"]
    return {_short(region["name"]): region["regionalReplicaCount"] for region in regions}


def _short(name: str) -> str:
    return name.lower().replace(" ", "")
