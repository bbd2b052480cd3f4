"""The gauge line as the app writes it. Queries and pages are held against it, so a field that is renamed fails them."""

from datetime import UTC, datetime, timedelta

from domain.fleet.gauge import Gauge

AT = datetime(2026, 7, 1, 12, 7, tzinfo=UTC)
GAUGE = Gauge(
    at=AT,
    running=3,
    oldest=AT - timedelta(hours=5, minutes=12),
    waiting=1,
    blocked=2,
    last_sweep=AT - timedelta(minutes=14),
).line()
