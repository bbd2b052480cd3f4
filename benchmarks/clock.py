"""The simulator's clock for a program that waits in threads: it moves only while all of them wait.

One thread runs at a time, in the order in which their waits end, so that every run sends the same requests.
"""

import heapq
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx


class SharedClock:
    """Moves the standing clock of a simulator; `control` is the address of its control plane.

    `tasks` are worked on by so many `workers`: threads that each take the next task when they have ended one.
    """

    def __init__(self, control: str, workers: int, tasks: int) -> None:
        self._http = httpx.Client(base_url=control, timeout=600)
        self._lock = threading.Lock()
        self._workers = workers
        self._unfinished = tasks
        # when each wait ends, where it comes among those that end together, and what ends it
        self._waits: list[tuple[datetime, int, threading.Event]] = []
        self._count = tasks
        time = self._http.get("/time").raise_for_status().json()
        self._now, self._next = _parse(time)

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def now(self) -> datetime:
        """The simulated time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Waits in simulated time."""
        with self._lock:
            self._count += 1
            number = self._count
        self._wait(seconds, number)

    @contextmanager
    def task(self, number: int) -> Iterator[None]:
        """Counts a task of a worker. It begins when its turn comes, in the order of the numbers."""
        try:
            self._wait(0, number)
            yield
        finally:
            with self._lock:
                self._unfinished -= 1
                self._go_on()

    def _wait(self, seconds: float, number: int) -> None:
        ended = threading.Event()
        with self._lock:
            heapq.heappush(self._waits, (self._now + timedelta(seconds=seconds), number, ended))
            self._go_on()
        ended.wait()

    def _go_on(self) -> None:
        """Lets the thread run whose wait ends first, if all threads wait. A worker between two tasks does not."""
        if self._waits and len(self._waits) == min(self._workers, self._unfinished):
            due, _, ended = heapq.heappop(self._waits)
            self._move_to(due)
            ended.set()

    def _move_to(self, moment: datetime) -> None:
        """Moves the clock through everything that happens by itself until then, each at its own time."""
        while self._now < moment:
            step = moment if self._next is None else min(self._next, moment)
            answer = self._http.post("/time", json={"to": step.isoformat()}).raise_for_status()
            self._now, self._next = _parse(answer.json())


def _parse(time: dict[str, str]) -> tuple[datetime, datetime | None]:
    return datetime.fromisoformat(time["now"]), datetime.fromisoformat(time["next"]) if time["next"] else None
