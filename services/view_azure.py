"""Lists what Azure holds: the managed images and the galleries of subscriptions."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from adapters.azure.protocols import AzureLook, Seen, SeenImages
from domain.fleet.gaps import Gaps
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage
from services.container import services


class ImageList(NamedTuple):
    """Managed images, and what is missing."""

    images: list[ManagedImage]
    gaps: Gaps


class DefinitionWithVersions(NamedTuple):
    """An image definition and its versions."""

    definition: ImageDefinition
    versions: list[ImageVersion]


class DefinitionList(NamedTuple):
    """Image definitions with their versions, and what is missing."""

    definitions: list[DefinitionWithVersions]
    gaps: Gaps


async def list_images(subscriptions: Iterable[str]) -> ImageList:
    """The managed images of these subscriptions, by id, as far as they can be read now.

    Raises:
        ArmError: those of no subscription can be read.
    """
    look = services().looks.begin()
    seen = await look.images(subscriptions)
    check_that_some_were_read(seen.values(), look)
    images = [image for one in seen.values() for image in one.values]
    return ImageList(sorted(images, key=lambda image: image.id.key), look.gaps)


async def list_definitions(subscriptions: Iterable[str]) -> DefinitionList:
    """All image definitions in the galleries of these subscriptions, each with its versions, as far as they are read.

    Raises:
        ArmError: nothing of any subscription can be read.
    """
    look = services().looks.begin()
    found = await look.definitions(subscriptions)
    definitions = [definition for seen in found.values() for definition in seen.values]
    check_that_some_were_read(found.values(), look)
    versions = await look.complete_versions(definition.id for definition in definitions)
    rows = [
        DefinitionWithVersions(definition, versions[definition.id].values)
        for definition in definitions
        if versions[definition.id].extent == "whole"
    ]
    return DefinitionList(rows, look.gaps)


def check_that_some_were_read(seen: Iterable[Seen[Any] | SeenImages], look: AzureLook) -> None:
    """Raises the look's error if nothing at all was read: an empty answer would look like an empty estate."""
    if look.error is not None and not any(one.values or one.extent == "whole" for one in seen):
        raise look.error
