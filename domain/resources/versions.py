"""Version numbers: `Major.Minor.Patch`, what fits into them, and which one comes next."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Self

from domain.errors import NoVersionLeftError

# "where int is between 0 and 2,147,483,647 (inclusive)" (the service's error text)
LARGEST_PART = 2_147_483_647
_FORM = re.compile(r"(\d{1,10})\.(\d{1,10})\.(\d{1,10})", re.ASCII)


class Version(NamedTuple):
    """Three integers, ordered as numbers: 1.10.0 comes after 1.9.0."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `Major.Minor.Patch`.

        Raises:
            ValueError: the text is not three integers from 0 to 2147483647.
        """
        match = _FORM.fullmatch(text)
        parts = [int(part) for part in match.groups()] if match else []
        if not parts or max(parts) > LARGEST_PART:
            raise ValueError(
                f"'{text}' is not a version: use Major.Minor.Patch, three integers from 0 to {LARGEST_PART}"
            )
        return cls(*parts)

    @classmethod
    def of_name(cls, name: str) -> Self | None:
        """Returns the number that the name of a version is; None for another name, which Gallerist never gives."""
        try:
            return cls.parse(name)
        except ValueError:
            return None

    def next_patch(self) -> "Version":
        """Returns the next patch. At the largest patch it returns the next minor, then the next major.

        Raises:
            NoVersionLeftError: this is the largest version.
        """
        if self.patch < LARGEST_PART:
            return Version(self.major, self.minor, self.patch + 1)
        if self.minor < LARGEST_PART:
            return Version(self.major, self.minor + 1, 0)
        if self.major < LARGEST_PART:
            return Version(self.major + 1, 0, 0)
        raise NoVersionLeftError(str(self))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


FIRST = Version(1, 0, 0)


def numbers_among(names: Iterable[str]) -> set[Version]:
    """Returns the numbers among the names of versions. No number collides with a name that is none."""
    return {number for name in names if (number := Version.of_name(name)) is not None}


def next_version(taken: Iterable[Version]) -> Version:
    """The `increment` strategy: the next patch after the highest taken number, or 1.0.0 if none is taken."""
    highest = max(taken, default=None)
    return highest.next_patch() if highest else FIRST


def dated_version(moment: datetime) -> Version:
    """The `date` strategy: `YYYY.MMDD.HHMMSS` in UTC, each part far below 32 bits."""
    utc = moment.astimezone(UTC)
    time_of_day = utc.hour * 10000 + utc.minute * 100 + utc.second
    return Version(utc.year, utc.month * 100 + utc.day, time_of_day)
