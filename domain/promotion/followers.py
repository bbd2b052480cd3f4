"""Who uses the versions of a definition: virtual machines, scale sets, and the instances of scale sets."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.regions import Region
from domain.resources.versions import Version

# ARM's words for an upgrade that went wrong
FAILED_CODES = frozenset({"Faulted", "Cancelled", "Canceled"})
COMPLETED_CODE = "Completed"
MOST_NAMED = 5


class ImageReference(NamedTuple):
    """Which definition a consumer's image reference names, and which version, as far as it says one."""

    definition: ImageDefinitionId
    named: str | None
    exact: str | None

    @classmethod
    def parse(cls, text: str, exact: str | None) -> Self | None:
        """Reads a reference; None for one that names no version of a gallery by its Compute id."""
        try:
            version = ImageVersionId.parse(text)
        except ResourceIdError:
            pass
        else:
            return cls(version.definition, version.name, exact or version.name)
        try:
            return cls(ImageDefinitionId.parse(text), None, exact)
        except ResourceIdError:
            return None


class Machine(BaseModel):
    """A virtual machine. `scale_set` is the id of its scale set in flexible orchestration."""

    id: str
    region: Region
    reference: str = ""
    exact_version: str | None = None
    scale_set: str | None = None

    def image(self) -> ImageReference | None:
        """What its image reference names."""
        return ImageReference.parse(self.reference, self.exact_version)


class ScaleSet(BaseModel):
    """A scale set: the image reference of its model, and whether it follows `latest` by itself."""

    id: str
    region: Region
    reference: str = ""
    automatic: bool = False
    flexible: bool = False
    capacity: int | None = None

    def image(self) -> ImageReference | None:
        """What the image reference of its model names."""
        return ImageReference.parse(self.reference, None)

    def follows(self, definition: ImageDefinitionId) -> bool:
        """Whether it upgrades by itself to what `latest` of this definition resolves to."""
        image = self.image()
        return self.automatic and image is not None and image.definition == definition and image.named is None


class OsUpgrade(BaseModel):
    """One attempt to upgrade the OS of a scale set. `target` is the version's id; None if Azure does not name it."""

    target: str | None = None
    begun_at: datetime | None = None
    code: str = "Unknown"
    error: str = ""

    def is_to(self, version: ImageVersionId) -> bool:
        """Whether the attempt was one to this version."""
        return self.target is not None and self.target.lower() == version.key

    @property
    def went_wrong(self) -> bool:
        """Whether it failed or was cancelled."""
        return self.code in FAILED_CODES


class Follower(BaseModel):
    """A scale set that follows `latest` of the definition: its instances, and its newest upgrade to the version.

    `taken` counts instances that run the version or a higher one. `window` describes the maintenance window in which it
    upgrades; None if it has none. `opens` is when it is open first after the version came; None if that is not known.
    """

    id: str
    region: Region
    instances: int
    taken: int
    upgrade: OsUpgrade | None = None
    window: str | None = None
    opens: datetime | None = None

    @property
    def has_taken(self) -> bool:
        """Whether every instance runs the version or a higher one."""
        return self.taken >= self.instances

    @property
    def name(self) -> str:
        """The scale set's name."""
        return self.id.rpartition("/")[2]


class Gap(BaseModel):
    """Consumers that could not be read: where, and why."""

    where: str
    reason: str


def newest_upgrade(
    upgrades: Iterable[OsUpgrade], version: ImageVersionId, since: datetime
) -> OsUpgrade | None:
    """The newest attempt to upgrade to this version that began after a moment. Others are no evidence.

    The history holds attempts of two months for any target (documented), so an older one may be a former promotion's.
    """
    own = [one for one in upgrades if one.is_to(version) and one.begun_at and one.begun_at >= since]
    return max(own, key=lambda one: (one.begun_at, one.went_wrong), default=None)


def count_taken(versions: Iterable[str | None], version: ImageVersionId) -> int:
    """How many of the instances run this version or a higher one. An unknown version counts as neither."""
    wanted = Version.of_name(version.name)
    numbers = [Version.of_name(name or "") for name in versions]
    return sum(number is not None and wanted is not None and number >= wanted for number in numbers)


def named(ids: Iterable[str]) -> str:
    """The names of some scale sets, and how many more there are."""
    names = [one.rpartition("/")[2] for one in ids]
    rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + rest
