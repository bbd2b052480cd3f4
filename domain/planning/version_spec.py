"""The image version that Gallerist wants: the desired state of one `galleries/images/versions` resource."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from domain.planning.numbering import Numbering
from domain.resources.galleries import TargetRegion
from domain.resources.ids import ImageDefinitionId, ImageVersionId


class VersionSpec(BaseModel):
    """The input of `begin_image_version`. `version` is None until the ledger has reserved a number."""

    definition: ImageDefinitionId
    version: str | None = None
    numbering: Numbering = Numbering()
    location: str
    source: str
    regions: list[TargetRegion]
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

    def numbered(self, version: str) -> Self:
        """Returns the same version under this number."""
        copy = self.model_copy()
        copy.version = version
        return copy

    def made_from(self, version: ImageVersionId) -> Self:
        """Returns the same version, copied from another image version."""
        copy = self.model_copy()
        copy.source = str(version)
        return copy
