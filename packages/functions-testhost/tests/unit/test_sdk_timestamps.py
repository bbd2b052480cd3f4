"""The faster reader gives what dateutil gives, and touches only the version of the SDK that was measured."""

import importlib
import importlib.metadata
from datetime import UTC, datetime

import pytest
from dateutil.parser import parse
from functions_testhost import sdk_timestamps
from functions_testhost.timestamps import to_text

MODULE = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")


@pytest.mark.parametrize(
    "text",
    [
        to_text(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.1234567Z",
        "2026-01-02T03:04:05+02:00",
        "Fri, 02 Jan 2026 03:04:05 Z",
    ],
)
def test_the_value_is_dateutils(text: str) -> None:
    ours, theirs = sdk_timestamps.faster(parse)(text), parse(text)
    assert ours == theirs
    assert (str(ours), ours.utcoffset()) == (str(theirs), theirs.utcoffset())


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "dt_parse", parse)
    sdk_timestamps._replace_reader.cache_clear()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("version", "is_touched"), [("1.7.0", True), ("1.8.0", False)])
def test_only_the_measured_version_is_touched(
    monkeypatch: pytest.MonkeyPatch, version: str, *, is_touched: bool
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    assert sdk_timestamps.quicken() is is_touched
    assert (MODULE.dt_parse is not parse) is is_touched
    assert MODULE.HistoryEvent(
        12, -1, IsPlayed=False, Timestamp="2026-01-02T03:04:05Z"
    ).timestamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
