"""When operations change by themselves, so that the simulator need not look at each running one at every moment."""

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from azure_compute_simulator.models.resources import Operation


class Timetable(NamedTuple):
    """When an operation changes, and when the operation or one of its regions is done. Nothing else changes it."""

    changes: Iterable[datetime]
    ends: Iterable[datetime]


class Agenda:
    """The timetables of running operations. Operations that are not in it have to be looked at each time."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets all timetables: something may have changed that they depend on."""
        self._known: dict[str, int] = {}
        self._changes: list[tuple[datetime, int, Operation]] = []
        self._ends: list[tuple[datetime, int, Operation]] = []
        self._count = 0

    def __contains__(self, operation: Operation) -> bool:
        return operation.id in self._known

    def add(self, operation: Operation, timetable: Timetable) -> None:
        """Takes an operation in, or replaces its timetable."""
        self._count += 1
        self._known[operation.id] = self._count
        for moment in timetable.changes:
            heapq.heappush(self._changes, (moment, self._count, operation))
        for moment in timetable.ends:
            heapq.heappush(self._ends, (moment, self._count, operation))

    def forget(self, operation: Operation) -> None:
        """Drops an operation that has ended, or whose timetable no longer holds."""
        self._known.pop(operation.id, None)

    def take_changes(self, now: datetime) -> list[Operation]:
        """Removes the changes up to now; returns their operations, each once."""
        found: dict[str, Operation] = {}
        while self._changes and self._changes[0][0] <= now:
            _, number, operation = heapq.heappop(self._changes)
            if self._holds(number, operation):
                found[operation.id] = operation
        return list(found.values())

    def next_end(self, now: datetime) -> datetime | None:
        """Returns when an operation or region is done next, after now."""
        while self._ends and (self._ends[0][0] <= now or not self._holds(*self._ends[0][1:])):
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def _holds(self, number: int, operation: Operation) -> bool:
        return self._known.get(operation.id) == number
