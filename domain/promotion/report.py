"""What a look at a promotion finds: what `latest` resolves to, the flags, and the followers."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Follower, Gap
from domain.promotion.latest import RegionLatest
from domain.resources.ids import ImageVersionId
from domain.resources.operations import OperationUrl
from domain.resources.regions import Region
from domain.results import Failure


class LookRequest(BaseModel):
    """The input of `look_at_promotion`: the version, every version with changed flags, and since when per region.

    Followers are read in the regions of `since`, each with its upgrades since then. With `counts_running` all machines
    and instances that run the version are counted.
    """

    version_id: ImageVersionId
    touched: list[ImageVersionId]
    since: dict[Region, datetime] = Field(default={})
    counts_running: bool = False


class PromotionReport(BaseModel):
    """What a look found. Versions that are gone have no flags; `running` are machines and instances on the version."""

    latest: list[RegionLatest]
    flags: list[VersionFlags]
    followers: list[Follower] = Field(default=[])
    gaps: list[Gap] = Field(default=[])
    running: int | None = None

    def flags_of(self, version: ImageVersionId) -> VersionFlags | None:
        """The flags of a version; None if it is gone."""
        return next((one for one in self.flags if one.version == version), None)


class ExclusionsRequest(BaseModel):
    """The input of `set_exclusions` and `read_exclusions`.

    A change that `restores` what was before is written whatever the version's proof and its regions say.
    """

    change: FlagChange
    restores: bool = False
    operation_url: OperationUrl | None = None


class ExclusionsReport(BaseModel):
    """The answer of `set_exclusions` and `read_exclusions`. `flags` are as they were read; None if the version is gone.

    `refused` says why nothing was written, or why Azure could not carry the write out.
    """

    flags: VersionFlags | None = None
    written: bool = False
    operation_url: OperationUrl | None = None
    refused: Failure | None = None
