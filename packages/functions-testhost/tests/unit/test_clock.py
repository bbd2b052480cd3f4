"""Host time runs at its rate, can be moved forward, and never goes back."""

from datetime import UTC, datetime, timedelta

import pytest
from functions_testhost.clock import Anchor, Clock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that the test sets."""

    def __init__(self) -> None:
        self.seconds = NOON.timestamp()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("mode", "scale", "expected"), [("real", 1, 10), ("real", 60, 600), ("manual", 60, 0)]
)
def test_time_runs_at_its_rate(wall: Wall, mode: str, scale: float, expected: float) -> None:
    clock = Clock(mode, scale, wall)
    wall.seconds += 10
    assert clock.now() == after(expected)


def test_host_time_stands_still_while_the_wall_clock_is_set_back(wall: Wall) -> None:
    clock = Clock("real", 1, wall)
    wall.seconds += 10
    clock.now()
    wall.seconds -= 8
    assert clock.now() == after(10)


def test_advance_and_jump_move_forward_only(wall: Wall) -> None:
    clock = Clock("manual", 1, wall)
    assert clock.advance(timedelta(seconds=5)) == after(5)
    clock.jump(after(3))
    assert clock.now() == after(5)
    clock.jump(after(9))
    assert clock.now() == after(9)
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(timedelta(seconds=-1))


def test_time_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="must be positive, not 0"):
        Clock("real", 0)


def test_an_unknown_mode_raises_and_lists_the_modes() -> None:
    with pytest.raises(ValueError, match="must be one of real, skip, manual, not 'slow'"):
        Clock("slow")


def test_the_wait_for_a_moment_is_in_wall_seconds(wall: Wall) -> None:
    assert Clock("real", 60, wall).wall_seconds_until(after(120)) == 2
    assert Clock("real", 60, wall).wall_seconds_until(after(-5)) == 0
    assert Clock("manual", 60, wall).wall_seconds_until(after(120)) is None


def test_a_restarted_host_counts_the_time_while_it_was_down_at_its_former_rate(wall: Wall) -> None:
    kept: list[Anchor] = []
    first = Clock("real", 60, wall)
    first.on_move = kept.append
    first.resume(None)
    wall.seconds += 10
    second = Clock("real", 1, wall)
    second.resume(kept[-1])
    assert second.now() == after(600)
    wall.seconds += 10
    assert second.now() == after(610)


def test_a_changed_mode_does_not_change_the_time_already_passed(wall: Wall) -> None:
    clock = Clock("real", 1, wall)
    wall.seconds += 10
    clock.switch("manual")
    wall.seconds += 10
    assert clock.now() == after(10)
    clock.switch("real")
    wall.seconds += 10
    assert clock.now() == after(20)
