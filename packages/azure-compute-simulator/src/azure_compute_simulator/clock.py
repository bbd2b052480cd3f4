"""Simulated time, and the formats in which ARM writes times."""

import calendar
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that starts at the real time, or at `start`, and runs `time_scale` times as fast as the real one.

    With `standing` it stands still between calls of `skip` and `move_to`, so that nothing depends on the machine.
    """

    def __init__(
        self, time_scale: float = 1.0, start: datetime | None = None, *, standing: bool = False
    ) -> None:
        if time_scale <= 0:
            raise ValueError(f"The time scale must be above 0, not {time_scale:g}.")
        self.time_scale = time_scale
        self.standing = standing
        self._epoch = start or datetime.now(UTC)
        self._started = time.monotonic()
        self._skipped = timedelta()

    def now(self) -> datetime:
        """Returns the simulated time, aware, in UTC."""
        real_seconds = 0.0 if self.standing else time.monotonic() - self._started
        return self._epoch + self._skipped + timedelta(seconds=real_seconds * self.time_scale)

    def skip(self, seconds: float) -> None:
        """Moves the clock forward. Raises ValueError for a negative number."""
        if not seconds >= 0:
            raise ValueError(f"The clock can only move forward, not by {seconds} seconds.")
        self._skipped += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Moves the clock forward to a moment. A moment in the past changes nothing."""
        self._skipped += max(timedelta(), moment - self.now())

    def real_seconds_until(self, moment: datetime) -> float | None:
        """Returns how many real seconds remain until `moment`; None if the clock does not get there by itself."""
        if self.standing:
            return 0.0 if moment <= self.now() else None
        return max(0.0, (moment - self.now()).total_seconds() / self.time_scale)


def timestamp(moment: datetime) -> str:
    """Returns a time as the compute service writes it: seven fractional digits and a numeric UTC offset.

    Recorded: `2025-01-07T05:56:46.4648477+00:00`. Python keeps six digits; the seventh is derived from them. It is
    never zero, because the service trims trailing zeros, and is always the same for the same moment.
    """
    seventh = moment.microsecond % 9 + 1
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{seventh}+00:00"


def parse_date(text: str) -> datetime:
    """Parses an ISO 8601 date into UTC, which it is also without an offset. Raises ValueError.

    The service's dates hold nothing outside the years 1 to 9999 in UTC (documented: .NET's `DateTimeOffset`).
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"'{text}' is outside the years 1 to 9999 in UTC") from None


def date_echo(text: str) -> str:
    """Returns a client's date as the service echoes it: whole seconds and a numeric offset (recorded)."""
    return parse_date(text).isoformat(timespec="seconds")


def six_months_after(date: datetime) -> datetime:
    """Returns the same day six months later, or the last day of that month if it is shorter."""
    month = date.month + 6
    year, month = date.year + (month > 12), month - 12 * (month > 12)  # noqa: PLR2004 - months
    return date.replace(year=year, month=month, day=min(date.day, calendar.monthrange(year, month)[1]))
