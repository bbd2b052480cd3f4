"""The short form of `make bench`: a small fleet on the one clock, compared with the expected figures.

All figures are counts, or times of the clock, so they do not depend on the machine. After a change that is meant to
change them: `.venv/bin/python -m benchmarks --update-short`.
"""

import sys

import pytest

from benchmarks import short
from benchmarks.figures import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory are read from /proc")


@pytest.fixture(scope="module")
def run() -> Run:
    return short.measure()


def test_no_figure_grows_by_more_than_a_tenth(run: Run) -> None:
    assert short.grown(short.figures(run), short.expected()) == [], run.calls


def test_every_image_is_migrated_and_measured(run: Run) -> None:
    images = short.FAMILIES * short.BUILDS
    assert run.ended == {"completed": images}
    assert run.calls["PUT galleries/images/versions"] == images
    assert run.calls["LIST images"] == 3
    assert run.history["migrate_image"]["instances"] == images
    assert run.executions["migrate_batch"] == run.history["migrate_batch"]["episodes"]
    assert run.cpu_seconds.keys() == {"functions", "host", "simulator"}
    assert min(run.cpu_seconds.values()) > 0
    assert all(mib > 10 for mib in run.peak_memory_mib.values())


def test_nothing_is_seen_before_it_is_done_and_no_makespan_is_below_the_bound(run: Run) -> None:
    assert run.late_seconds.median >= 0
    assert run.seen_over_replication.median >= 1
    assert run.over_bound >= 1
    assert run.replication_seconds.most == pytest.approx(run.bound_seconds, abs=0.1)


def test_a_figure_that_grew_is_named() -> None:
    limits = {"calls per image": 20.0, "longest history": 100.0}
    assert short.grown({"calls per image": 22.0, "longest history": 100.0}, limits) == []
    assert short.grown({"calls per image": 22.1, "longest history": 90.0, "new": 1.0}, limits) == [
        "calls per image: 22.1, expected 20 and at most a tenth more",
        "new: 1, of which nothing is expected",
    ]
