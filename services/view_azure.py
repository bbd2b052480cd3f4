"""Lists what Azure holds: the managed images and the galleries of subscriptions."""

from collections.abc import Iterable
from typing import NamedTuple

from adapters.azure.concurrency import gather
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage
from services.container import services


class DefinitionWithVersions(NamedTuple):
    """An image definition and its versions."""

    definition: ImageDefinition
    versions: list[ImageVersion]


async def list_images(subscriptions: Iterable[str]) -> list[ManagedImage]:
    """The managed images of these subscriptions, by id."""
    compute = services().compute
    lists = await gather(compute.list_managed_images(subscription) for subscription in subscriptions)
    return sorted((image for images in lists for image in images), key=lambda image: image.id.key)


async def list_definitions(subscriptions: Iterable[str]) -> list[DefinitionWithVersions]:
    """All image definitions in the galleries of these subscriptions, each with its versions."""
    compute = services().compute
    galleries = await gather(compute.list_galleries(name) for name in subscriptions)
    lists = await gather(
        compute.list_image_definitions(gallery.id) for found in galleries for gallery in found
    )
    definitions = [definition for found in lists for definition in found]
    versions = await gather(compute.list_image_versions(definition.id) for definition in definitions)
    return [DefinitionWithVersions(*pair) for pair in zip(definitions, versions, strict=True)]
