"""Changes which versions `latest` ignores, and nothing else of a version.

The body is the version as it was read, with other flags: a PUT resets what it does not send, and the last writer wins
(reported by users). So nothing is written while Azure still works on the version.
"""

from typing import Any, NamedTuple, Protocol

from azure.mgmt.compute.models import GalleryImageVersion

from adapters.azure.arm import Arm, found
from adapters.azure.documents import (
    READ_ONLY_PROPERTIES,
    READ_ONLY_PUBLISHING,
    READ_ONLY_SAFETY,
    parse_image_version,
)
from adapters.azure.errors import arm_errors
from adapters.azure.sources import GALLERIES_API
from domain.promotion.flags import FlagChange
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import canonical_region


class FlagsWrite(NamedTuple):
    """A write of flags: the version before it, whether anything was written, and the operation's URL."""

    before: ImageVersion
    written: bool = False
    operation_url: str | None = None


class AzureExclusions(Protocol):
    """Reads a version and writes its exclusion flags. Raises `ArmError` if ARM refuses or does not answer."""

    async def read(self, version: ImageVersionId) -> ImageVersion | None: ...
    async def begin(self, change: FlagChange) -> FlagsWrite | None: ...


class Exclusions:
    """The real `AzureExclusions`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def read(self, version: ImageVersionId) -> ImageVersion | None:
        """Returns the version with its replication status; None if it does not exist."""
        resource = await self._get(version)
        return parse_image_version(resource) if resource else None

    async def begin(self, change: FlagChange) -> FlagsWrite | None:
        """Starts to write the flags, unless the version has them; returns None if it does not exist.

        A version that Azure works on is not written: its state is in the answer.
        """
        resource = await self._get(change.version)
        if resource is None:
            return None
        before = parse_image_version(resource)
        body = exclusions_body(resource, change)
        if body is None or not before.is_finished:
            return FlagsWrite(before)
        return FlagsWrite(before, written=True, operation_url=await self._put(change.version, body))

    async def _get(self, version: ImageVersionId) -> dict[str, Any] | None:
        versions = self._arm.client(version.subscription).gallery_image_versions
        return await found(
            versions.get(*_path(version), expand="ReplicationStatus", api_version=GALLERIES_API),
        )

    async def _put(self, version: ImageVersionId, body: dict[str, Any]) -> str | None:
        headers: dict[str, str] = {}
        with arm_errors():
            await self._arm.client(version.subscription).gallery_image_versions.begin_create_or_update(
                *_path(version),
                GalleryImageVersion(body),
                api_version=GALLERIES_API,
                polling=False,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        return next(
            (value for name, value in headers.items() if name.lower() == "azure-asyncoperation"), None
        )


def exclusions_body(resource: dict[str, Any], change: FlagChange) -> dict[str, Any] | None:
    """Returns the version with the changed flags and everything else as it was read; None if nothing changes.

    The source is left out, so that it need not be readable (recorded).
    """
    properties = _object(resource.get("properties"))
    profile = _object(properties.get("publishingProfile"))
    targets = profile.get("targetRegions")
    targets = targets if isinstance(targets, list) else []
    changed = [_with_flag(target, change.regions) for target in targets]
    own = bool(profile.get("excludeFromLatest")) if change.own is None else change.own
    if changed == targets and own == (profile.get("excludeFromLatest") is True):
        return None
    return {
        "location": resource.get("location"),
        "tags": resource.get("tags") or {},
        "properties": {
            **_without(properties, READ_ONLY_PROPERTIES),
            "publishingProfile": {
                **_without(profile, READ_ONLY_PUBLISHING),
                "targetRegions": changed,
                "excludeFromLatest": own,
            },
            "safetyProfile": _without(_object(properties.get("safetyProfile")), READ_ONLY_SAFETY),
            "storageProfile": {},
        },
    }


def _with_flag(target: Any, regions: dict[str, bool | None]) -> Any:
    if not isinstance(target, dict):
        return target
    name = canonical_region(str(target.get("name") or ""))
    if name not in regions:
        return target
    kept = _without(target, frozenset({"excludeFromLatest"}))
    flag = regions[name]
    return kept if flag is None else {**kept, "excludeFromLatest": flag}


def _path(version: ImageVersionId) -> tuple[str, str, str, str]:
    definition = version.definition
    return definition.resource_group, definition.gallery.name, definition.name, version.name


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _without(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
