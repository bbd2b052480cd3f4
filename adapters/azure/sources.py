"""The lists of ARM that are kept: where each one is, and how its records are read."""

from functools import partial
from typing import Any
from urllib.parse import quote

from adapters.azure.documents import (
    Creation,
    Id,
    ListedResource,
    parse_creation,
    parse_gallery,
    parse_image_definition,
    parse_image_version,
    parse_listed_resource,
    parse_managed_image,
    parse_permission,
)
from adapters.azure.kept import Source
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId
from domain.resources.images import ManagedImage
from domain.resources.permissions import Permission

# Pinned per operation: newer versions of the galleries' API have other defaults (documented).
IMAGES_API = "2024-07-01"
GALLERIES_API = "2024-03-03"
RESOURCES_API = "2021-04-01"
PERMISSIONS_API = "2022-04-01"


def managed_images(subscription: str) -> Source[ManagedImage]:
    """The managed images of a subscription, without their creation times."""
    path = f"/subscriptions/{subscription}/providers/{ImageId.type_name()}?api-version={IMAGES_API}"
    parse = partial(parse_managed_image, created_at=None)
    return Source(subscription, path, _whole(subscription), ImageId.kind, parse)


def resources(subscription: str, id_type: type[Id]) -> Source[ListedResource[Id]]:
    """The resources of a type in ARM's list: a thousand on a page, with tags and times, but not up to date."""
    filter_text = quote(f"resourceType eq '{id_type.type_name()}'")
    expand = "createdTime,changedTime,provisioningState"
    path = f"/subscriptions/{subscription}/resources?$filter={filter_text}&$expand={expand}&api-version={RESOURCES_API}"
    return Source(
        subscription,
        path,
        _whole(subscription),
        id_type.kind,
        lambda resource: parse_listed_resource(resource, id_type),
    )


def managed_image(wanted: ImageId) -> Source[Any]:
    """One managed image, as ARM shows it."""
    path = f"{quote(str(wanted))}?api-version={IMAGES_API}"
    return Source(
        wanted.subscription,
        path,
        str(wanted),
        ImageId.kind,
        lambda resource: resource,
        single=True,
        may_be_missing=True,
    )


def images_in_group(subscription: str, group: str) -> Source[Creation]:
    """The managed images of a resource group in ARM's list, which alone has their creation times."""
    scope = f"/subscriptions/{subscription}/resourceGroups/{quote(group)}"
    filter_text = quote(f"resourceType eq '{ImageId.type_name()}'")
    path = f"{scope}/resources?$filter={filter_text}&$expand=createdTime&api-version={RESOURCES_API}"
    return Source(subscription, path, scope, ImageId.kind, parse_creation)


def gallery(wanted: GalleryId) -> Source[Gallery]:
    """One gallery."""
    path = f"{quote(str(wanted))}?api-version={GALLERIES_API}"
    return Source(
        wanted.subscription,
        path,
        str(wanted),
        GalleryId.kind,
        parse_gallery,
        single=True,
        may_be_missing=True,
    )


def permissions(scope: ResourceId) -> Source[Permission]:
    """What the identity may do at a resource, role by role."""
    path = f"{quote(str(scope))}/providers/Microsoft.Authorization/permissions?api-version={PERMISSIONS_API}"
    return Source(scope.subscription, path, str(scope), "permission", parse_permission)


def galleries(subscription: str) -> Source[Gallery]:
    """The galleries of a subscription."""
    path = f"/subscriptions/{subscription}/providers/{GalleryId.type_name()}?api-version={GALLERIES_API}"
    return Source(subscription, path, _whole(subscription), GalleryId.kind, parse_gallery)


def image_definitions(gallery: GalleryId) -> Source[ImageDefinition]:
    """The image definitions of a gallery."""
    path = f"{quote(str(gallery))}/images?api-version={GALLERIES_API}"
    return Source(gallery.subscription, path, str(gallery), ImageDefinitionId.kind, parse_image_definition)


def image_versions(definition: ImageDefinitionId, *, changes_are_seen: bool) -> Source[ImageVersion]:
    """The versions of a definition, none if it does not exist.

    If ARM's list of resources shows changes, they stay as they are once Azure has finished with all of them.
    """
    path = f"{quote(str(definition))}/versions?api-version={GALLERIES_API}"
    return Source(
        definition.subscription,
        path,
        str(definition),
        ImageVersionId.kind,
        parse_image_version,
        stays=lambda versions: changes_are_seen and all(version.is_finished for version in versions),
        may_be_missing=True,
    )


def image_version(version: ImageVersionId) -> Source[ImageVersion]:
    """One version with its replication status; it stays in its regions once it is in all of them."""
    path = f"{quote(str(version))}?$expand=ReplicationStatus&api-version={GALLERIES_API}"
    return Source(
        version.subscription,
        path,
        str(version),
        ImageVersionId.kind,
        parse_image_version,
        stays=lambda versions: bool(versions) and all(found.is_everywhere for found in versions),
        single=True,
        may_be_missing=True,
    )


def _whole(subscription: str) -> str:
    return f"/subscriptions/{subscription}"
