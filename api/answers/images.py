"""The answers that list what is in Azure: managed images, and the contents of galleries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from api.answers.base import Answer
from api.ids import AnyDefinitionId, AnyImageId, AnyVersionId
from api.links import Addresses
from domain.fleet.gaps import Gaps, Unread, Unreadable
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id


class Image(Answer):
    """A managed image."""

    id: AnyImageId
    name: str
    resource_group: str
    subscription: str
    location: str
    os_type: str
    hyper_v_generation: str
    os_disk_gb: int | None
    data_disks_gb: list[int | None]
    provisioning_state: str
    created: datetime | None
    tags: dict[str, str]
    migration: str
    """The address of the image's migration, which may not exist yet."""

    @classmethod
    def of(cls, image: ManagedImage, addresses: Addresses) -> Self:
        """A managed image as Azure describes it."""
        return cls(
            id=image.id,
            name=image.id.name,
            resource_group=image.id.resource_group,
            subscription=image.id.subscription,
            location=image.location,
            os_type=image.os_type,
            hyper_v_generation=image.hyper_v_generation,
            os_disk_gb=image.os_disk.size_gb,
            data_disks_gb=[disk.size_gb for disk in image.data_disks],
            provisioning_state=image.provisioning_state,
            created=image.created_at,
            tags=image.tags,
            migration=addresses.migration(migration_id(image.id)),
        )


class Images(Answer):
    """Managed images, in the order of their ids."""

    images: list[Image]
    unreadable: list[Unreadable]
    """What cannot be read. The answer is about everything else."""
    unread: Unread | None
    """What was not read yet; null if the list is complete."""

    @classmethod
    def of(cls, images: Iterable[ManagedImage], gaps: Gaps, addresses: Addresses) -> Self:
        """Managed images as Azure describes them."""
        ordered = sorted(images, key=lambda image: image.id.key)
        return cls(
            images=[Image.of(image, addresses) for image in ordered],
            unreadable=gaps.unreadable,
            unread=gaps.unread,
        )


class GalleryVersion(Answer):
    """An image version, or an image definition that has none: then the fields of a version are null."""

    name: str
    r"""`gallery\definition\version`, or `gallery\definition`."""
    id: AnyVersionId | AnyDefinitionId
    os_type: str
    hyper_v_generation: str
    location: str | None
    provisioning_state: str | None
    exclude_from_latest: bool | None
    published_at: datetime | None
    end_of_life: datetime | None
    regions: list[str]
    source: str | None
    """The resource id that the version was made from."""

    @classmethod
    def of(cls, definition: ImageDefinition, version: ImageVersion | None = None) -> Self:
        """A version of the definition, or the definition itself."""
        name = f"{definition.id.gallery.name}\\{definition.id.name}"
        return cls(
            name=f"{name}\\{version.id.name}" if version else name,
            id=version.id if version else definition.id,
            os_type=definition.os_type,
            hyper_v_generation=definition.hyper_v_generation,
            location=version.location if version else None,
            provisioning_state=version.provisioning_state if version else None,
            exclude_from_latest=version.exclude_from_latest if version else None,
            published_at=version.published_at if version else None,
            end_of_life=version.end_of_life if version else None,
            regions=[region.name for region in version.target_regions] if version else [],
            source=version.source if version else None,
        )


class Galleries(Answer):
    """The contents of all galleries, in the order of their names."""

    galleries: list[GalleryVersion]
    """Only what was read completely: of a definition all versions, or none."""
    unreadable: list[Unreadable]
    """What cannot be read. The answer is about everything else."""
    unread: Unread | None
    """What was not read yet; null if the list is complete."""

    @classmethod
    def of(cls, definitions: Iterable[tuple[ImageDefinition, Sequence[ImageVersion]]], gaps: Gaps) -> Self:
        """The definitions with their versions."""
        rows = [
            GalleryVersion.of(definition, version)
            for definition, versions in definitions
            for version in list[ImageVersion | None](versions) or [None]
        ]
        return cls(
            galleries=sorted(rows, key=lambda row: row.name), unreadable=gaps.unreadable, unread=gaps.unread
        )
