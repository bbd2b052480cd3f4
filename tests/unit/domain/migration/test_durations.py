"""The durations of a definition: the latest eight, and nothing where the state cannot be read."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.migration.durations import MOST_DURATIONS, Duration, Durations


def test_the_latest_durations_are_kept() -> None:
    durations = Durations()
    for seconds in range(MOST_DURATIONS + 3):
        durations = durations.after(Duration(seconds=seconds, size_gb=30, regions=2))
    assert [one.seconds for one in durations.past] == [float(number) for number in range(3, 11)]
    assert Durations.read(durations.model_dump(mode="json")) == durations


@pytest.mark.parametrize("state", [None, [], "text", {"past": [{"seconds": "long"}]}, {"past": 7}])
def test_a_state_that_cannot_be_read_is_no_durations(state: Any) -> None:
    assert Durations.read(state) == Durations()


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_a_duration_is_a_time(seconds: float) -> None:
    with pytest.raises(ValidationError, match="seconds"):
        Duration(seconds=seconds)
