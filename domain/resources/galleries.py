"""Galleries, image definitions and image versions, with the regions that a version is replicated to."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from domain.described import Described
from domain.resources.features import SECURITY_TYPE, feature
from domain.resources.ids import DiskEncryptionSetId, GalleryId, ImageDefinitionId, ImageVersionId
from domain.resources.images import PurchasePlan
from domain.resources.provisioning import Provisioned
from domain.resources.regions import Region

StorageAccountType = Literal["Standard_LRS", "Standard_ZRS", "Premium_LRS"]
# ARM's own word: Unknown, Replicating, Completed, Failed, or one that is newer than this
RegionState = str


class Gallery(BaseModel):
    """A gallery; its location may differ from that of the images (documented).

    `sharing` is `Private`, `Groups` (with subscriptions and tenants) or `Community` (with everybody).
    With `soft_delete` it keeps deleted versions for a while, and a write to such a number restores the version
    (recorded).
    """

    id: GalleryId
    location: Region
    sharing: str = "Private"
    soft_delete: bool = False


class ImageDefinition(Provisioned):
    """An image definition; all its properties but the tags are fixed when it is created (documented)."""

    id: ImageDefinitionId
    location: Region
    os_type: str
    os_state: str = "Generalized"
    hyper_v_generation: str
    architecture: str = "x64"
    publisher: str
    offer: str
    sku: str
    purchase_plan: PurchasePlan | None = None
    features: dict[str, str] = Field(default={})
    tags: dict[str, str] = Field(default={})
    provisioning_state: str = "Succeeded"

    @model_validator(mode="before")
    @classmethod
    def _read_security_type(cls, value: Any) -> Any:
        """Reads messages of earlier versions of the app, which knew this feature only."""
        if isinstance(value, dict) and "security_type" in value and "features" not in value:
            return {**value, "features": {SECURITY_TYPE: value["security_type"]}}
        return value

    @property
    def security_type(self) -> str:
        """The security type; Standard if none is stated."""
        return feature(self.features, SECURITY_TYPE) or "Standard"

    @property
    def identity(self) -> tuple[str, str, str]:
        """Publisher, offer and SKU, which are unique within a gallery (documented)."""
        return (self.publisher.lower(), self.offer.lower(), self.sku.lower())


class PublishedRegion(Described):
    """One region of an existing version, whoever wrote it and whatever they chose."""

    name: Region
    replicas: int = 1
    storage_account_type: str = "Standard_LRS"
    disk_encryption_set: str | DiskEncryptionSetId | None = None
    exclude_from_latest: bool | None = None


class TargetRegion(PublishedRegion):
    """One region of a version's publishing profile."""

    model_config = ConfigDict(extra="forbid")

    name: Region
    """The region, in either spelling: `eastus2` or `East US 2`."""
    replicas: int = Field(default=1, ge=1, le=100)
    """The number of replicas in the region."""
    storage_account_type: StorageAccountType = "Standard_LRS"
    """The storage of the replicas; fixed once the version is in the region."""
    disk_encryption_set: DiskEncryptionSetId | None = None
    """The resource id of the region's own disk encryption set. Give one to every region, or to none."""
    exclude_from_latest: bool | None = None
    """Whether `latest` ignores the version in this region. If not given, the version's own value applies."""

    def with_replicas(self, replicas: int) -> Self:
        """Returns a copy of the region with this number of replicas."""
        region = self.model_copy()
        region.replicas = replicas
        return region

    def encrypted_with(self, disk_encryption_set: DiskEncryptionSetId) -> Self:
        """Returns a copy of the region with this disk encryption set."""
        region = self.model_copy()
        region.disk_encryption_set = disk_encryption_set
        return region


def _by_name(region: Any) -> Any:
    return {"name": region} if isinstance(region, str) else region


def _consistent(regions: list[TargetRegion]) -> list[TargetRegion]:
    names = Counter(region.name for region in regions)
    duplicates = sorted(name for name, times in names.items() if times > 1)
    if duplicates:
        raise ValueError(f"regions named twice: {', '.join(duplicates)}")
    unencrypted = [region.name for region in regions if region.disk_encryption_set is None]
    if 0 < len(unencrypted) < len(regions):
        # documented: if one region uses a customer-managed key, all must
        raise ValueError(
            f"give every region a disk_encryption_set, or none of them: missing for {', '.join(unencrypted)}"
        )
    return regions


# as users write them: a region may be given by its name alone
TargetRegions = Annotated[
    list[Annotated[TargetRegion, BeforeValidator(_by_name, json_schema_input_type=str | TargetRegion)]],
    # all of Azure's regions are fewer, and a version has at most 100 replicas
    Field(max_length=100),
    AfterValidator(_consistent),
]


class RegionProgress(BaseModel):
    """One region of ARM's replication status; `progress` is in percent."""

    region: Region
    state: RegionState = "Unknown"
    progress: int = 0
    details: str = ""


class VersionStates(NamedTuple):
    """The provisioning states of a definition's versions, by their numbers, and how many pages their list has.

    `scarce` says that little is left of one of Azure's limits.
    """

    states: dict[str, str]
    pages: int
    scarce: bool = False


class RegionsWrite(NamedTuple):
    """A write of a version's regions: the version before it, whether anything was written, and the operation's URL."""

    before: "ImageVersion"
    written: bool = False
    operation_url: str | None = None


class ImageVersion(Provisioned):
    """An image version. `replication` is None if it was not requested or ARM did not report it.

    `removal_allowed` says whether ARM removes it from regions that have it (`allowDeletionOfReplicatedLocations`).
    A `Shallow` version is no copy of its source: it stays in one region, with one replica.
    """

    id: ImageVersionId
    location: Region
    source: str | None = None
    tags: dict[str, str] = Field(default={})
    target_regions: list[PublishedRegion] = Field(default=[])
    exclude_from_latest: bool = False
    published_at: datetime | None = None
    end_of_life: datetime | None = None
    removal_allowed: bool = False
    replication_mode: str = "Full"
    replication: list[RegionProgress] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether Azure is not working on the version any more; its regions may still be copied to."""
        return self.provisioning_state in ("Succeeded", "Failed")

    @property
    def is_everywhere(self) -> bool:
        """Whether the version can be used in every one of its regions, as far as it was read."""
        if self.provisioning_state != "Succeeded" or not self.replication:
            return False
        return all(region.state == "Completed" for region in self.replication)
