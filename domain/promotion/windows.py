"""Maintenance windows of scale sets: when one opens, as far as that is known. What is not known is not guessed."""

import re
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel

from domain.resources.time_zones import time_zone

# documented ("Maintenance control for OS image upgrades"): a window of OS images is open for five hours at least
SHORTEST = timedelta(hours=5)
# specified (Microsoft.Maintenance 2023-04-01): daily and weekly schedules; those by months are not computed here
_RECURRENCE = re.compile(
    r"(?P<every>\d*)\s*(?P<unit>day|week)s?(?P<weekdays>(?:[\s,]+[a-z]+)*)", re.IGNORECASE
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = timedelta(days=1)
# a year, and the first opening of a window every so many weeks
_MOST_DAYS = 800
UNREADABLE = "a maintenance configuration"


class MaintenanceWindow(BaseModel):
    """A maintenance configuration for OS images, as Azure shows it; without `every` nothing could be read of it."""

    every: str = ""
    start: str = ""
    duration: str = ""
    zone: str = ""
    expires: str = ""

    @property
    def words(self) -> str:
        """The window in words."""
        if not self.every:
            return UNREADABLE
        text = f"every {self.every} from {self.start} {self.zone} for {self.duration or 'some hours'}"
        return text.replace("  ", " ")

    def words_at(self, moment: datetime) -> str:
        """The window in words, and when it is open first from a moment on."""
        if not self.every:
            return self.words
        opening = self.opening(moment)
        if opening is None:
            return f"{self.words}; Gallerist cannot tell when it opens: {self._unknown()}"
        return f"{self.words}; open from {opening:%Y-%m-%d %H:%M} UTC"

    def opening(self, moment: datetime) -> datetime | None:
        """When the window that is open at a moment opened, or else when the next one opens; None if not known.

        Specified: it opens by the wall clock of its zone, adjusted to summer time.
        """
        zone, start, recurs = time_zone(self.zone), _wall_clock(self.start), _recurrence(self.every)
        if zone is None or start is None or recurs is None:
            return None
        length = max(SHORTEST, _hours(self.duration))
        expires = _wall_clock(self.expires)
        first = max(start.date(), moment.astimezone(zone).date() - length - _DAY)
        for day in (first + _DAY * number for number in range(_MOST_DAYS)):
            local = datetime.combine(day, start.time())
            if expires is not None and local > expires:
                return None
            opened = local.replace(tzinfo=zone).astimezone(UTC)
            if recurs.on(day, start.date()) and opened + length > moment:
                return opened
        return None

    def _unknown(self) -> str:
        if time_zone(self.zone) is None:
            return f"it does not know the time zone {self.zone}"
        if _wall_clock(self.start) is None or _recurrence(self.every) is None:
            return "it does not compute such a recurrence"
        return "it has expired"


class _Recurrence(BaseModel):
    every: int
    weekly: bool
    weekdays: list[int]

    def on(self, day: date, start: date) -> bool:
        """Whether the window opens on a day."""
        if not self.weekly:
            return (day - start).days % self.every == 0
        monday = start - _DAY * start.weekday()
        return (day - monday).days // 7 % self.every == 0 and day.weekday() in (
            self.weekdays or [start.weekday()]
        )


def _recurrence(text: str) -> _Recurrence | None:
    found = _RECURRENCE.fullmatch(text.strip())
    if found is None:
        return None
    names = [name.lower() for name in re.split(r"[\s,]+", found["weekdays"]) if name]
    weekly, every = found["unit"].lower() == "week", int(found["every"] or 1)
    if every == 0 or (names and not weekly) or not set(names) <= set(_WEEKDAYS):
        return None
    return _Recurrence(every=every, weekly=weekly, weekdays=[_WEEKDAYS.index(name) for name in names])


def _wall_clock(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=None)


def _hours(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    known = hours.isdecimal() and (minutes or "0").isdecimal()
    return timedelta(hours=int(hours), minutes=int(minutes or 0)) if known else SHORTEST
