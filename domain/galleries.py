"""Galleries, image definitions and image versions as ARM returns them, and as Gallerist asks for them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.errors import NotYetError
from domain.images import Generation, OsType, PurchasePlan
from domain.regions import Region
from domain.resource_ids import DiskEncryptionSetId, GalleryId, ImageDefinitionId, ImageVersionId

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


def parse_gallery(resource: dict[str, Any]) -> Gallery:
    """Read a gallery as ARM returns it."""
    return Gallery(id=GalleryId.parse(resource["id"]), location=resource["location"])


def parse_image_definition(resource: dict[str, Any]) -> ImageDefinition:
    """Read an image definition as ARM returns it; an absent generation is V1, an absent architecture x64."""
    properties = resource["properties"]
    identifier = properties["identifier"]
    features = {feature["name"]: feature["value"] for feature in properties.get("features") or []}
    return ImageDefinition(
        id=ImageDefinitionId.parse(resource["id"]),
        location=resource["location"],
        os_type=properties["osType"],
        os_state=properties["osState"],
        hyper_v_generation=properties.get("hyperVGeneration") or "V1",
        architecture=properties.get("architecture") or "x64",
        publisher=identifier["publisher"],
        offer=identifier["offer"],
        sku=identifier["sku"],
        purchase_plan=_parse_purchase_plan(properties.get("purchasePlan")),
        security_type=features.get("SecurityType", "Standard"),
        provisioning_state=properties.get("provisioningState", "Unknown"),
    )


def _parse_purchase_plan(plan: dict[str, Any] | None) -> PurchasePlan | None:
    if not plan or not plan.get("name"):
        return None
    return PurchasePlan(
        name=plan["name"], product=plan.get("product", ""), publisher=plan.get("publisher", "")
    )


def parse_image_version(resource: dict[str, Any]) -> ImageVersion:
    """Read an image version as ARM returns it, with the replication status if it was expanded."""
    properties = resource["properties"]
    profile = properties.get("publishingProfile") or {}
    source = (properties.get("storageProfile") or {}).get("source") or {}
    status = properties.get("replicationStatus")
    return ImageVersion(
        id=ImageVersionId.parse(resource["id"]),
        location=resource["location"],
        provisioning_state=properties.get("provisioningState", "Unknown"),
        source=source.get("id") or source.get("virtualMachineId"),
        tags=resource.get("tags") or {},
        target_regions=[_parse_target_region(region) for region in profile.get("targetRegions") or []],
        exclude_from_latest=bool(profile.get("excludeFromLatest")),
        published_at=profile.get("publishedDate"),
        end_of_life=profile.get("endOfLifeDate"),
        replication=[_parse_region_progress(region) for region in status.get("summary") or []]
        if status
        else None,
    )


def _parse_target_region(region: dict[str, Any]) -> TargetRegion:
    os_disk = (region.get("encryption") or {}).get("osDiskImage") or {}
    return TargetRegion(
        name=region["name"],
        replicas=region.get("regionalReplicaCount") or 1,
        storage_account_type=region.get("storageAccountType") or "Standard_LRS",
        disk_encryption_set=os_disk.get("diskEncryptionSetId") or None,
        exclude_from_latest=region.get("excludeFromLatest"),
    )


def _parse_region_progress(region: dict[str, Any]) -> RegionProgress:
    return RegionProgress(
        region=region["region"],
        state=region.get("state") or "Unknown",
        progress=region.get("progress") or 0,
        details=region.get("details") or "",
    )
