"""How long the next version of a definition will take, by the ones before it."""

from domain.migration.durations import Duration
from domain.migration.memory import WatchMemory


def memory(*seconds: float, size_gb: int | None = 30, regions: int = 2) -> WatchMemory:
    past = [Duration(seconds=one, size_gb=size_gb, regions=regions) for one in seconds]
    return WatchMemory(past=past, size_gb=30)


def test_the_median_of_versions_like_it_is_expected() -> None:
    estimate = memory(400, 1000, 428.4).replication(2)
    assert (estimate.seconds, estimate.how) == (
        428,
        "the median of the last 3 versions like it, in 2 regions",
    )


def test_other_sizes_and_other_regions_say_nothing() -> None:
    for other in (memory(), memory(400, size_gb=200), memory(400, size_gb=None), memory(400, regions=3)):
        estimate = other.replication(2)
        assert (estimate.seconds, estimate.how) == (
            None,
            "no version like it, in 2 regions, has been measured yet",
        )
