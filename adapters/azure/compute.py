"""Azure Resource Manager as Gallerist sees it: managed images, galleries, definitions and versions.

Every call answers in the domain's types or raises `ArmError`. Nothing here waits or retries: an operation is
begun and looked at later, and a throttled call tells how long to wait.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.compute.aio import ComputeManagementClient
from azure.mgmt.compute.models import GalleryImage, GalleryImageVersion

from adapters.azure.documents import (
    definition_body,
    merge_regions,
    parse_gallery,
    parse_image_definition,
    parse_image_version,
    parse_managed_image,
    parse_permission,
    region_body,
    version_body,
)
from adapters.azure.errors import arm_errors, parse_error
from adapters.azure.transport import one_attempt_transport
from adapters.settings import Settings
from domain.errors import ArmError
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, TargetRegion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId
from domain.resources.images import ManagedImage
from domain.resources.permissions import Permission
from domain.resources.regions import canonical_region

# Pinned per operation: newer versions of the galleries' API have other defaults (documented).
IMAGES_API = "2024-07-01"
GALLERIES_API = "2024-03-03"
LOCATIONS_API = "2022-12-01"
PERMISSIONS_API = "2022-04-01"
RESOURCES_API = "2021-04-01"
COUNTS_LAST_SECONDS = 300.0
# An activity that hangs holds a worker: better to fail and be asked again.
CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60


class Compute:
    """The clients, one per subscription, shared for the life of the process."""

    def __init__(self, settings: Settings, credential: AsyncTokenCredential) -> None:
        self._settings = settings
        self._credential = credential
        self._clients: dict[str, ComputeManagementClient] = {}
        self._regions: dict[str, frozenset[str]] = {}
        self._counts: dict[tuple[str, str], tuple[float, dict[str, int]]] = {}

    async def get_managed_image(self, image: ImageId) -> ManagedImage | None:
        """The image with the time of its creation; None if there is none.

        Raises:
            NotYetError: the image is there, but not in the list that tells its age, or still being made.
        """
        client = self._client(image.subscription)
        resource = await _found(client.images.get(image.resource_group, image.name, api_version=IMAGES_API))
        if resource is None:
            return None
        scope = f"/subscriptions/{image.subscription}/resourceGroups/{quote(image.resource_group)}"
        created = await self._creation_times(client, scope, f" and name eq '{image.name}'")
        if image not in created:
            raise ArmError(
                404, "ResourceNotIndexed", f"ARM does not list {image} yet, so its age is not known"
            )
        return parse_managed_image(resource, created[image]).settled()

    async def list_managed_images(self, subscription: str) -> list[ManagedImage]:
        """All managed images of a subscription, with the time of their creation where ARM lists it."""
        client = self._client(subscription)
        created = await self._creation_times(client, f"/subscriptions/{subscription}", "")
        with arm_errors():
            resources = [image.as_dict() async for image in client.images.list(api_version=IMAGES_API)]
        return [
            parse_managed_image(resource, created.get(ImageId.parse(resource["id"])))
            for resource in resources
        ]

    async def get_gallery(self, gallery: GalleryId) -> Gallery | None:
        """The gallery; None if there is none."""
        client = self._client(gallery.subscription)
        resource = await _found(
            client.galleries.get(gallery.resource_group, gallery.name, api_version=GALLERIES_API)
        )
        return parse_gallery(resource) if resource else None

    async def list_permissions(self, scope: ResourceId) -> list[Permission]:
        """What the identity may do at a resource, role by role."""
        client = self._client(scope.subscription)
        url = (
            f"{quote(str(scope))}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS_API}"
        )
        return [parse_permission(item) async for item in self._pages(client, url)]

    async def count_resources(self, subscription: str, resource_type: str) -> dict[str, int]:
        """How many resources of a type a subscription has, by the canonical names of their regions.

        A count takes a request for each page, so it is good for some minutes: a batch is planned from one count.
        """
        counted_at, counted = self._counts.get((subscription, resource_type), (-COUNTS_LAST_SECONDS, {}))
        if time.monotonic() - counted_at < COUNTS_LAST_SECONDS:
            return counted
        client = self._client(subscription)
        filter_text = quote(f"resourceType eq '{resource_type}'")
        url = f"/subscriptions/{subscription}/resources?$filter={filter_text}&api-version={RESOURCES_API}"
        regions = [canonical_region(resource["location"]) async for resource in self._pages(client, url)]
        self._counts[subscription, resource_type] = (time.monotonic(), Counter(regions))
        return Counter(regions)

    async def list_galleries(self, subscription: str) -> list[Gallery]:
        """All galleries of a subscription."""
        pages = self._client(subscription).galleries.list(api_version=GALLERIES_API)
        with arm_errors():
            return [parse_gallery(gallery.as_dict()) async for gallery in pages]

    async def get_image_definition(self, definition: ImageDefinitionId) -> ImageDefinition | None:
        """The image definition; None if there is none."""
        gallery = definition.gallery
        client = self._client(gallery.subscription)
        resource = await _found(
            client.gallery_images.get(
                gallery.resource_group, gallery.name, definition.name, api_version=GALLERIES_API
            )
        )
        return parse_image_definition(resource) if resource else None

    async def list_image_definitions(self, gallery: GalleryId) -> list[ImageDefinition]:
        """All image definitions of a gallery."""
        pages = self._client(gallery.subscription).gallery_images.list_by_gallery(
            gallery.resource_group, gallery.name, api_version=GALLERIES_API
        )
        with arm_errors():
            return [parse_image_definition(definition.as_dict()) async for definition in pages]

    async def begin_image_definition(self, definition: ImageDefinition) -> None:
        """Ask for the image definition, every field said outright: the service's defaults differ by API version."""
        gallery = definition.id.gallery
        with arm_errors():
            await self._client(gallery.subscription).gallery_images.begin_create_or_update(
                gallery.resource_group,
                gallery.name,
                definition.id.name,
                GalleryImage(definition_body(definition)),
                api_version=GALLERIES_API,
                polling=False,
            )

    async def get_image_version(self, version: ImageVersionId) -> ImageVersion | None:
        """The image version with its replication status; None if there is none."""
        resource = await self._get_version(version)
        return parse_image_version(resource) if resource else None

    async def list_image_versions(self, definition: ImageDefinitionId) -> list[ImageVersion]:
        """All image versions of a definition; none where the definition does not exist."""
        pages = self._client(definition.subscription).gallery_image_versions.list_by_gallery_image(
            definition.resource_group, definition.gallery.name, definition.name, api_version=GALLERIES_API
        )
        try:
            with arm_errors():
                return [parse_image_version(version.as_dict()) async for version in pages]
        except ArmError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise

    async def begin_image_version(self, spec: VersionSpec) -> str | None:
        """Ask for the image version as it should be; returns the operation's URL, which is followed as it is."""
        return await self._put_version(spec.id, version_body(spec))

    async def begin_regions(
        self, version: ImageVersionId, put: list[TargetRegion], remove: list[str]
    ) -> str | None:
        """Have these regions in the version and be without those; returns the operation's URL, None if all is so.

        The publishing profile is full desired state, and the last writer wins (reported by users): everything that
        is there is sent again as it came. The source is left out, so that it need not be readable (recorded).
        """
        resource = await self._get_version(version)
        if resource is None:
            raise ArmError(404, "ResourceNotFound", f"the image version {version} does not exist")
        profile = resource["properties"]["publishingProfile"]
        data_disks = (resource["properties"].get("storageProfile") or {}).get("dataDiskImages") or []
        added = [region_body(region, [disk["lun"] for disk in data_disks]) for region in put]
        regions = merge_regions(profile["targetRegions"], added, remove)
        if regions == profile["targetRegions"] and resource["properties"]["provisioningState"] != "Failed":
            return None
        profile.pop("publishedDate", None)
        properties = {"publishingProfile": {**profile, "targetRegions": regions}, "storageProfile": {}}
        tags = resource.get("tags") or {}
        return await self._put_version(
            version, {"location": resource["location"], "tags": tags, "properties": properties}
        )

    async def _get_version(self, version: ImageVersionId) -> dict[str, Any] | None:
        definition = version.definition
        return await _found(
            self._client(version.subscription).gallery_image_versions.get(
                definition.resource_group,
                definition.gallery.name,
                definition.name,
                version.name,
                expand="ReplicationStatus",
                api_version=GALLERIES_API,
            )
        )

    async def _put_version(self, version: ImageVersionId, body: dict[str, Any]) -> str | None:
        headers: dict[str, str] = {}
        definition = version.definition
        with arm_errors():
            await self._client(version.subscription).gallery_image_versions.begin_create_or_update(
                definition.resource_group,
                definition.gallery.name,
                definition.name,
                version.name,
                GalleryImageVersion(body),
                api_version=GALLERIES_API,
                polling=False,
                raw_response_hook=lambda response: headers.update(response.http_response.headers),
            )
        return next(
            (value for name, value in headers.items() if name.lower() == "azure-asyncoperation"), None
        )

    async def get_operation_error(self, subscription: str, operation_url: str) -> ArmError | None:
        """What a long-running operation failed with; None while it runs, and where nothing can be told."""
        if not operation_url.startswith(f"{self._settings.arm_endpoint}/"):
            # a token goes to the endpoint that it is for, and nowhere else
            return None
        response = await self._send(self._client(subscription), operation_url)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        body = _json(response)
        return (
            parse_error(response.status_code, body) if body.get("status") in ("Failed", "Canceled") else None
        )

    async def list_regions(self, subscription: str) -> frozenset[str]:
        """The canonical names of the regions that a subscription can use; read once per process."""
        if subscription not in self._regions:
            url = f"/subscriptions/{subscription}/locations?api-version={LOCATIONS_API}"
            locations = [location async for location in self._pages(self._client(subscription), url)]
            self._regions[subscription] = frozenset(
                canonical_region(location["name"]) for location in locations
            )
        return self._regions[subscription]

    async def check_token(self) -> None:
        """Get a token as every call does.

        Raises:
            ArmError: there is none to be had.
        """
        with arm_errors():
            await self._credential.get_token(self._settings.arm_scope)

    async def _creation_times(
        self, client: ComputeManagementClient, scope: str, condition: str
    ) -> dict[ImageId, datetime]:
        filter_text = quote(f"resourceType eq '{ImageId.type_name()}'{condition}")
        url = f"{scope}/resources?$filter={filter_text}&$expand=createdTime&api-version={RESOURCES_API}"
        return {
            ImageId.parse(resource["id"]): datetime.fromisoformat(_microseconds(resource["createdTime"]))
            async for resource in self._pages(client, url)
            if resource.get("createdTime")
        }

    async def _pages(self, client: ComputeManagementClient, path: str) -> AsyncIterator[dict[str, Any]]:
        url: str | None = f"{self._settings.arm_endpoint}{path}"
        while url:
            response = await self._send(client, url)
            if response.status_code != HTTPStatus.OK:
                raise parse_error(response.status_code, _json(response), response.headers)
            page = _json(response)
            for item in page.get("value", []):
                yield item
            url = page.get("nextLink")

    async def _send(self, client: ComputeManagementClient, url: str) -> AsyncHttpResponse:
        with arm_errors():
            return await client.send_request(HttpRequest("GET", url))

    def _client(self, subscription: str) -> ComputeManagementClient:
        key = subscription.lower()
        if key not in self._clients:
            self._clients[key] = ComputeManagementClient(
                self._credential,
                subscription,
                base_url=self._settings.arm_endpoint,
                credential_scopes=[self._settings.arm_scope],
                retry_total=0,
                transport=one_attempt_transport(),
                connection_timeout=CONNECT_TIMEOUT_SECONDS,
                read_timeout=READ_TIMEOUT_SECONDS,
                per_call_policies=_policies(self._settings.arm_endpoint),
            )
        return self._clients[key]


class _PlainHttpPolicy(SansIOHTTPPolicy[Any, Any]):
    """Lets the SDK send its token over plain http; the settings allow that for this machine only."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.context.options["enforce_https"] = False


def _policies(endpoint: str) -> list[SansIOHTTPPolicy[Any, Any]]:
    return [_PlainHttpPolicy()] if endpoint.startswith("http://") else []


async def _found(call: Any) -> dict[str, Any] | None:
    """The resource that the call gets, as plain JSON; None where it, its parent or its group does not exist."""
    try:
        with arm_errors():
            resource: dict[str, Any] = (await call).as_dict()
            return resource
    except ArmError as error:
        if error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound":
            return None
        raise


def _json(response: AsyncHttpResponse) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        # front doors answer with pages of HTML or nothing at all (recorded)
        return {}
    return body if isinstance(body, dict) else {}


def _microseconds(timestamp: str) -> str:
    """ARM's timestamps have seven digits of fraction, Python's have six."""
    head, dot, tail = timestamp.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return f"{head}{dot}{digits[:6]}{tail[len(digits) :]}"
