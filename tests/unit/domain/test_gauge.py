"""The gauge: its counts, and the line that the alerts parse."""

import re
from datetime import UTC, datetime, timedelta

from domain.fleet.gauge import Gauge
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord, MigrationStatus
from domain.results import CurrentWait
from tests.unit.builders import image_id

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def record(
    state: MigrationState,
    hours: float,
    *,
    by: str = "http",
    running: bool = False,
    wait: CurrentWait | None = None,
) -> MigrationRecord:
    status = MigrationStatus(image=image_id(), started_by=by, state=state, waiting_for=wait)
    created = NOW - timedelta(hours=hours)
    return MigrationRecord(f"migration-{hours}", status, running, created, created)


def test_a_fleet_without_migrations_has_a_line_of_zeros() -> None:
    line = Gauge.of([], NOW, None).line()
    assert line == (
        "gauge running=0 oldest_hours=0.0 waiting=0 blocked=0 failed=0 last_sweep_minutes=none last_event_minutes=none"
    )


def test_the_gauge_counts_what_runs_what_waits_and_what_ended_badly() -> None:
    wait = CurrentWait(reason="Azure", until=NOW)
    records = [
        record(MigrationState.REPLICATING, 5.25, running=True, wait=wait),
        record(MigrationState.PREPARING, 0.5, by="event 7", running=True),
        # the host ended it, and Gallerist continues it
        record(MigrationState.INTERRUPTED, 1, running=True),
        record(MigrationState.BLOCKED, 30),
        record(MigrationState.BLOCKED, 40, by="event 3"),
        record(MigrationState.FAILED, 50),
        record(MigrationState.COMPLETED, 60, by="event 1"),
        record(MigrationState.CANCELLED, 70),
    ]
    line = Gauge.of(records, NOW, NOW - timedelta(minutes=14, seconds=50)).line()
    assert line == (
        "gauge running=3 oldest_hours=5.2 waiting=1 blocked=2 failed=1 last_sweep_minutes=14 last_event_minutes=30"
    )


def test_a_clock_that_is_behind_makes_no_negative_figure() -> None:
    """The times are the task hub's, and the moment is this machine's."""
    ahead = record(MigrationState.PLANNED, -1, by="event 1", running=True)
    line = Gauge.of([ahead], NOW, NOW + timedelta(minutes=1)).line()
    assert not re.search(r"=-", line)


def test_the_gauge_survives_its_storage() -> None:
    gauge = Gauge.of([record(MigrationState.PLANNED, 2, by="event 1", running=True)], NOW, NOW)
    assert Gauge.model_validate(gauge.model_dump(mode="json")) == gauge
