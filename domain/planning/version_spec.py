"""The image version that Gallerist wants: the desired state of one `galleries/images/versions` resource."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from domain.planning.numbering import Numbering
from domain.resources.galleries import PublishedRegion
from domain.resources.ids import ImageDefinitionId, ImageVersionId


class VersionSpec(BaseModel):
    """The input of `begin_image_version`. `version` is None until the ledger has reserved a number.

    `source_created_at` is when the managed image was created, None if ARM does not list it. `held_source` is the source
    of the version that holds the image already under this number, however it was recognised.
    """

    definition: ImageDefinitionId
    version: str | None = None
    numbering: Numbering = Numbering()
    location: str
    source: str
    source_created_at: datetime | None = None
    held_source: str | None = None
    regions: Sequence[PublishedRegion]
    data_disk_luns: list[int] = []
    exclude_from_latest: bool = True
    end_of_life: datetime | None = None
    tags: dict[str, str] = {}

    @property
    def id(self) -> ImageVersionId:
        """The version's resource id.

        Raises:
            ValueError: no number has been reserved yet.
        """
        if self.version is None:
            raise ValueError(f"no number was reserved for a version of {self.definition}")
        return self.definition.version(self.version)

    def numbered(self, version: str, held_source: str | None = None) -> Self:
        """Returns the same version under this number, under which the gallery may hold it already."""
        copy = self.model_copy()
        copy.version, copy.held_source = version, held_source
        return copy

    def in_regions(self, regions: Sequence[PublishedRegion]) -> Self:
        """Returns the same version with these regions."""
        copy = self.model_copy()
        copy.regions = regions
        return copy

    def made_from(self, version: ImageVersionId) -> Self:
        """Returns the same version, copied from another image version."""
        copy = self.model_copy()
        copy.source = str(version)
        return copy
