"""Estimates: figures that can be checked by hand, each with how it was made."""

from domain.planning.estimates import estimate
from domain.resources.galleries import TargetRegion
from tests.unit.builders import disk, image

REGIONS = [TargetRegion(name="westeurope", replicas=3), TargetRegion(name="eastus2")]


def test_storage_is_all_disks_times_all_replicas() -> None:
    built = image(data_disks=[disk("data", 100, lun=0)])
    storage = estimate(built, REGIONS, galleries=1).storage
    assert storage.gigabytes == (30 + 100) * (3 + 1)
    assert storage.how.startswith("130 GB of disks, 4 replicas over 2 regions; ")


def test_every_gallery_has_replicas_of_its_own() -> None:
    storage = estimate(image(), REGIONS, galleries=2).storage
    assert storage.gigabytes == 30 * 4 * 2
    assert ", in 2 galleries; " in storage.how


def test_a_disk_of_unknown_size_leaves_the_storage_unknown() -> None:
    storage = estimate(image(os_disk=disk(size_gb=None)), REGIONS, galleries=1).storage
    assert (storage.gigabytes, storage.how) == (None, "the size of a disk is not known")


def test_time_is_told_for_the_first_region_and_called_rough() -> None:
    time = estimate(image(), REGIONS[:1], galleries=1).time
    assert time.first_region_minutes_from < time.first_region_minutes < time.first_region_minutes_to
    assert (time.further_regions, time.how) == (
        0,
        "rough: the median and the range of 95 recorded creations of versions in one region",
    )


def test_further_regions_and_galleries_are_counted_but_not_guessed() -> None:
    time = estimate(image(), REGIONS, galleries=2).time
    assert time.further_regions == 3
    assert "up to a few hours" in time.how
    assert "begin once the first one is replicated" in time.how
