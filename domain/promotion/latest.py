"""What `latest` resolves to in a region, and why no higher version is it.

The highest Major.Minor.Patch that is not excluded and is replicated there (documented: "Store and share resources in an
Azure Compute Gallery").
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from domain.promotion.flags import VersionFlags
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import Region, canonical_region
from domain.resources.versions import Version

Why = Literal[
    "excluded-by-region",
    "excluded-by-version",
    "not-replicated",
    "failed",
    "deleting",
    "soft-deleted",
    "unknown",
]


class PassedOver(BaseModel):
    """A version above `latest`, and why it is not `latest` in this region."""

    version: str
    why: Why


class RegionLatest(BaseModel):
    """What `latest` resolves to in a region; None if nothing does, or if it is not `certain`.

    It is not certain where Azure does not say whether a higher version is replicated.
    """

    region: Region
    version: str | None = None
    certain: bool = True
    passed_over: list[PassedOver] = Field(default=[])


def resolve(versions: Iterable[ImageVersion], region: str, soft_deleted: Iterable[str] = ()) -> RegionLatest:
    """Finds what `latest` resolves to in a region among the versions of a definition.

    `soft_deleted` are the numbers in the gallery's bin, which are never `latest` (documented).
    """
    passed: list[PassedOver] = []
    found: ImageVersion | None = None
    for version in highest_first(versions):
        why = why_not(version, region)
        if why is None:
            found = version
            break
        passed.append(PassedOver(version=version.id.name, why=why))
        if why == "unknown":
            return RegionLatest(region=region, certain=False, passed_over=passed)
    passed += [PassedOver(version=name, why="soft-deleted") for name in soft_deleted if _above(name, found)]
    passed.sort(key=lambda one: Version.of_name(one.version) or Version(-1, 0, 0), reverse=True)
    return RegionLatest(region=region, version=found.id.name if found else None, passed_over=passed)


def why_not(version: ImageVersion, region: str) -> Why | None:
    """Why `latest` does not resolve to a version in a region; None if it may."""
    flags = VersionFlags.of(version)
    if region not in flags.regions:
        return "not-replicated"
    if flags.excluded_in(region):
        return "excluded-by-version" if flags.regions[region] is None else "excluded-by-region"
    if version.provisioning_state == "Deleting":
        return "deleting"
    return _why_not_there(version, region)


def _why_not_there(version: ImageVersion, region: str) -> Why | None:
    """A version that failed elsewhere serves the regions that have it (reported: azure-cli #15539)."""
    states = {canonical_region(one.region): one.state for one in version.replication or []}
    state = states.get(region, "Unknown")
    if state == "Completed":
        return None
    return {"Replicating": "not-replicated", "Failed": "failed"}.get(state, "unknown")  # type: ignore[return-value]


def unread(versions: Sequence[ImageVersion], regions: Iterable[str]) -> list[ImageVersionId]:
    """The versions whose replication decides what `latest` is, and was not read: lists do not show it (recorded)."""
    wanted = []
    for region in regions:
        latest = resolve(versions, region)
        if not latest.certain:
            name = latest.passed_over[-1].version
            wanted += [one.id for one in versions if one.id.name == name and one.replication is None]
    return list(dict.fromkeys(wanted))


def highest_first(versions: Iterable[ImageVersion]) -> list[ImageVersion]:
    """The versions whose names are numbers, the highest first. Others are never `latest`."""
    numbered = [
        (number, version) for version in versions if (number := Version.of_name(version.id.name)) is not None
    ]
    return [version for _, version in sorted(numbered, key=lambda pair: pair[0], reverse=True)]


def regions_of(versions: Iterable[ImageVersion]) -> list[str]:
    """All regions that a version of the definition has, sorted."""
    return sorted({region.name for version in versions for region in version.target_regions})


def latest_of(resolved: Iterable[RegionLatest]) -> dict[str, str | None]:
    """The number of each region's latest version; regions of which it is not certain are left out."""
    return {one.region: one.version for one in resolved if one.certain}


def _above(name: str, found: ImageVersion | None) -> bool:
    number = Version.of_name(name)
    if number is None:
        return False
    return found is None or number > (Version.of_name(found.id.name) or Version(-1, 0, 0))
