"""The script that Gallerist is compared with, on the simulator's clock."""

import sys

import pytest

from benchmarks import estate, thread_pool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory are read from /proc")


def test_the_script_migrates_a_fleet_with_few_threads() -> None:
    """It looks every 30 seconds, which is the default of the SDK, and a thread takes the next image when it has one."""
    images = [image for builds in estate.rounds(2, 2) for image in builds]
    run = thread_pool.run(images, workers=2)
    assert run.contender == "thread pool, 2 threads"
    assert run.ended == {"completed": 4}
    assert run.calls["PUT galleries/images/versions"] == 4
    assert run.calls["PUT galleries/images"] == 2
    # two images follow each other in a thread, and their polls end at whole intervals
    assert run.makespan_seconds > run.bound_seconds
    assert run.makespan_seconds % 30 == 0
    assert 0 <= run.late_seconds.median < run.late_seconds.most < 30
    assert run.peak_memory_mib.keys() == {"simulator", "script"}


def test_each_image_can_be_migrated_as_if_there_were_no_other() -> None:
    run = thread_pool.run(estate.rounds(2, 1)[0], workers=1, alone=True)
    assert (run.contender, run.images, run.repeats) == ("script", 1, 2)
    assert run.bound_seconds == pytest.approx(run.replication_seconds.mean, abs=0.1)
    assert run.calls_per_image == sum(run.calls.values()) / 2
