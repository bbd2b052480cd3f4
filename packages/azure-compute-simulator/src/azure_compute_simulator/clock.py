"""Simulated time and how ARM writes it down; what happens at which time is decided elsewhere."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that starts at the real time and runs `time_scale` times as fast as the real one."""

    def __init__(self, time_scale: float = 1.0) -> None:
        if time_scale <= 0:
            raise ValueError(f"The time scale must be above 0, not {time_scale}.")
        self.time_scale = time_scale
        self._epoch = datetime.now(UTC)
        self._started = time.monotonic()
        self._skipped = timedelta()

    def now(self) -> datetime:
        """The simulated time, aware, in UTC."""
        real_seconds = time.monotonic() - self._started
        return self._epoch + self._skipped + timedelta(seconds=real_seconds * self.time_scale)

    def skip(self, seconds: float) -> None:
        """Jump ahead by so many simulated seconds."""
        self._skipped += timedelta(seconds=seconds)

    def real_seconds_until(self, moment: datetime) -> float:
        """How long, in real seconds, until the simulated time reaches `moment`; never negative."""
        return max(0.0, (moment - self.now()).total_seconds() / self.time_scale)


def timestamp(moment: datetime) -> str:
    """Write a time as the compute service does: seven fractional digits and a numeric UTC offset.

    Recorded: `2025-01-07T05:56:46.4648477+00:00`. Python keeps six digits; the seventh is derived from them, is
    never zero (the service trims trailing zeros) and is the same each time the same moment is written.
    """
    seventh = moment.microsecond % 9 + 1
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}{seventh}+00:00"


def parse_date(text: str) -> datetime:
    """Read an ISO 8601 date sent by a client; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def date_echo(text: str) -> str:
    """A date sent by a client, as the service gives it back: whole seconds and a numeric offset (recorded)."""
    return parse_date(text).astimezone(UTC).isoformat(timespec="seconds")
