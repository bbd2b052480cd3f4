"""Timer schedules are read as the Functions host reads them."""

from datetime import UTC, datetime

import pytest
from functions_testhost.schedules import ScheduleError, parse_schedule

FRIDAY = datetime(2026, 1, 2, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "following"),
    [
        ("0 */5 * * * *", "2026-01-02T12:05:00"),
        ("*/5 * * * *", "2026-01-02T12:05:00"),
        ("45 * * * * *", "2026-01-02T12:00:45"),
        ("0 30 9 * * Mon-Fri", "2026-01-05T09:30:00"),
        ("0  0 0 1 Feb *", "2026-02-01T00:00:00"),
        ("01:30:00", "2026-01-02T13:30:30"),
        ("2.00:00:00", "2026-01-04T12:00:30"),
        ("%SAMPLE_SCHEDULE%", "2026-01-02T13:00:00"),
    ],
)
def test_a_schedule_gives_the_next_occurrence(
    schedule: str, following: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLE_SCHEDULE", "0 0 * * * *")
    assert parse_schedule(schedule).after(FRIDAY) == datetime.fromisoformat(f"{following}+00:00")


@pytest.mark.parametrize("schedule", ["", "hourly", "* * * *", "0 61 * * * *", "1:2"])
def test_text_that_is_no_schedule_raises(schedule: str) -> None:
    with pytest.raises(ScheduleError, match="neither an NCRONTAB expression nor a time span"):
        parse_schedule(schedule)


def test_a_placeholder_without_its_setting_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMPLE_SCHEDULE", raising=False)
    with pytest.raises(ScheduleError, match="names the setting 'SAMPLE_SCHEDULE', which is not set"):
        parse_schedule("%SAMPLE_SCHEDULE%")
