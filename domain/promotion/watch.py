"""What `latest` resolved to at the last watch, of every definition that was promoted: changes since then are alarms."""

from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, Field, RootModel

from domain.resources.regions import Region


class WatchedLatest(BaseModel):
    """What was `latest` when a definition was watched. `promotion` tells the promotion by when it changed last."""

    promotion: datetime
    latest: dict[Region, str | None] = Field(default={})


class KnownLatest(RootModel[dict[str, WatchedLatest]]):
    """The state of the entity that remembers, by promotion id."""

    root: dict[str, WatchedLatest] = {}


class Flip(NamedTuple):
    """A region in which `latest` changed."""

    region: str
    before: str | None
    after: str | None


def flips(known: dict[str, str | None], found: dict[str, str | None]) -> list[Flip]:
    """The regions in which `latest` is another one than it was. Regions that are new or unknown are none."""
    return [
        Flip(region, known[region], version)
        for region, version in sorted(found.items())
        if region in known and known[region] != version
    ]
