"""The gauge: how the fleet stands at one moment, as one line that alerts read."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel

from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord

# the beginning of what starts a migration for an event of Azure (triggers/image_events.py)
EVENT_STARTS = "event "


class Gauge(BaseModel):
    """How many migrations run, wait or ended badly, and when the app last heard of images.

    `oldest` is when the oldest running migration was created, `last_event` when the newest one that an event started
    was. `last_sweep` is when the sweep was last seen at work.
    """

    at: datetime
    running: int = 0
    oldest: datetime | None = None
    waiting: int = 0
    blocked: int = 0
    failed: int = 0
    last_sweep: datetime | None = None
    last_event: datetime | None = None

    @classmethod
    def of(cls, records: Iterable[MigrationRecord], now: datetime, last_sweep: datetime | None) -> Self:
        """Counts the migrations that the task hub knows."""
        gauge = cls(at=now, last_sweep=last_sweep)
        for record in records:
            gauge._count(record)
        return gauge

    def _count(self, record: MigrationRecord) -> None:
        if record.running:
            self.running += 1
            self.oldest = min(record.created, self.oldest or record.created)
            self.waiting += record.status.waiting_for is not None
        self.blocked += record.status.state is MigrationState.BLOCKED
        self.failed += record.status.state is MigrationState.FAILED
        if record.status.started_by.startswith(EVENT_STARTS):
            self.last_event = max(record.created, self.last_event or record.created)

    def line(self) -> str:
        """The log line. Its fields and their order are fixed: alerts parse them."""
        oldest = (self.at - self.oldest) / timedelta(hours=1) if self.oldest else 0
        return (
            f"gauge running={self.running} oldest_hours={max(oldest, 0):.1f} waiting={self.waiting} "
            f"blocked={self.blocked} failed={self.failed} last_sweep_minutes={self._minutes(self.last_sweep)} "
            f"last_event_minutes={self._minutes(self.last_event)}"
        )

    def _minutes(self, since: datetime | None) -> str:
        return "none" if since is None else str(max(0, int((self.at - since) / timedelta(minutes=1))))
