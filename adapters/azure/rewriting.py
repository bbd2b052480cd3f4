"""Reads versions and writes them back whole: every update of an existing version goes through here.

A PUT resets what it does not send, and the last writer wins (reported by users), so an update sends everything again as
it was read: `documents.whole_version`. The galleries' API version is the one that is pinned for writes.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from azure.mgmt.compute.models import GalleryImageVersion

from adapters.azure.arm import Arm, found, parse_date
from adapters.azure.documents import whole_version
from adapters.azure.errors import arm_errors
from adapters.azure.sources import GALLERIES_API
from domain.errors import ArmError
from domain.resources.ids import ImageVersionId, does_not_exist

logger = logging.getLogger(__name__)

# changes the body in place: it has tags, a publishing profile with its regions, and a safety profile
Change = Callable[[dict[str, Any]], None]


class VersionRead(NamedTuple):
    """A version as ARM shows it, with its replication status, and when ARM answered, by its own clock."""

    resource: dict[str, Any]
    at: datetime


async def begin_rewrite(arm: Arm, version: ImageVersionId, change: Change) -> None:
    """Starts to write the version with the change.

    Raises:
        ArmError: also where the version does not exist.
    """
    read = await existing_version(arm, version)
    body = whole_version(read.resource, read.at)
    change(body)
    await begin_update(arm, version, read, body)


async def read_version(arm: Arm, version: ImageVersionId) -> VersionRead | None:
    """Reads a version; None if it does not exist."""
    headers: dict[str, str] = {}
    resource = await found(
        arm.client(version.subscription).gallery_image_versions.get(
            *_path(version),
            expand="ReplicationStatus",
            api_version=GALLERIES_API,
            raw_response_hook=lambda response: headers.update(response.http_response.headers),
        )
    )
    if resource is None:
        return None
    return VersionRead(resource, parse_date(header(headers, "date")) or datetime.now(UTC))


async def existing_version(arm: Arm, version: ImageVersionId) -> VersionRead:
    """Reads a version.

    Raises:
        ArmError: also where the version does not exist.
    """
    read = await read_version(arm, version)
    if read is None:
        raise ArmError(404, "ResourceNotFound", does_not_exist(version))
    return read


async def begin_update(
    arm: Arm, version: ImageVersionId, read: VersionRead, body: dict[str, Any]
) -> str | None:
    """Starts to write a version that was read. Returns the operation's URL if ARM gives one."""
    ends = _end_of_life(read.resource)
    if ends and not _end_of_life(body):
        logger.warning(
            "%s loses its end of life %s with this update: the date has passed, and Azure takes only one to come",
            version,
            ends,
        )
    return await begin_write(arm, version, body)


async def begin_write(arm: Arm, version: ImageVersionId, body: dict[str, Any]) -> str | None:
    """Sends the PUT, and does not wait for what it starts. Returns the operation's URL if ARM gives one."""
    headers: dict[str, str] = {}
    with arm_errors():
        await arm.client(version.subscription).gallery_image_versions.begin_create_or_update(
            *_path(version),
            GalleryImageVersion(body),
            api_version=GALLERIES_API,
            polling=False,
            raw_response_hook=lambda response: headers.update(response.http_response.headers),
        )
    return header(headers, "azure-asyncoperation")


def _path(version: ImageVersionId) -> tuple[str, str, str, str]:
    definition = version.definition
    return definition.resource_group, definition.gallery.name, definition.name, version.name


def header(headers: dict[str, str], wanted: str) -> str | None:
    """Returns a header of an answer; its name is given in lower case."""
    return next((value for name, value in headers.items() if name.lower() == wanted), None)


def _end_of_life(document: dict[str, Any]) -> Any:
    return ((document.get("properties") or {}).get("publishingProfile") or {}).get("endOfLifeDate")
