"""How often is looked at a version, and how late its end is seen: with hints, with history, and without both."""

from datetime import timedelta
from random import Random
from statistics import mean, median, quantiles
from typing import Any

import pytest

from domain.migration.durations import Duration
from domain.migration.hints import MOST_OUTCOMES, HintRecord
from domain.migration.memory import WatchMemory
from domain.migration.replication import Watch
from domain.migration.schedule import GROWTH, SHORTEST_SECONDS, next_look_seconds
from domain.planning.rollout import Pace
from domain.policy.rules import BUILT_IN
from domain.resources.galleries import TargetRegion
from tests.unit.builders import NOW, definition_id, rollout_in

HOUR = 3600.0
PROVEN = HintRecord(outcomes=[True] * MOST_OUTCOMES)
PACE = Pace(
    deadline_hours=24,
    first_poll_seconds=BUILT_IN.replication.first_poll_seconds or 0,
    longest_poll_seconds=BUILT_IN.replication.longest_poll_seconds or 0,
)


def watch(**changes: Any) -> Watch:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "rollout": rollout_in([TargetRegion(name="westeurope")]),
        "pace": PACE,
        "started_at": NOW,
        "written_at": NOW,
        "moved_at": NOW,
        "due": NOW,
    }
    return Watch(**{**fields, **changes})


def looks(duration: float, **changes: Any) -> list[float]:
    """When is looked at a version that is done after so many seconds, up to the look that sees it."""
    watched, passed = watch(**changes), 0.0
    seen: list[float] = []
    while not seen or seen[-1] < duration:
        passed += next_look_seconds(watched, NOW + timedelta(seconds=passed))
        seen.append(passed)
    return seen


@pytest.mark.parametrize(("duration", "most"), [(428, 10), (6 * HOUR, 22)])
def test_without_knowledge_the_looks_are_few(duration: float, most: int) -> None:
    assert len(looks(duration)) <= most


def test_without_knowledge_the_end_is_seen_within_a_third() -> None:
    durations = [120.0 * 1.05**step for step in range(107)]
    late = [looks(duration)[-1] / duration for duration in durations]
    assert median(late) <= 1.15
    assert quantiles(late, n=20)[-1] <= 1.30


@pytest.mark.parametrize("known", [1, 2, 3, 8])
def test_with_history_the_end_is_seen_at_once_and_with_few_looks(known: int) -> None:
    """The versions of one definition take about as long; each is known as it was seen."""
    random = Random(7)
    late, counts = [], []
    for _ in range(400):
        typical = random.uniform(100, 1000)
        past = [typical * random.uniform(0.97, 1.03) for _ in range(known)]
        duration = typical * random.uniform(0.97, 1.03)
        seen = looks(duration, usual_seconds=past)
        late.append(seen[-1] / duration)
        counts.append(len(seen))
    assert median(late) <= 1.06
    assert quantiles(late, n=20)[-1] <= 1.12
    assert mean(counts) <= 11


def test_a_version_that_takes_longer_than_any_before_is_looked_at_ever_more_seldom() -> None:
    assert len(looks(6 * HOUR, usual_seconds=[400, 410, 420])) <= 22 + 8


def test_a_failure_long_before_the_usual_end_is_seen_early() -> None:
    seen = looks(3 * HOUR, usual_seconds=[3 * HOUR])
    assert [moment for moment in seen if moment < 1000] == [90, 270, 810]


@pytest.mark.parametrize("duration", [600, 1200, 2400, HOUR])
def test_where_hints_are_proven_an_hour_takes_four_looks(duration: float) -> None:
    """The fifth is the one that the hint asks for."""
    before = [moment for moment in looks(duration, hints=PROVEN) if moment < duration]
    assert len(before) <= 4
    assert all(later - earlier >= 600 for earlier, later in zip([0, *before], before, strict=False))


@pytest.mark.parametrize(("duration", "most"), [(428, 0), (1000, 1), (HOUR, 5), (6 * HOUR, 12)])
def test_where_a_batch_looks_a_migration_seldom_does_and_misses_no_end(duration: float, most: int) -> None:
    """The batch may be cancelled, and then nobody tells the migration."""
    seen = looks(duration, batch_looks=True)
    assert len([moment for moment in seen if moment < duration]) <= most
    assert seen[-1] <= max(duration * (1 + GROWTH), duration + 600)


def test_alone_it_would_look_as_if_there_were_no_batch() -> None:
    for passed in (0, 100, 5000):
        now = NOW + timedelta(seconds=passed)
        assert next_look_seconds(watch(batch_looks=True), now, alone=True) == next_look_seconds(watch(), now)


@pytest.mark.parametrize("passed", [0, 40, 89])
def test_a_hint_that_came_too_early_does_not_put_the_first_look_off(passed: float) -> None:
    following = passed + next_look_seconds(watch(), NOW + timedelta(seconds=passed))
    assert following <= max(PACE.first_poll_seconds + SHORTEST_SECONDS, (1 + GROWTH) * passed)


def test_one_miss_ends_the_trust() -> None:
    doubted = watch(hints=PROVEN.after(hit=False))
    assert next_look_seconds(doubted, NOW) == PACE.first_poll_seconds


def test_a_first_interval_above_the_longest_one_holds() -> None:
    rare = watch(pace=Pace(deadline_hours=24, first_poll_seconds=900, longest_poll_seconds=600))
    assert next_look_seconds(rare, NOW) == 900
    assert next_look_seconds(rare, NOW + timedelta(hours=24)) == 900


def test_a_policy_may_ask_for_a_look_each_second() -> None:
    eager = watch(pace=Pace(deadline_hours=24, first_poll_seconds=1, longest_poll_seconds=1))
    assert next_look_seconds(eager, NOW + timedelta(hours=1)) == 1


def memory(**changes: Any) -> WatchMemory:
    past = [Duration(seconds=400, size_gb=30, regions=3), Duration(seconds=900, size_gb=500, regions=3)]
    return WatchMemory(**{"past": past, "size_gb": 40, "is_kept": True, **changes})


def test_only_versions_of_like_size_and_as_many_regions_say_how_long_one_takes() -> None:
    assert memory().usual_seconds(3) == [400]
    assert memory().usual_seconds(1) == []
    assert memory(size_gb=None).usual_seconds(3) == []


@pytest.mark.parametrize(("seconds", "news"), [(405, False), (380, True), (430, True)])
def test_a_duration_within_the_known_ones_is_not_written_down(
    seconds: float, news: bool
) -> None:  # parametrized
    past = [Duration(seconds=known, size_gb=30, regions=1) for known in (400, 410, 420)]
    assert memory(past=past).is_news(seconds, 1) == news
    assert memory(past=past[:2]).is_news(seconds, 1)
    assert not memory(past=past[:2], is_kept=False).is_news(seconds, 1)
