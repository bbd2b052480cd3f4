"""The makespan that no contender can beat."""

import pytest
from azure_compute_simulator.throttling import Limit

from benchmarks.bound import LIMITS, makespan_bound

ONE_A_MINUTE = (Limit("test", 1, 60.0),)


def test_the_recorded_limits_of_writes_are_used() -> None:
    assert {(limit.size, limit.seconds) for limit in LIMITS} == {(375, 180.0), (1200, 1800.0), (200, 20.0)}


def test_without_waiting_the_longest_replication_is_the_bound() -> None:
    assert makespan_bound({"a": [30.0, 428.0], "b": [500.0]}) == 500


def test_the_longest_is_written_first() -> None:
    """The second write passes after a minute, the third after two: 100, 60 + 30, 120 + 20."""
    assert makespan_bound({"a": [20.0, 100.0, 30.0]}, ONE_A_MINUTE) == 140


def test_each_subscription_has_limits_of_its_own() -> None:
    assert makespan_bound({"a": [10.0, 10.0], "b": [10.0]}, ONE_A_MINUTE) == 70


@pytest.mark.parametrize(("images", "seconds"), [(1200, 825 * 180 / 375), (2500, 1300 * 1800 / 1200)])
def test_a_large_fleet_waits_for_the_limits(images: int, seconds: float) -> None:
    """1,200 at once within half an hour, but only 375 within three minutes; then two every three seconds."""
    assert makespan_bound({"a": [0.0] * images}) == pytest.approx(seconds)


def test_nothing_takes_no_time() -> None:
    assert makespan_bound({}) == 0
