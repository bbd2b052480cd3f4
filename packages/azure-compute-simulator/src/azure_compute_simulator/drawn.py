"""Replication that takes an uneven time, drawn from the recorded distribution and always the same for one seed.

Recorded: creating a version took 30 to 1005 seconds, with a median of 428 (n=95). Between these three the quantiles are
linear (inferred). Each region ends at a time of its own, in any order, and the last one ends the work. Its progress
stands at 0 for long, then jumps (inferred: the service's own progress was never recorded while it replicated).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from azure_compute_simulator.jobs import REPLICATION_SECONDS, Job

_MIN_SECONDS, _MEDIAN_SECONDS, _MAX_SECONDS = 30.0, REPLICATION_SECONDS, 1005.0
# the earliest end of a region as a part of the latest, where both are drawn
_EARLIEST_END = 0.35
# the part of a region's time before its first data arrives
_STANDS_FROM, _STANDS_TO = 0.2, 0.7
_MOST_JUMPS = 3
_PLANS_KEPT = 100_000

# since the start of the job, and the part of the region that is done from then on
_Plan = tuple[tuple[timedelta, float], ...]


@dataclass(frozen=True)
class Drawn:
    """Replication takes a drawn time, other work the recorded one.

    Without `spread` each version has a draw of its own. With it, the versions of one definition take the time drawn for
    the definition, each at most this part of it more or less, as builds of one image do. None leaves what was recorded,
    unless `about` gives the seconds of every definition: then only the regions and the spread are drawn.
    """

    seed: int
    spread: float | None = None
    about: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Drawn":
        """Parses `SEED`, `SEED:SPREAD` or `SEED:SPREAD:SECONDS`. Raises ValueError."""
        seed, *numbers = text.split(":")
        parsed = cls(int(seed), *map(float, numbers)) if len(numbers) <= 2 else None  # noqa: PLR2004 - as above
        if parsed is None or not 0 <= (parsed.spread or 0) < 1 or not 0 < (parsed.about or 1) < float("inf"):
            raise ValueError("A draw is a seed, a spread from 0 to below 1, and seconds above 0.")
        return parsed

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:
        """Returns the progress of a region, which only jumps, or time passed / time needed of the whole."""
        passed = now - job.started
        if region is None:
            return min(1.0, passed / self._needed(job))
        return max((done for begins, done in self._plan(job, region) if begins <= passed), default=0.0)

    def due(self, job: Job, region: str | None = None) -> datetime:
        """Returns when a region or the whole job is done."""
        return job.started + (self._needed(job) if region is None else self._plan(job, region)[-1][0])

    def changes(self, job: Job, region: str) -> list[datetime]:
        """Returns when the progress of a region jumps, and when it is done."""
        return [job.started + begins for begins, _ in self._plan(job, region)]

    def _needed(self, job: Job) -> timedelta:
        if not job.replicates:
            return timedelta(seconds=job.seconds)
        return _duration(self, job.resource_id) * (job.seconds / REPLICATION_SECONDS)

    def _plan(self, job: Job, region: str) -> _Plan:
        return _plan(self.seed, job.resource_id, job.regions, region, self._needed(job))


def quantile(part: float) -> float:
    """Returns the seconds that this part of all creations does not exceed."""
    low, high = (
        (_MIN_SECONDS, _MEDIAN_SECONDS) if part < 0.5 else (_MEDIAN_SECONDS, _MAX_SECONDS)  # noqa: PLR2004 - the median
    )
    return low + (high - low) * (2 * part % 1 if part < 1 else 1.0)


@lru_cache(_PLANS_KEPT)
def _duration(pace: Drawn, version: str) -> timedelta:
    if pace.spread is None:
        return timedelta(seconds=quantile(_draw(pace.seed, version)))
    definition = version.rpartition("/versions/")[0]
    deviation = pace.spread * (2 * _draw(pace.seed, version) - 1)
    if pace.about is not None:
        return timedelta(seconds=pace.about * (1 + deviation))
    seconds = quantile(_draw(pace.seed, definition)) * (1 + deviation)
    return timedelta(seconds=min(max(seconds, _MIN_SECONDS), _MAX_SECONDS))


@lru_cache(_PLANS_KEPT)
def _plan(seed: int, version: str, regions: tuple[str, ...], region: str, needed: timedelta) -> _Plan:
    ends = {name: _between(_EARLIEST_END, 1.0, _draw(seed, version, name)) for name in regions}
    # exactly 1.0 for the last region
    end = ends[region] / max(ends.values()) if region in ends else 1.0

    def draw(*what: object) -> float:
        return _draw(seed, version, region, *what)

    jumps = 1 + int(_MOST_JUMPS * draw("jumps"))
    first = _between(_STANDS_FROM, _STANDS_TO, draw("first"))
    moments = [first, *sorted(_between(first, 1.0, draw("moment", number)) for number in range(1, jumps))]
    values = sorted(1 + int(99 * draw("value", number)) for number in range(jumps))
    steps = [(needed * (end * moment), value / 100) for moment, value in zip(moments, values, strict=True)]
    return (*steps, (needed * end, 1.0))


def _between(low: float, high: float, part: float) -> float:
    return low + (high - low) * part


def _draw(*what: object) -> float:
    """Returns a number from 0 to below 1 that depends on nothing but what it is drawn for, in any case of letters."""
    text = "|".join(map(str, what)).lower()
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / 2**56
