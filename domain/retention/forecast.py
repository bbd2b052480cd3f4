"""When Azure's limits of a subscription run out, if it goes on as in the last 30 days."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.resources.galleries import ImageDefinition, ImageVersion

PERIOD = timedelta(days=30)
# documented: per subscription and region, and for each version in all of its regions together
MOST_DEFINITIONS = 1_000
MOST_VERSIONS = 10_000
MOST_REPLICAS = 100


class Forecast(NamedTuple):
    """One limit: how much of it is used, how much was added in the last 30 days, and how many days are left.

    `days_left` is None if nothing was added, `undated` how many have no known date: the rate may be higher.
    """

    limit: str
    region: str
    used: int
    most: int
    added: int
    days_left: float | None
    undated: int = 0


def forecasts(
    definitions: Iterable[ImageDefinition], versions: Iterable[ImageVersion], now: datetime
) -> list[Forecast]:
    """The limits by region, the one that runs out first before the others.

    Azure counts definitions and versions in the region of the resource. Definitions have no date of their own here, so
    a definition counts as added when its first version was published.
    """
    first: dict[str, datetime | None] = {}
    by_region: dict[str, list[datetime | None]] = {}
    for version in versions:
        by_region.setdefault(version.location, []).append(version.published_at)
        key = version.id.definition.key
        known = [one for one in (first.get(key, version.published_at), version.published_at) if one]
        first[key] = min(known, default=None)
    definitions_by_region: dict[str, list[datetime | None]] = {}
    for definition in definitions:
        definitions_by_region.setdefault(definition.location, []).append(first.get(definition.id.key))
    found = [
        _forecast("image versions", region, dates, MOST_VERSIONS, now) for region, dates in by_region.items()
    ]
    found += [
        _forecast("image definitions", region, dates, MOST_DEFINITIONS, now)
        for region, dates in definitions_by_region.items()
    ]
    return sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0, -one.used))


def most_replicas(versions: Iterable[ImageVersion]) -> Forecast | None:
    """The version with the most replicas in all of its regions together; None if there is no version."""
    counts = [
        (sum(region.replicas for region in version.target_regions), version.id.name) for version in versions
    ]
    if not counts:
        return None
    used, name = max(counts)
    return Forecast("replicas of a version", name, used, MOST_REPLICAS, 0, None)


def _forecast(limit: str, region: str, dates: list[datetime | None], most: int, now: datetime) -> Forecast:
    added = sum(date is not None and timedelta() <= now - date < PERIOD for date in dates)
    left = max(most - len(dates), 0)
    days = left / added * PERIOD.days if added else None
    return Forecast(limit, region, len(dates), most, added, days, sum(date is None for date in dates))
