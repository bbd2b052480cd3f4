"""Counts what episodes write into histories: events and bytes cost storage, and a long history costs each replay.

A history that continues as new is replaced, so what is in the task hub at the end is only a part of what was written.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Written:
    """What the episodes of one orchestrator wrote. `longest` is the longest history of one execution, in events."""

    instances: int = 0
    episodes: int = 0
    events: int = 0
    bytes: int = 0
    longest: int = 0


class HistoryTally:
    """The counts of every orchestrator since the start of the process."""

    def __init__(self) -> None:
        self._written: defaultdict[str, Written] = defaultdict(Written)

    def note_instance(self, orchestrator: str) -> None:
        """Counts a new instance."""
        self._written[orchestrator].instances += 1

    def note_episode(self, orchestrator: str, events: int, size: int, length: int) -> None:
        """Counts an episode that wrote so many events and bytes, after which the history has this length."""
        written = self._written[orchestrator]
        written.episodes += 1
        written.events += events
        written.bytes += size
        written.longest = max(written.longest, length)

    def to_json(self) -> dict[str, Any]:
        """Returns the counts by the orchestrators' names."""
        return {name: asdict(written) for name, written in sorted(self._written.items())}
