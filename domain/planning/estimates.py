"""How much storage a migration will take: a rough figure, and how it was made."""

from pydantic import BaseModel

from domain.resources.galleries import TargetRegion
from domain.resources.images import ManagedImage


class StorageEstimate(BaseModel):
    """The most storage that all replicas can take together; None if a disk's size is unknown."""

    gigabytes: int | None
    how: str


class ReplicationEstimate(BaseModel):
    """How long replication will take, from the write until every region has the version; None if nobody can know yet.

    Galleries are replicated to side by side, so of several the slowest counts.
    """

    seconds: int | None
    how: str


class Estimate(BaseModel):
    """What a migration will take."""

    storage: StorageEstimate


def estimate(image: ManagedImage, regions: list[TargetRegion], galleries: int) -> Estimate:
    """Estimates one version of the image in this number of galleries, each with the same regions."""
    return Estimate(storage=_storage(image, regions, galleries))


def _storage(image: ManagedImage, regions: list[TargetRegion], galleries: int) -> StorageEstimate:
    sizes = [disk.size_gb for disk in image.disks]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return StorageEstimate(gigabytes=None, how="the size of a disk is unknown")
    replicas = sum(region.replicas for region in regions)
    counted = f"{sum(known)} GB of disks, {_count(replicas, 'replica')} in {_count(len(regions), 'region')}"
    in_galleries = f", in {galleries} galleries" if galleries > 1 else ""
    return StorageEstimate(
        gigabytes=sum(known) * replicas * galleries,
        how=f"{counted}{in_galleries}; an upper bound: the service stores only the written part of a disk",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
