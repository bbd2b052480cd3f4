"""When Azure's limits of a subscription run out, if it goes on as in the last 30 days."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.resources.galleries import ImageDefinition, ImageVersion

PERIOD = timedelta(days=30)
# documented: per subscription and region, and for each version in all of its regions together
MOST_DEFINITIONS = 1_000
MOST_VERSIONS = 10_000
MOST_REPLICAS = 100


class Counted(NamedTuple):
    """A definition or a version: where Azure counts it, and when it was added; None if that is not known."""

    subscription: str
    region: str
    added_at: datetime | None


class Forecast(NamedTuple):
    """One limit: how much of it is used, how much was added in the last 30 days, and how many days are left.

    `days_left` is None if nothing was added, `undated` how many have no known date: the rate may be higher.
    """

    limit: str
    subscription: str
    region: str
    used: int
    most: int
    added: int
    days_left: float | None
    undated: int = 0


def forecasts(
    definitions: Iterable[ImageDefinition], versions: Iterable[ImageVersion], now: datetime
) -> list[Forecast]:
    """The limits of what was read. Definitions have no date of their own here: it is that of the first version."""
    first: dict[str, datetime | None] = {}
    counted = []
    for version in versions:
        counted.append(Counted(version.id.subscription, version.location, version.published_at))
        key = version.id.definition.key
        known = [one for one in (first.get(key, version.published_at), version.published_at) if one]
        first[key] = min(known, default=None)
    return forecast_limits(
        (Counted(one.id.subscription, one.location, first.get(one.id.key)) for one in definitions),
        counted,
        now,
    )


def forecast_limits(
    definitions: Iterable[Counted], versions: Iterable[Counted], now: datetime
) -> list[Forecast]:
    """The limits by subscription and region, the one that runs out first before the others.

    Azure counts definitions and versions in the region of the resource.
    """
    found = [
        *_by_region("image versions", versions, MOST_VERSIONS, now),
        *_by_region("image definitions", definitions, MOST_DEFINITIONS, now),
    ]
    return sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0, -one.used))


def most_replicas(versions: Iterable[ImageVersion]) -> Forecast | None:
    """The version with the most replicas in all of its regions together; None if there is no version."""
    counts = [
        (sum(region.replicas for region in version.target_regions), version.id.name, version.id.subscription)
        for version in versions
    ]
    if not counts:
        return None
    used, name, subscription = max(counts)
    return Forecast("replicas of a version", subscription, name, used, MOST_REPLICAS, 0, None)


def _by_region(limit: str, counted: Iterable[Counted], most: int, now: datetime) -> Iterator[Forecast]:
    groups: dict[tuple[str, str], list[datetime | None]] = {}
    for one in counted:
        groups.setdefault((one.subscription.lower(), one.region), []).append(one.added_at)
    for (subscription, region), dates in groups.items():
        added = sum(date is not None and timedelta() <= now - date < PERIOD for date in dates)
        left = max(most - len(dates), 0)
        days = left / added * PERIOD.days if added else None
        undated = sum(date is None for date in dates)
        yield Forecast(limit, subscription, region, len(dates), most, added, days, undated)
