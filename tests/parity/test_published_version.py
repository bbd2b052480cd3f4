"""A version that Gallerist creates from a managed image equals the recorded one of the real service, field by field."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from recorded_exchanges import RECORDINGS, read_recording

from local.arm import access_token
from local.stack import Stack
from tests.workflow.estate import PACE, Estate

_RECORDING = "azure-cli-gallery-e2e"
_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/clitest.rg000001/providers/Microsoft.Compute"
_VERSION = f"{_GROUP}/galleries/gallery_000003/images/image1/versions/1.1.2"
_RECORDED_IMAGE, _RECORDED_VERSION = 40, 52

_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/gallery_000003]
  definition: {{name: image1}}
  exclude_from_latest: false
"""

pytestmark = pytest.mark.skipif(
    not (RECORDINGS / f"{_RECORDING}.jsonl").exists(),
    reason="the recorded exchanges are not in the folder beside the project",
)


def test_a_published_version_has_the_fields_and_values_of_the_recorded_one(tmp_path: Path) -> None:
    """Image, gallery, number and region are the same; only the date and Gallerist's own tags differ."""
    recorded = _recorded(_RECORDED_VERSION)
    image = _recorded(_RECORDED_IMAGE)
    with Stack(tmp_path, _seed(image), _POLICY, PACE, one_clock=True) as stack:
        with Estate(stack) as estate:
            estate.start(image["id"], version="1.1.2")
            assert estate.ended(image["id"])["state"] == "completed"
        published = _get(stack, _VERSION)

    assert set(published["tags"]) == {
        f"gallerist-{name}"
        for name in ("source", "fingerprint", "migration", "started-by", "rule", "created", "release")
    }
    published["tags"] = recorded["tags"]
    for version in (published, recorded):
        version["properties"]["publishingProfile"].pop("publishedDate")
    assert published == recorded


def _recorded(index: int) -> dict[str, Any]:
    exchange = next(exchange for exchange in read_recording(_RECORDING) if exchange.index == index)
    resource: dict[str, Any] = (
        exchange.response if isinstance(exchange.response, dict) else json.loads(exchange.response)
    )
    return resource


def _seed(image: dict[str, Any]) -> dict[str, Any]:
    """Returns the recorded image, the VM that it was captured from, and the recorded gallery."""
    profile = image["properties"]["storageProfile"]
    disks = [profile["osDisk"], *profile["dataDisks"]]
    for disk in disks:
        disk["managedDisk"] |= {"storageAccountType": disk.pop("storageAccountType")}
    machine = {
        "id": image["properties"]["sourceVirtualMachine"]["id"],
        "location": image["location"],
        "properties": {"storageProfile": profile},
    }
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "recorded"}],
        "resourceGroups": [
            {"subscription": _SUBSCRIPTION, "name": "clitest.rg000001", "location": "eastus2"}
        ],
        "resources": [machine, image, {"id": f"{_GROUP}/galleries/gallery_000003", "location": "eastus2"}],
    }


def _get(stack: Stack, resource_id: str) -> dict[str, Any]:
    response = httpx.get(
        f"{stack.simulator['arm']}{resource_id}?api-version=2023-07-03",
        headers={"Authorization": f"Bearer {access_token(stack)}"},
    )
    resource: dict[str, Any] = response.raise_for_status().json()
    return resource
