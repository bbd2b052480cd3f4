"""What a retirement reads and writes in Azure: the image and its deletion, its locks, and its versions.

Every call raises `ArmError` if ARM refuses it or does not answer. Nothing here waits, retries or decides.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from adapters.azure.arm import Arm, parse_date
from adapters.azure.documents import (
    parse_gallery,
    parse_image_definition,
    parse_image_version,
    parse_managed_image,
    shown_document,
)
from adapters.azure.errors import arm_errors, parse_error, parse_object
from adapters.azure.rewriting import begin_rewrite, header, read_version
from adapters.azure.sources import GALLERIES_API, IMAGES_API
from domain.resources.galleries import ImageVersion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.retirement.protection import Protection
from domain.retirement.readings import LOCK_TAG, FoundLock

LOCKS_API = "2020-05-01"


class ImageDocument(NamedTuple):
    """A managed image as ARM shows it, without its creation time and signatures, and when ARM answered."""

    read_at: datetime
    image: ManagedImage | None
    document: dict[str, Any]


class VersionDocument(NamedTuple):
    """A version, and whether the service blocks its deletion until its end of life."""

    version: ImageVersion
    deletion_blocked: bool


class AzureRetiring(Protocol):
    """What a retirement needs of Azure. `Retiring` is real and describes each call; tests have their own."""

    async def describe_image(self, image: ImageId) -> ImageDocument: ...
    async def get_version(self, version: ImageVersionId) -> VersionDocument | None: ...
    async def list_locks(self, image: ImageId) -> list[FoundLock]: ...
    async def list_group_images(self, image: ImageId) -> list[ManagedImage]: ...
    async def list_unfinished_versions(
        self, subscription: str, image: ManagedImage
    ) -> list[ImageVersionId]: ...
    async def begin_protection(self, protection: Protection) -> None: ...
    async def tag_version(self, version: ImageVersionId, tags: dict[str, str]) -> None: ...
    async def begin_delete(self, image: ImageId) -> str | None: ...


class Retiring:
    """The real `AzureRetiring`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def describe_image(self, image: ImageId) -> ImageDocument:
        """Reads the image; None if it does not exist. ARM's own clock says when."""
        path = f"{self._arm.endpoint}{quote(str(image))}?api-version={IMAGES_API}"
        response = await self._arm.get(image.subscription, path)
        read_at, body = parse_date(response.headers.get("Date")) or datetime.now(UTC), parse_object(response)
        if response.status_code == HTTPStatus.OK:
            return ImageDocument(read_at, parse_managed_image(body, created_at=None), shown_document(body))
        error = parse_error(response.status_code, body, response.headers)
        if error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound":
            return ImageDocument(read_at, None, {})
        raise error

    async def get_version(self, version: ImageVersionId) -> VersionDocument | None:
        """Reads a version with its replication status; None if it does not exist."""
        read = await read_version(self._arm, version)
        if read is None:
            return None
        resource = read.resource
        safety = (resource.get("properties") or {}).get("safetyProfile") or {}
        blocked = isinstance(safety, dict) and safety.get("blockDeletionBeforeEndOfLife") is True
        return VersionDocument(parse_image_version(resource), blocked)

    async def list_locks(self, image: ImageId) -> list[FoundLock]:
        """Returns the locks on the image, its group and its subscription.

        A list shows what is at and below its scope (documented), so each of the three scopes is read.
        """
        subscription = f"/subscriptions/{image.subscription}"
        group = f"{subscription}/resourceGroups/{image.resource_group}"
        locks: dict[str, FoundLock] = {}
        for scope in (str(image), group, subscription):
            path = f"{quote(scope)}/providers/Microsoft.Authorization/locks?api-version={LOCKS_API}"
            async for item in self._arm.pages(image.subscription, path):
                lock = _parse_lock(item)
                if _applies(lock, image):
                    locks[lock.id.lower()] = lock
        return list(locks.values())

    async def list_group_images(self, image: ImageId) -> list[ManagedImage]:
        """Returns the managed images of the image's group, without their creation times."""
        group = f"/subscriptions/{image.subscription}/resourceGroups/{quote(image.resource_group)}"
        path = f"{group}/providers/{ImageId.type_name()}?api-version={IMAGES_API}"
        pages = self._arm.pages(image.subscription, path)
        return [parse_managed_image(item, created_at=None) async for item in pages]

    async def list_unfinished_versions(self, subscription: str, image: ManagedImage) -> list[ImageVersionId]:
        """Returns the versions in a subscription that Azure is still making from the image, by the provider's lists.

        Definitions of another operating system or generation are left out: the service refuses the image there.
        """
        path = f"/subscriptions/{subscription}/providers/{GalleryId.type_name()}?api-version={GALLERIES_API}"
        unfinished: list[ImageVersionId] = []
        async for item in self._arm.pages(subscription, path):
            for definition in await self._definitions(parse_gallery(item).id, image):
                listed = f"{quote(str(definition))}/versions?api-version={GALLERIES_API}"
                async for version in self._arm.pages(subscription, listed):
                    parsed = parse_image_version(version)
                    if not parsed.is_finished and (parsed.source or "").lower() == image.id.key:
                        unfinished.append(parsed.id)
        return unfinished

    async def _definitions(self, gallery: GalleryId, image: ManagedImage) -> list[ImageDefinitionId]:
        path = f"{quote(str(gallery))}/images?api-version={GALLERIES_API}"
        pages = self._arm.pages(gallery.subscription, path)
        found = [parse_image_definition(item) async for item in pages]
        kind = (image.os_type, image.hyper_v_generation)
        return [one.id for one in found if (one.os_type, one.hyper_v_generation) == kind]

    async def begin_protection(self, protection: Protection) -> None:
        """Starts to protect a version: everything in it is sent again as it was read."""

        def change(body: dict[str, Any]) -> None:
            if protection.end_of_life is not None:
                properties = body["properties"]
                properties["publishingProfile"]["endOfLifeDate"] = protection.end_of_life.isoformat()
                properties["safetyProfile"]["blockDeletionBeforeEndOfLife"] = True
            if protection.tag_until is not None:
                body["tags"][LOCK_TAG] = protection.tag_until.isoformat(timespec="seconds")

        await begin_rewrite(self._arm, protection.version_id, change)

    async def tag_version(self, version: ImageVersionId, tags: dict[str, str]) -> None:
        """Starts to add tags to a version."""
        await begin_rewrite(self._arm, version, lambda body: body["tags"].update(tags))

    async def begin_delete(self, image: ImageId) -> str | None:
        """Sends the DELETE. Returns the operation's address if ARM gives one; a missing image is none."""
        headers: dict[str, str] = {}
        with arm_errors():
            await self._arm.client(image.subscription).images.begin_delete(
                image.resource_group,
                image.name,
                api_version=IMAGES_API,
                polling=False,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        return await self._arm.operations.keep(image, header(headers, "azure-asyncoperation"))


def _parse_lock(item: Any) -> FoundLock:
    item = item if isinstance(item, dict) else {}
    properties = item.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    identity = str(item.get("id") or "")
    at = identity.lower().rfind("/providers/microsoft.authorization/locks/")
    return FoundLock(
        id=identity,
        # a lock whose scope cannot be read counts as one on everything
        scope=identity[:at] if at >= 0 else "",
        level=str(properties.get("level") or "unknown"),
        notes=str(properties.get("notes") or ""),
    )


def _applies(lock: FoundLock, image: ImageId) -> bool:
    return f"{image.key}/".startswith(f"{lock.scope.lower().rstrip('/')}/") or not lock.scope
