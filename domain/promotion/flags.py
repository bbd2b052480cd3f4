"""The flags that exclude a version from `latest`: as they are, and changes of them.

The flag exists twice, for the version and in each target region. Where a region has a value of its own it wins, in both
directions; otherwise the version's holds (documented: "Store and share resources in an Azure Compute Gallery").
"""

from typing import Self

from pydantic import BaseModel

from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import Region
from domain.resources.versions import Version


class VersionFlags(BaseModel):
    """A version's flags: its own, and that of each target region; None where a region has none of its own."""

    version: ImageVersionId
    own: bool
    regions: dict[Region, bool | None]

    @classmethod
    def of(cls, version: ImageVersion) -> Self:
        """The flags of a version that was read."""
        regions = {region.name: region.exclude_from_latest for region in version.target_regions}
        return cls(version=version.id, own=version.exclude_from_latest, regions=regions)

    def excluded_in(self, region: str) -> bool:
        """Whether `latest` ignores the version in one of its regions."""
        flag = self.regions.get(region)
        return self.own if flag is None else flag

    @property
    def number(self) -> Version:
        """The version's number; the name of a version that is none comes before all others."""
        return Version.of_name(self.version.name) or Version(-1, 0, 0)


class FlagChange(BaseModel):
    """A change of a version's flags. `own` None leaves the version's own; a region's None removes the region's."""

    version: ImageVersionId
    own: bool | None = None
    regions: dict[Region, bool | None] = {}

    def applied(self, flags: VersionFlags) -> VersionFlags:
        """The flags after the change. Regions that the version does not have stay away."""
        regions = {name: self.regions.get(name, flag) for name, flag in flags.regions.items()}
        own = flags.own if self.own is None else self.own
        return VersionFlags(version=flags.version, own=own, regions=regions)

    def differences(self, flags: VersionFlags) -> list[str]:
        """What the flags show otherwise than this change wrote them, in words."""
        found = []
        if self.own is not None and self.own != flags.own:
            found.append(f"{flags.version.name} has excludeFromLatest {flags.own} of its own, not {self.own}")
        for region, wanted in self.regions.items():
            if region not in flags.regions:
                found.append(f"{flags.version.name} is no longer replicated to {region}")
            elif flags.regions[region] != wanted:
                shown = flags.regions[region]
                found.append(f"{flags.version.name} has excludeFromLatest {shown} in {region}, not {wanted}")
        return found

    @property
    def offered_in(self) -> list[str]:
        """The regions in which the change lets `latest` resolve to the version."""
        return [region for region, excluded in self.regions.items() if excluded is False]


def merged_changes(changes: list[FlagChange], later: list[FlagChange]) -> list[FlagChange]:
    """One change for each version: the earlier ones with the later ones over them."""
    merged = {change.version: change for change in changes}
    for change in later:
        before = merged.get(change.version)
        if before is not None:
            own = before.own if change.own is None else change.own
            change = FlagChange(version=change.version, own=own, regions=before.regions | change.regions)  # noqa: PLW2901 # the merged one
        merged[change.version] = change
    return list(merged.values())
