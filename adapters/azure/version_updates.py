"""Reads versions and writes them back whole: every update of an existing version goes through here.

A PUT resets what it does not send, and the last writer wins (reported by users), so an update sends everything again as
it was read: `documents.whole_version`. Azure's own clock, at that reading, tells what may not be sent any more.
"""

import logging
from datetime import UTC, datetime
from typing import Any, NamedTuple

from azure.mgmt.compute.models import GalleryImageVersion

from adapters.azure.arm import Arm, found, parse_date
from adapters.azure.errors import arm_errors
from adapters.azure.sources import GALLERIES_API
from domain.errors import ArmError
from domain.resources.ids import ImageVersionId, does_not_exist

logger = logging.getLogger(__name__)


class VersionRead(NamedTuple):
    """A version as ARM shows it, with its replication status, and when ARM answered."""

    resource: dict[str, Any]
    at: datetime


class VersionUpdates:
    """Reads and writes whole versions. Every call raises `ArmError` if ARM refuses it or does not answer."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def read(self, version: ImageVersionId) -> VersionRead | None:
        """Returns the version; None if it does not exist."""
        headers: dict[str, str] = {}
        resource = await found(
            self._versions(version).get(
                *_path(version),
                expand="ReplicationStatus",
                api_version=GALLERIES_API,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        )
        if resource is None:
            return None
        return VersionRead(resource, parse_date(_header(headers, "date")) or datetime.now(UTC))

    async def existing(self, version: ImageVersionId) -> VersionRead:
        """Returns the version. Raises `ArmError` also if it does not exist."""
        read = await self.read(version)
        if read is None:
            raise ArmError(404, "ResourceNotFound", does_not_exist(version))
        return read

    async def write(self, version: ImageVersionId, read: VersionRead, body: dict[str, Any]) -> str | None:
        """Starts to write a version that was read. Returns the operation's URL if ARM gives one."""
        before, after = _end_of_life(read.resource), _end_of_life(body)
        if before and not after:
            logger.warning(
                "%s loses its end of life %s with this update: the date has passed, and Azure takes only one to come",
                version,
                before,
            )
        return await self.put(version, body)

    async def put(self, version: ImageVersionId, body: dict[str, Any]) -> str | None:
        """Starts to write a version. Returns the operation's URL if ARM gives one."""
        headers: dict[str, str] = {}
        with arm_errors():
            await self._versions(version).begin_create_or_update(
                *_path(version),
                GalleryImageVersion(body),
                api_version=GALLERIES_API,
                polling=False,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        return _header(headers, "azure-asyncoperation")

    def _versions(self, version: ImageVersionId) -> Any:
        return self._arm.client(version.subscription).gallery_image_versions


def _path(version: ImageVersionId) -> tuple[str, str, str, str]:
    definition = version.definition
    return definition.resource_group, definition.gallery.name, definition.name, version.name


def _header(headers: dict[str, str], wanted: str) -> str | None:
    return next((value for name, value in headers.items() if name.lower() == wanted), None)


def _end_of_life(document: dict[str, Any]) -> Any:
    return ((document.get("properties") or {}).get("publishingProfile") or {}).get("endOfLifeDate")
