"""Estimates: figures that can be checked by hand, and how they were made."""

from domain.planning.estimates import estimate
from domain.resources.galleries import TargetRegion
from tests.unit.builders import disk, image

REGIONS = [TargetRegion(name="westeurope", replicas=3), TargetRegion(name="eastus2")]


def test_storage_is_all_disks_times_all_replicas() -> None:
    built = image(data_disks=[disk("data", 100, lun=0)])
    storage = estimate(built, REGIONS, galleries=1).storage
    assert storage.gigabytes == (30 + 100) * (3 + 1)
    assert storage.how.startswith("130 GB of disks, 4 replicas in 2 regions; ")


def test_every_gallery_has_its_own_replicas() -> None:
    storage = estimate(image(), REGIONS, galleries=2).storage
    assert storage.gigabytes == 30 * 4 * 2
    assert ", in 2 galleries; " in storage.how


def test_a_disk_of_unknown_size_leaves_the_storage_unknown() -> None:
    storage = estimate(image(os_disk=disk(size_gb=None)), REGIONS, galleries=1).storage
    assert (storage.gigabytes, storage.how) == (None, "the size of a disk is unknown")
