"""Orchestration versioning: which instances a host runs, by their versions, and how long it leaves the others alone.

Seen on the extension 3.19.0. Source: `VersioningSettings` of the Durable Task Framework, and `TaskHubQueue` of its
provider for Azure Storage.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_LONGEST_DELAY = timedelta(minutes=10)
# what .NET reads as a `System.Version`: two to four numbers
_NUMBERS = re.compile(r"\s*\d+\s*(\.\s*\d+\s*){1,3}")


class MatchStrategy(StrEnum):
    """`versionMatchStrategy` of host.json: which instances this host runs."""

    NONE = "None"
    STRICT = "Strict"
    CURRENT_OR_OLDER = "CurrentOrOlder"


class FailureStrategy(StrEnum):
    """`versionFailureStrategy` of host.json: what happens to the others."""

    REJECT = "Reject"
    FAIL = "Fail"


@dataclass(frozen=True)
class Versioning:
    """One app's versions. The defaults are those of the extension (seen in its log)."""

    default: str | None = None
    match: MatchStrategy = MatchStrategy.CURRENT_OR_OLDER
    failure: FailureStrategy = FailureStrategy.REJECT

    def runs(self, version: str | None) -> bool:
        """Whether the host runs an instance of this version."""
        match self.match:
            case MatchStrategy.NONE:
                return True
            case MatchStrategy.STRICT:
                return (version or "") == (self.default or "")
            case MatchStrategy.CURRENT_OR_OLDER:
                return not _is_newer(version, self.default)


def delay_after(tries: int) -> timedelta:
    """Returns how long a message stays invisible that was put back this many times: 2, 4, 8 … seconds.

    Seen up to 64 seconds; the longest, ten minutes, is the source's.
    """
    return min(timedelta(seconds=2 ** min(tries, 30)), _LONGEST_DELAY)


def _is_newer(version: str | None, than: str | None) -> bool:
    """Compares as the extension does: no version is the oldest; numbers by their values; anything else as text."""
    version, than = version or "", than or ""
    if not version.strip() or not than.strip():
        return bool(version.strip())
    numbers, other = _numbers(version), _numbers(than)
    if numbers and other:
        return numbers > other
    return version.upper() > than.upper()


def _numbers(version: str) -> tuple[int, ...] | None:
    """Returns the numbers of a version, or None. As in .NET, 1.0 is older than 1.0.0, and a lone 1 is none."""
    return tuple(int(part) for part in version.split(".")) if _NUMBERS.fullmatch(version) else None
