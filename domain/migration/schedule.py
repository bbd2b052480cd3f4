"""When the next look at a version comes: seldom where somebody says when it is done, else by what is known so far."""

from collections.abc import Sequence
from datetime import datetime

from domain.migration.memory import MANY_DURATIONS
from domain.migration.replication import Watch

# without knowledge, the wait is this part of the time that has passed: 19 of 20 ends are seen within 1.3 times the
# replication, since 1.318 to the power of 0.95 is 1.3
GROWTH = 0.318
SHORTEST_SECONDS = 15
SHORTEST_CLOSE_SECONDS = 5
# where hints are proven: a look in ten minutes at first, so an hour takes four
SELDOM_SECONDS = 600
SELDOM_GROWTH = 0.6
# where durations are known: a few looks before the shortest of them, which find a failure, and many around them
EARLY_GROWTH = 2.0
CLOSE_GROWTH = 0.04
# how far the next duration may lie below and above the known ones; a few say little
MARGINS = {"few": (0.87, 1.15), "many": (0.96, 1.1)}


def next_look_seconds(watch: Watch, now: datetime, *, alone: bool = False) -> float:
    """Returns the seconds until the next look, within the policy's bounds.

    Nobody else looks at a version that is watched `alone`.
    """
    pace = watch.pace
    passed = (now - watch.written_at).total_seconds()
    longest = max(pace.longest_poll_seconds, pace.first_poll_seconds)
    shortest = SHORTEST_SECONDS
    if watch.hints.proven:
        wanted = max(passed * SELDOM_GROWTH, SELDOM_SECONDS)
    elif watch.batch_looks and not alone:
        # nothing tells of the end if somebody cancels the batch: then it is seen no later than alone, or in ten minutes
        wanted = max(passed * GROWTH, SELDOM_SECONDS)
    elif watch.usual_seconds:
        shortest = SHORTEST_CLOSE_SECONDS
        wanted = _around(watch.usual_seconds, passed, pace.first_poll_seconds)
    else:
        # a hint that came too early does not put the first look off
        wanted = max(passed * GROWTH, pace.first_poll_seconds - passed)
    return min(max(wanted, min(shortest, pace.first_poll_seconds)), longest)


def _around(usual: Sequence[float], passed: float, first: float) -> float:
    """The wait of a version whose like took these seconds."""
    below, above = MARGINS["many" if len(usual) >= MANY_DURATIONS else "few"]
    earliest, latest = min(usual) * below, max(usual) * above
    if passed < earliest:
        return min(earliest - passed, max(passed * EARLY_GROWTH, first))
    return passed * (CLOSE_GROWTH if passed <= latest else GROWTH)
