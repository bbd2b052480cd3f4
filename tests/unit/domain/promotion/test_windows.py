"""When a maintenance window opens: by the wall clock of its zone, and never by a guess."""

from datetime import datetime

import pytest

from domain.promotion.windows import MaintenanceWindow

DAILY = MaintenanceWindow(
    every="Day", start="2026-01-01 02:00", duration="05:00", zone="W. Europe Standard Time"
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# computed by hand; in 2026 summer time begins in Europe on March 29 and ends on October 25, in the United States on
# March 8 and November 1, in Sydney it ends on April 5 and begins on October 4
@pytest.mark.parametrize(
    ("changes", "at", "opens"),
    [
        ({}, "2026-02-10T12:00Z", "2026-02-11T01:00Z"),
        # the clock skips 02:00 on this day
        ({}, "2026-03-28T12:00Z", "2026-03-29T01:00Z"),
        ({}, "2026-03-29T12:00Z", "2026-03-30T00:00Z"),
        # 02:00 comes twice on this day, and the first one counts
        ({}, "2026-10-24T12:00Z", "2026-10-25T00:00Z"),
        ({}, "2026-10-25T12:00Z", "2026-10-26T01:00Z"),
        # it is open
        ({}, "2026-07-01T04:59Z", "2026-07-01T00:00Z"),
        ({}, "2026-07-01T05:00Z", "2026-07-02T00:00Z"),
        ({"duration": "08:30"}, "2026-07-01T08:00Z", "2026-07-01T00:00Z"),
        (
            {"zone": "pacific standard time", "start": "2026-01-01 22:00"},
            "2026-03-07T20:00Z",
            "2026-03-08T06:00Z",
        ),
        (
            {"zone": "Pacific Standard Time", "start": "2026-01-01 22:00"},
            "2026-03-08T20:00Z",
            "2026-03-09T05:00Z",
        ),
        ({"zone": "AUS Eastern Standard Time"}, "2026-04-04T20:00Z", "2026-04-05T16:00Z"),
        ({"zone": "India Standard Time", "every": "3Days"}, "2026-01-02T12:00Z", "2026-01-03T20:30Z"),
        ({"zone": "", "every": "Week Tuesday,Saturday"}, "2026-01-04T12:00Z", "2026-01-06T02:00Z"),
        ({"zone": "UTC", "every": "2Weeks"}, "2026-01-02T00:00Z", "2026-01-15T02:00Z"),
        (
            {"zone": "UTC", "every": "1Week", "start": "2026-09-01 00:00"},
            "2026-03-01T00:00Z",
            "2026-09-01T00:00Z",
        ),
    ],
)
def test_a_window_opens_by_the_wall_clock_of_its_zone(changes: dict[str, str], at: str, opens: str) -> None:
    assert DAILY.model_copy(update=changes).opening(moment(at)) == moment(opens)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zone": "Mars Standard Time"}, "it does not know the time zone Mars Standard Time"),
        ({"every": "Month Third Monday"}, "it does not compute such a recurrence"),
        ({"every": "Week Someday"}, "it does not compute such a recurrence"),
        ({"every": "Day Monday"}, "it does not compute such a recurrence"),
        ({"every": "0Days"}, "it does not compute such a recurrence"),
        ({"start": "soon"}, "it does not compute such a recurrence"),
        ({"expires": "2026-02-01 00:00"}, "it has expired"),
    ],
)
def test_what_is_not_known_is_said(changes: dict[str, str], reason: str) -> None:
    window = DAILY.model_copy(update=changes)
    assert window.opening(moment("2026-03-01T00:00Z")) is None
    assert window.words_at(moment("2026-03-01T00:00Z")).endswith(
        f"Gallerist cannot tell when it opens: {reason}"
    )


def test_a_window_is_told_with_its_first_opening() -> None:
    assert DAILY.words_at(moment("2026-07-01T12:00Z")) == (
        "every Day from 2026-01-01 02:00 W. Europe Standard Time for 05:00; open from 2026-07-02 00:00 UTC"
    )


def test_of_a_configuration_that_cannot_be_read_nothing_is_said() -> None:
    window = MaintenanceWindow()
    assert window.words == window.words_at(moment("2026-07-01T12:00Z")) == "a maintenance configuration"
    assert window.opening(moment("2026-07-01T12:00Z")) is None
