"""Retention's deletions over HTTP: into the bin of a gallery, back from it, and the locks that stand against them."""

from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from adapters.azure.retention import Retention
from tests.integration.simulated_azure import way_to
from tests.integration.versions.test_passed_end_of_life import DEFINITION, LATER, VERSION, resources
from tests.workflow.estate import HERE, SEED

GALLERY = SEED["resources"][0]


def with_a_bin() -> dict[str, Any]:
    seed: dict[str, Any] = deepcopy(SEED)
    seed["resources"][0]["properties"] = {"softDeletePolicy": {"isSoftDeleteEnabled": True}}
    written = resources(LATER)
    # what is protected until its end of life is not deleted at all
    del written[-1]["properties"]["safetyProfile"]
    seed["resources"] += written
    return seed


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    async with way_to(server, monkeypatch, HERE) as way:
        server.reset(with_a_bin())
        yield way.arm


async def test_a_deleted_version_is_in_the_bin_and_comes_back(arm: Arm, server: SimulatorServer) -> None:
    retention = Retention(arm)
    assert await retention.list_bin(VERSION.definition) == []

    await retention.begin_delete(VERSION)
    server.skip_time(3600)

    assert await Compute(arm).get_image_version(VERSION) is None
    (row,) = await retention.list_bin(VERSION.definition)
    assert (row.id, row.location) == (VERSION, "eastus2")
    assert row.deleted_at is not None
    assert row.gone_at is None or row.gone_at > row.deleted_at
    await retention.begin_restore(VERSION, row.location)
    server.skip_time(3600)
    found = await Compute(arm).get_image_version(VERSION)
    assert found is not None
    assert found.provisioning_state == "Succeeded"
    assert await retention.list_bin(VERSION.definition) == []


async def test_locks_at_and_above_a_version_are_found_and_no_others(
    arm: Arm, server: SimulatorServer
) -> None:
    group = DEFINITION.partition("/providers/")[0]
    scopes = [f"/subscriptions/{HERE}", group, GALLERY["id"], str(VERSION), f"{GALLERY['id']}/images/other"]
    server.set_locks([{"scope": scope, "level": "CanNotDelete"} for scope in scopes])

    found = await Retention(arm).list_locks(VERSION)

    assert len(found) == len(scopes) - 1
    assert not [lock for lock in found if "/images/other/" in lock]
