"""What a retirement reads and writes in Azure besides galleries: the image, its locks, policy assignments, protection.

Every call raises `ArmError` if ARM refuses it or does not answer. Nothing here waits, retries or decides.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from azure.core.rest import HttpRequest

from adapters.azure.arm import Arm, parse_date, parse_object
from adapters.azure.documents import (
    parse_gallery,
    parse_image_definition,
    parse_image_version,
    parse_managed_image,
    whole_version,
)
from adapters.azure.errors import arm_errors, parse_error
from adapters.azure.sources import GALLERIES_API, IMAGES_API
from adapters.azure.version_updates import VersionUpdates
from domain.resources.galleries import ImageVersion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.retirement.messages import guarded_retirement
from domain.retirement.protection import Protection
from domain.retirement.readings import LOCK_TAG, FoundLock

LOCKS_API = "2020-05-01"
POLICY_API = "2023-04-01"
AUTHORIZATION = "/providers/Microsoft.Authorization"
# documented: "Approved VM images"; it is the image reference's id of machines and of scale sets
_IMAGE_ALIAS = "Microsoft.Compute/imageId"
# in the metadata of policy definitions and assignments
PLACED_BY = "gallerist"

Change = Callable[[dict[str, Any]], None]


class ImageDocument(NamedTuple):
    """A managed image as ARM shows it, without its creation time, and when ARM answered."""

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
    async def place_guard(self, subscription: str, name: str, image: ImageId, app: str) -> None: ...
    async def has_guard(self, subscription: str, name: str, image: ImageId) -> bool: ...
    async def remove_guard(self, subscription: str, name: str) -> None: ...
    async def list_guards(self, subscription: str, app: str) -> list[str]: ...


class Retiring:
    """The real `AzureRetiring`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._versions = VersionUpdates(arm)

    async def describe_image(self, image: ImageId) -> ImageDocument:
        """Reads the image; None if it does not exist. ARM's own clock says when."""
        path = f"{self._arm.endpoint}{quote(str(image))}?api-version={IMAGES_API}"
        response = await self._arm.get(image.subscription, path)
        read_at, body = parse_date(response.headers.get("Date")), parse_object(response)
        if response.status_code == HTTPStatus.OK:
            return ImageDocument(
                read_at or datetime.now(UTC), parse_managed_image(body, created_at=None), body
            )
        error = parse_error(response.status_code, body, response.headers)
        if error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound":
            return ImageDocument(read_at or datetime.now(UTC), None, {})
        raise error

    async def get_version(self, version: ImageVersionId) -> VersionDocument | None:
        """Reads a version with its replication status; None if it does not exist."""
        read = await self._versions.read(version)
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
            path = f"{quote(scope)}{AUTHORIZATION}/locks?api-version={LOCKS_API}"
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

        await self._rewrite(protection.version_id, change)

    async def tag_version(self, version: ImageVersionId, tags: dict[str, str]) -> None:
        """Starts to add tags to a version."""
        await self._rewrite(version, lambda body: body["tags"].update(tags))

    async def begin_delete(self, image: ImageId) -> str | None:
        """Sends the DELETE. Returns the operation's URL if ARM gives one; a missing image is none."""
        headers: dict[str, str] = {}
        with arm_errors():
            await self._arm.client(image.subscription).images.begin_delete(
                image.resource_group,
                image.name,
                api_version=IMAGES_API,
                polling=False,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        return next(
            (value for name, value in headers.items() if name.lower() == "azure-asyncoperation"), None
        )

    async def place_guard(self, subscription: str, name: str, image: ImageId, app: str) -> None:
        """Writes the policy definition and its assignment, which deny new machines from the image.

        Both say which app placed them: several may work in one subscription.
        """
        for kind, body in _guard(subscription, name, image, app):
            await self._send(subscription, "PUT", kind, name, body)

    async def has_guard(self, subscription: str, name: str, image: ImageId) -> bool:
        """Whether the assignment stands, is enforced and is for this image; read back from Azure."""
        body = await self._send(subscription, "GET", "policyAssignments", name)
        properties = (body or {}).get("properties") or {}
        wanted = ((properties.get("parameters") or {}).get("image") or {}).get("value")
        enforced = properties.get("enforcementMode", "Default") == "Default"
        return enforced and isinstance(wanted, str) and wanted.lower() == image.key

    async def remove_guard(self, subscription: str, name: str) -> None:
        """Removes the assignment, then its definition. Those that are gone stay so."""
        for kind in ("policyAssignments", "policyDefinitions"):
            await self._send(subscription, "DELETE", kind, name)

    async def list_guards(self, subscription: str, app: str) -> list[str]:
        """Returns the names of the assignments that an app placed at a subscription for its retirements.

        The list also has the assignments of management groups and of resource groups (documented: "Policy Assignments -
        List"): those are not ours.
        """
        own = f"/subscriptions/{subscription}{AUTHORIZATION}/policyAssignments"
        found = [item async for item in self._arm.pages(subscription, f"{own}?api-version={POLICY_API}")]
        return [name for item in found if (name := _guard_of(item, own, app))]

    async def _send(
        self, subscription: str, method: str, kind: str, name: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any] | None:
        path = f"/subscriptions/{subscription}{AUTHORIZATION}/{kind}/{name}?api-version={POLICY_API}"
        request = HttpRequest(method, f"{self._arm.endpoint}{path}", json=body)
        with arm_errors():
            response = await self._arm.client(subscription).send_request(request)
        document = parse_object(response)
        if response.status_code == HTTPStatus.NOT_FOUND:
            error = parse_error(response.status_code, document)
            if error.code == "SubscriptionNotFound" or method == "PUT":
                raise error
            return None
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise parse_error(response.status_code, document, response.headers)
        return document

    async def _rewrite(self, version: ImageVersionId, change: Change) -> None:
        """Reads a version, changes it and writes it back whole."""
        read = await self._versions.existing(version)
        body = whole_version(read.resource, read.at)
        change(body)
        await self._versions.write(version, read, body)


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


def _guard_of(item: Any, own: str, app: str) -> str | None:
    """The name of an assignment that this app placed here; None for any other."""
    item = item if isinstance(item, dict) else {}
    properties = item.get("properties") or {}
    metadata = (properties.get("metadata") if isinstance(properties, dict) else None) or {}
    name = str(item.get("name") or "")
    here = str(item.get("id") or "").lower() == f"{own}/{name}".lower()
    ours = isinstance(metadata, dict) and metadata.get(PLACED_BY) == app
    return name if here and ours and guarded_retirement(name) else None


def _guard(subscription: str, name: str, image: ImageId, app: str) -> list[tuple[str, dict[str, Any]]]:
    """The policy definition and the assignment: machines and scale sets whose image reference is this id are denied."""
    definition = f"/subscriptions/{subscription}{AUTHORIZATION}/policyDefinitions/{name}"
    machines = ("Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets")
    rule = {
        "if": {
            "allOf": [
                {"field": "type", "in": list(machines)},
                {"field": _IMAGE_ALIAS, "equals": "[parameters('image')]"},
            ]
        },
        "then": {"effect": "deny"},
    }
    shown = f"Gallerist retires the managed image {image.name}"
    text = f"Denies new machines from {image} until its retirement ends. Gallerist removes it."
    common = {"displayName": shown, "description": text, "metadata": {PLACED_BY: app}}
    return [
        (
            "policyDefinitions",
            {
                "properties": {
                    **common,
                    "policyType": "Custom",
                    "mode": "All",
                    "parameters": {"image": {"type": "String"}},
                    "policyRule": rule,
                }
            },
        ),
        (
            "policyAssignments",
            {
                "properties": {
                    **common,
                    "policyDefinitionId": definition,
                    "enforcementMode": "Default",
                    "parameters": {"image": {"value": str(image)}},
                }
            },
        ),
    ]
