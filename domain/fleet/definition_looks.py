"""What a batch knows of its definitions: whose versions are being made, when to look, and how long they take.

A list of a definition's versions says of each whether it is still being made. So a batch looks for all its migrations
at once: as often as costs no more calls than if each looked for itself, and closely once it knows how long versions of
the definition take. What it sees is a hint for the migration concerned, never proof.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, Field

from domain.migration.schedule import CLOSE_GROWTH, EARLY_GROWTH, GROWTH, MARGINS
from domain.resources.galleries import VersionStates
from domain.resources.ids import ImageDefinitionId, ImageVersionId

BEING_MADE = frozenset({"Creating", "Updating"})
SUCCEEDED = "Succeeded"
SHORTEST_SECONDS = 15
# Azure lets 10,000 lists through in half an hour (recorded), and plans of others need them, too
SECONDS_PER_DEFINITION = 0.25
# one call for all versions of the definition that may end now, so it may come closer than a look at each
CLOSE_SHARED_GROWTH = CLOSE_GROWTH / 2


def _is_nothing(value: object) -> bool:
    return not value


class Awaited(BaseModel):
    """A version that is being made: the instance id of its migration, and since when the batch knows of it."""

    migration: str
    since: datetime


class Told(NamedTuple):
    """A version that is no longer being made: whom to tell, and when it was last seen being made."""

    migration: str
    not_done_at: datetime


class DefinitionLook(BaseModel):
    """What is known of one definition; `due` is when to look next, `usual_seconds` how long its last version took."""

    awaited: dict[str, Awaited] = Field(default={}, exclude_if=_is_nothing)
    due: datetime | None = Field(default=None, exclude_if=_is_nothing)
    looked_at: datetime | None = Field(default=None, exclude_if=_is_nothing)
    usual_seconds: float | None = Field(default=None, exclude_if=_is_nothing)

    def expect(self, version: str, migration: str, now: datetime, first: datetime) -> None:
        """Awaits a version that is being made, at which nobody looks before `first`."""
        if version not in self.awaited:
            self.awaited[version] = Awaited(migration=migration, since=now)
            self.due = min(self.due or first, first)

    def take_in(self, listed: VersionStates, now: datetime, shortest: float = SHORTEST_SECONDS) -> list[Told]:
        """Takes in the list of the definition's versions; returns whom to tell."""
        told: list[Told] = []
        for name, one in list(self.awaited.items()):
            state = listed.states.get(name)
            if state in BEING_MADE:
                continue
            not_done_at = max(self.looked_at or one.since, one.since)
            told.append(Told(one.migration, not_done_at))
            if state == SUCCEEDED:
                self.usual_seconds = (not_done_at + (now - not_done_at) / 2 - one.since).total_seconds()
            del self.awaited[name]
        self.looked_at = now
        self.put_off(now, shortest, pages=listed.pages)
        return told

    def put_off(self, now: datetime, shortest: float = SHORTEST_SECONDS, *, pages: int = 1) -> None:
        """Sets when to look next: the more pages a list takes, the later; never while nothing is awaited."""
        passed = [(now - one.since).total_seconds() for one in self.awaited.values()]
        self.due = None
        if passed:
            wait = max(wait_seconds(passed, self.usual_seconds), shortest)
            self.due = now + timedelta(seconds=wait * max(pages, 1))


def wait_seconds(passed: Sequence[float], usual: float | None) -> float:
    """Returns how long to wait for versions that have been made for so long, where one took the `usual` seconds.

    Without knowledge, each would look for itself after a part of the time that has passed; these are all their looks.
    """
    shared = 1 / sum(1 / max(one * GROWTH, 1) for one in passed)
    if usual is None:
        return shared
    below, above = MARGINS["few"]
    waits = [
        min(usual * below - one, one * EARLY_GROWTH) if one < usual * below else one * CLOSE_SHARED_GROWTH
        for one in passed
        if one <= usual * above
    ]
    return min(waits, default=shared)


class DefinitionLooks(BaseModel):
    """All definitions of which a batch knows something, by their keys."""

    known: dict[str, DefinitionLook] = Field(default={})

    def expect(self, version: ImageVersionId, migration: str, now: datetime, first: datetime) -> None:
        """Awaits a version that is being made, at which nobody looks before `first`."""
        look = self.known.setdefault(version.definition.key, DefinitionLook())
        look.expect(version.name, migration, now, first)

    def note_duration(self, definition: ImageDefinitionId, seconds: float) -> None:
        """Takes in how long a version of the definition took."""
        self.known.setdefault(definition.key, DefinitionLook()).usual_seconds = seconds

    def usual_seconds(self, definition: ImageDefinitionId) -> float | None:
        """How long the last version of the definition took; None where none has ended."""
        look = self.known.get(definition.key)
        return look.usual_seconds if look else None

    def take_in(self, definition: ImageDefinitionId, listed: VersionStates, now: datetime) -> list[Told]:
        """Takes in the list of a definition's versions; returns whom to tell."""
        return self.known[definition.key].take_in(listed, now, self._shortest_seconds)

    def put_off(self, definition: ImageDefinitionId, now: datetime) -> None:
        """Looks later at a definition that cannot be read now."""
        self.known[definition.key].put_off(now, self._shortest_seconds)

    @property
    def _shortest_seconds(self) -> float:
        awaiting = sum(bool(one.awaited) for one in self.known.values())
        return max(SHORTEST_SECONDS, awaiting * SECONDS_PER_DEFINITION)

    @property
    def next_due(self) -> datetime | None:
        """When the next definition is to be looked at."""
        return min((one.due for one in self.known.values() if one.due is not None), default=None)

    def due(self, by: datetime) -> list[ImageDefinitionId]:
        """The definitions to look at by this moment, the one that has waited longest first."""
        waiting = [(one.due, key) for key, one in self.known.items() if one.due is not None and one.due <= by]
        return [ImageDefinitionId.parse(key) for _, key in sorted(waiting)]

    def forget(self, needed: Collection[ImageDefinitionId]) -> None:
        """Drops what is known of definitions in which nothing is awaited, unless it is needed."""
        keys = {definition.key for definition in needed}
        self.known = {key: one for key, one in self.known.items() if one.awaited or key in keys}
