"""Galleries, image definitions and image versions as ARM returns them, and as Gallerist asks for them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.errors import NotYetError
from domain.resources.ids import DiskEncryptionSetId, GalleryId, ImageDefinitionId, ImageVersionId
from domain.resources.images import Generation, OsType, PurchasePlan
from domain.resources.regions import Region

StorageAccountType = Literal["Standard_LRS", "Standard_ZRS", "Premium_LRS"]
RegionState = Literal["Unknown", "Replicating", "Completed", "Failed"]


class Gallery(BaseModel):
    """A gallery; its location need not be the images' (documented)."""

    id: GalleryId
    location: Region


class ImageDefinition(BaseModel):
    """An image definition; everything here is fixed when it is created (documented)."""

    id: ImageDefinitionId
    location: Region
    os_type: OsType
    os_state: str = "Generalized"
    hyper_v_generation: Generation
    architecture: str = "x64"
    publisher: str
    offer: str
    sku: str
    purchase_plan: PurchasePlan | None = None
    security_type: str = "Standard"
    provisioning_state: str = "Succeeded"

    def settled(self) -> Self:
        """The definition itself, once ARM is done with it.

        Raises:
            NotYetError: it is still being made or changed.
        """
        if self.provisioning_state in ("Creating", "Updating"):
            raise NotYetError(
                f"image definition {self.id.name} is in provisioning state {self.provisioning_state}"
            )
        return self

    @property
    def identity(self) -> tuple[str, str, str]:
        """Publisher, offer and SKU, which no two definitions of a gallery share (documented)."""
        return (self.publisher.lower(), self.offer.lower(), self.sku.lower())


class TargetRegion(BaseModel):
    """One region of a version's publishing profile."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Region
    """The region, in either spelling: `eastus2` or `East US 2`."""
    replicas: int = Field(default=1, ge=1, le=100)
    """How many replicas of the version the region holds."""
    storage_account_type: StorageAccountType = "Standard_LRS"
    """Where the replicas are stored; fixed once the version is in the region."""
    disk_encryption_set: DiskEncryptionSetId | None = None
    """The region's own disk encryption set; all regions of a version have one, or none has."""
    exclude_from_latest: bool | None = None
    """Whether `latest` passes over the version in this region; without it, the version's own value holds."""

    def with_replicas(self, replicas: int) -> Self:
        """The same region with another number of replicas."""
        region = self.model_copy()
        region.replicas = replicas
        return region


def _by_name(region: Any) -> Any:
    return {"name": region} if isinstance(region, str) else region


def _consistent(regions: list[TargetRegion]) -> list[TargetRegion]:
    names = [region.name for region in regions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"regions named twice: {', '.join(twice)}")
    bare = [region.name for region in regions if region.disk_encryption_set is None]
    if 0 < len(bare) < len(regions):
        # documented: if one region uses a customer-managed key, all must
        have = "has" if len(bare) == 1 else "have"
        raise ValueError(f"all regions need a disk_encryption_set, or none: {', '.join(bare)} {have} none")
    return regions


# as people write them: a region may be given by its name alone, and none may be given twice
TargetRegions = Annotated[
    list[Annotated[TargetRegion, BeforeValidator(_by_name, json_schema_input_type=str | TargetRegion)]],
    AfterValidator(_consistent),
]


class RegionProgress(BaseModel):
    """One region of ARM's replication status; `progress` in percent."""

    region: Region
    state: RegionState = "Unknown"
    progress: int = 0
    details: str = ""


class ImageVersion(BaseModel):
    """An image version; `replication` is None where ARM was not asked for it or did not say."""

    id: ImageVersionId
    location: Region
    provisioning_state: str
    source: str | None = None
    tags: dict[str, str] = {}
    target_regions: list[TargetRegion] = []
    exclude_from_latest: bool = False
    published_at: datetime | None = None
    end_of_life: datetime | None = None
    replication: list[RegionProgress] | None = None
