"""Writes a version again, changed. What the change leaves alone is sent as it was read: a PUT resets the rest.

The galleries' API version is the one that is pinned for writes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from azure.mgmt.compute.models import GalleryImageVersion

from adapters.azure.arm import Arm, found
from adapters.azure.documents import parse_timestamp, regions_body
from adapters.azure.errors import arm_errors
from adapters.azure.sources import GALLERIES_API
from domain.errors import ArmError
from domain.resources.ids import ImageVersionId, does_not_exist

# changes the body in place: it has tags, a publishing profile with its regions, and a safety profile
Change = Callable[[dict[str, Any]], None]


async def begin_rewrite(arm: Arm, version: ImageVersionId, change: Change, now: datetime) -> None:
    """Starts to write the version with the change.

    Raises:
        ArmError: also where the version does not exist.
    """
    resource = await read_version(arm, version)
    if resource is None:
        raise ArmError(404, "ResourceNotFound", does_not_exist(version))
    body = regions_body(resource, [], [], repeat=True)
    assert body is not None  # noqa: S101 # `repeat` always writes
    without_passed_date(body, now)
    change(body)
    await begin_write(arm, version, body)


async def read_version(arm: Arm, version: ImageVersionId) -> dict[str, Any] | None:
    """Reads a version with its replication status; None if it does not exist."""
    definition = version.definition
    return await found(
        arm.client(version.subscription).gallery_image_versions.get(
            definition.resource_group,
            definition.gallery.name,
            definition.name,
            version.name,
            expand="ReplicationStatus",
            api_version=GALLERIES_API,
        )
    )


async def begin_write(arm: Arm, version: ImageVersionId, body: dict[str, Any]) -> None:
    """Sends the PUT, and does not wait for what it starts."""
    definition = version.definition
    with arm_errors():
        await arm.client(version.subscription).gallery_image_versions.begin_create_or_update(
            definition.resource_group,
            definition.gallery.name,
            definition.name,
            version.name,
            GalleryImageVersion(body),
            api_version=GALLERIES_API,
            polling=False,
        )


def without_passed_date(body: dict[str, Any], now: datetime) -> None:
    """Leaves out an end of life that has passed: a write refuses it ("must be set to a future date", documented)."""
    profile = body["properties"]["publishingProfile"]
    try:
        passed = parse_timestamp(str(profile.get("endOfLifeDate") or "")) <= now
    except ValueError:
        return
    if passed:
        del profile["endOfLifeDate"]
