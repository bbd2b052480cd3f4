"""What retention writes and reads besides versions: exclusion flags, replica counts, the gallery's bin, locks.

The bin is read with a newer API version than the rest: it alone has the dates (specified: 2026-03-03).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from adapters.azure.arm import Arm
from adapters.azure.documents import parse_timestamp
from adapters.azure.errors import arm_errors
from adapters.azure.rewriting import begin_rewrite, begin_write
from adapters.azure.sources import GALLERIES_API
from domain.errors import ArmError, ResourceIdError
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.regions import canonical_region
from domain.retention.ladder import Flags, SoftDeletedVersion

BIN_API = "2026-03-03"
LOCKS_API = "2016-09-01"
_NO_SUCH_API = ("NoRegisteredProviderFound", "InvalidResourceType", "InvalidApiVersionParameter")


class AzureRetention(Protocol):
    """What retention needs of Azure beyond `AzureCompute`. Every call raises `ArmError`."""

    async def begin_flags(
        self, version: ImageVersionId, flags: Flags, tags: Mapping[str, str | None]
    ) -> None: ...
    async def begin_fewer_replicas(self, version: ImageVersionId, replicas: int) -> None: ...
    async def begin_delete(self, version: ImageVersionId) -> None: ...
    async def begin_restore(self, version: ImageVersionId, location: str) -> None: ...
    async def list_bin(self, definition: ImageDefinitionId) -> list[SoftDeletedVersion]: ...
    async def list_locks(self, version: ImageVersionId) -> list[str]: ...


class Retention:
    """The real `AzureRetention`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def begin_flags(
        self, version: ImageVersionId, flags: Flags, tags: Mapping[str, str | None]
    ) -> None:
        """Starts to set the exclusion flags, and tags; None removes a tag.

        A region that `flags` does not name gets no flag of its own, so that the version's applies.
        """

        def change(body: dict[str, Any]) -> None:
            profile = body["properties"]["publishingProfile"]
            profile["excludeFromLatest"] = flags.version
            for region in profile["targetRegions"]:
                region.pop("excludeFromLatest", None)
                own = flags.regions.get(canonical_region(str(region.get("name"))))
                if own is not None:
                    region["excludeFromLatest"] = own
            changed = {name.lower() for name in tags}
            kept = {name: value for name, value in body["tags"].items() if name.lower() not in changed}
            body["tags"] = kept | {name: value for name, value in tags.items() if value is not None}

        await begin_rewrite(self._arm, version, change)

    async def begin_fewer_replicas(self, version: ImageVersionId, replicas: int) -> None:
        """Starts to lower the replica count of every region that has more."""

        def change(body: dict[str, Any]) -> None:
            profile = body["properties"]["publishingProfile"]
            for region in profile["targetRegions"]:
                count = region.get("regionalReplicaCount")
                if isinstance(count, int):
                    region["regionalReplicaCount"] = min(count, replicas)

        await begin_rewrite(self._arm, version, change)

    async def begin_delete(self, version: ImageVersionId) -> None:
        """Starts to delete the version. It goes to the bin where the gallery has one: nothing here bypasses that."""
        definition = version.definition
        with arm_errors():
            await self._versions(version).begin_delete(
                definition.resource_group,
                definition.gallery.name,
                definition.name,
                version.name,
                api_version=GALLERIES_API,
                polling=False,
            )

    async def begin_restore(self, version: ImageVersionId, location: str) -> None:
        """Starts to restore a version from the bin: a write of its name with its location alone does it (recorded)."""
        await begin_write(self._arm, version, {"location": location})

    async def list_bin(self, definition: ImageDefinitionId) -> list[SoftDeletedVersion]:
        """Returns the soft-deleted versions of a definition, without dates where the cloud lacks the newer API."""
        try:
            return await self._list_bin(definition, BIN_API)
        except ArmError as error:
            if error.code not in _NO_SUCH_API:
                raise
            return await self._list_bin(definition, GALLERIES_API)

    async def _list_bin(self, definition: ImageDefinitionId, api_version: str) -> list[SoftDeletedVersion]:
        pages = self._arm.client(definition.subscription).soft_deleted_resource.list_by_artifact_name(
            definition.resource_group,
            definition.gallery.name,
            "Images",
            definition.name,
            api_version=api_version,
        )
        with arm_errors():
            rows = [parse_bin_row(definition, row.as_dict()) async for row in pages]
        return [row for row in rows if row is not None]

    async def list_locks(self, version: ImageVersionId) -> list[str]:
        """Returns the ids of the locks on the version, or on anything that it is in.

        The list of a scope has the locks at and below it, not those above (documented: "Management Locks - List"), so
        the subscription's is read.
        """
        root = f"/subscriptions/{version.subscription}"
        path = f"{root}/providers/Microsoft.Authorization/locks?api-version={LOCKS_API}"
        ids = [str(lock.get("id")) async for lock in self._arm.pages(version.subscription, path)]
        return [lock for lock in ids if _applies_to(lock, version)]

    def _versions(self, version: ImageVersionId) -> Any:
        return self._arm.client(version.subscription).gallery_image_versions


def parse_bin_row(definition: ImageDefinitionId, row: Any) -> SoftDeletedVersion | None:
    """Reads a row of the bin; None if it does not name a version."""
    row = row if isinstance(row, dict) else {}
    properties = row.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    text = str(properties.get("resourceArmId") or "") or str(definition.version(str(row.get("name") or "-")))
    try:
        version = ImageVersionId.parse(text)
    except ResourceIdError:
        return None
    return SoftDeletedVersion(
        id=version,
        location=str(row.get("location") or ""),
        deleted_at=_time(properties.get("softDeletedTime")),
        unusable_at=_time(properties.get("consumptionEndTime")),
        gone_at=_time(properties.get("hardDeletionTargetTime")),
    )


def _applies_to(lock: str, version: ImageVersionId) -> bool:
    scope = lock.lower().partition("/providers/microsoft.authorization/locks/")[0]
    return f"{version.key}/".startswith(f"{scope}/")


def _time(value: Any) -> datetime | None:
    try:
        return parse_timestamp(str(value or ""))
    except ValueError:
        return None
