"""How much storage and time a migration will take: rough figures, each with how it was made."""

from pydantic import BaseModel

from domain.resources.galleries import TargetRegion
from domain.resources.images import ManagedImage

# recorded: creations of 95 image versions in their first region took 30 to 1005 seconds, half of them up to 428
FASTEST_MINUTES, MEDIAN_MINUTES, SLOWEST_MINUTES = 0.5, 7.1, 16.8


class StorageEstimate(BaseModel):
    """The storage that all replicas take at most; None where a disk's size is not known."""

    gigabytes: int | None
    how: str


class TimeEstimate(BaseModel):
    """How long the first region takes; for further ones nothing better than hours is known."""

    first_region_minutes: float
    first_region_minutes_from: float
    first_region_minutes_to: float
    further_regions: int
    how: str


class Estimate(BaseModel):
    """What a migration will take, roughly."""

    storage: StorageEstimate
    time: TimeEstimate


def estimate(image: ManagedImage, regions: list[TargetRegion], galleries: int) -> Estimate:
    """The estimate for one version of the image in each of so many galleries, with the same regions."""
    return Estimate(
        storage=_storage(image, regions, galleries), time=_time(len(regions) * galleries - 1, galleries)
    )


def _storage(image: ManagedImage, regions: list[TargetRegion], galleries: int) -> StorageEstimate:
    replicas = sum(region.replicas for region in regions)
    sizes = [disk.size_gb for disk in image.disks]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return StorageEstimate(gigabytes=None, how="the size of a disk is not known")
    counted = f"{sum(known)} GB of disks, {replicas} replicas over {len(regions)} regions"
    in_galleries = f", in {galleries} galleries" if galleries > 1 else ""
    return StorageEstimate(
        gigabytes=sum(known) * replicas * galleries,
        how=f"{counted}{in_galleries}; disks counted as full, the service stores what is written",
    )


def _time(further: int, galleries: int) -> TimeEstimate:
    how = "rough: the median and the range of 95 recorded creations of versions in one region"
    if further:
        how += "; each further region is documented to take up to a few hours, depending on the size"
    if galleries > 1:
        how += "; further galleries begin once the first one is replicated"
    return TimeEstimate(
        first_region_minutes=MEDIAN_MINUTES,
        first_region_minutes_from=FASTEST_MINUTES,
        first_region_minutes_to=SLOWEST_MINUTES,
        further_regions=further,
        how=how,
    )
