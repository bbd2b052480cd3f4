"""When a timer trigger is due: NCRONTAB expressions, time spans, and `%SETTING%` placeholders for either."""

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from croniter import croniter

FIELDS_WITHOUT_SECONDS, FIELDS = 5, 6

PLACEHOLDER = re.compile(r"%([^%]+)%")
TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


class ScheduleError(Exception):
    """A schedule that cannot be read; the message says which."""


class Schedule(Protocol):
    """Computes the next occurrence after a time."""

    def after(self, moment: datetime) -> datetime:
        """Returns the first occurrence later than a moment (aware UTC)."""


@dataclass(frozen=True)
class Ncrontab:
    """`{second} {minute} {hour} {day} {month} {day of week}`; the seconds may be left out."""

    expression: str

    def after(self, moment: datetime) -> datetime:
        """Returns the first occurrence later than a moment (aware UTC)."""
        occurrences = croniter(
            self.expression, moment, second_at_beginning=self.expression.count(" ") == FIELDS - 1
        )
        following: datetime = occurrences.get_next(datetime)
        return following


@dataclass(frozen=True)
class Every:
    """A fixed time between occurrences."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime:
        """Returns the moment one interval later."""
        return moment + self.interval


def parse_schedule(text: str) -> Schedule:
    """Reads a timer trigger's schedule.

    Raises:
        ScheduleError: a placeholder names no setting, or the rest is neither NCRONTAB nor a time span.
    """
    resolved = PLACEHOLDER.sub(lambda found: _setting(found[1]), text).strip()
    span = TIME_SPAN.fullmatch(resolved)
    if span:
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        return Every(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
    fields = len(resolved.split())
    if fields not in (FIELDS_WITHOUT_SECONDS, FIELDS) or not croniter.is_valid(
        resolved, second_at_beginning=fields == FIELDS
    ):
        raise ScheduleError(f"'{text}' is neither an NCRONTAB expression nor a time span (hh:mm:ss).")
    return Ncrontab(" ".join(resolved.split()))


def _setting(name: str) -> str:
    if name not in os.environ:
        raise ScheduleError(
            f"The schedule names the setting '{name}', which is not set. Set it as an environment variable."
        )
    return os.environ[name]
