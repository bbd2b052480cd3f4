"""A short form of what `make bench` measures of the embedded host alone."""

from benchmarks import host


def test_the_host_is_measured() -> None:
    wall, processor, stopwatch = host.run("chain", 3, 2)
    assert 0 < stopwatch.seconds < processor
    assert wall > 0
    assert stopwatch.replays >= 2 * 4
