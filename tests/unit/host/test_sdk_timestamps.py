"""The faster reader gives what dateutil gives, and touches only the version of the SDK that was measured."""

import importlib
import importlib.metadata
from datetime import UTC, datetime

import pytest
from dateutil.parser import parse

from local.host import sdk_timestamps
from local.host.timestamps import to_text


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
    ours, theirs = sdk_timestamps.parse_timestamp(text), parse(text)
    assert ours == theirs
    assert (str(ours), ours.utcoffset()) == (str(theirs), theirs.utcoffset())


def test_only_the_measured_version_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")
    monkeypatch.setattr(module, "dt_parse", parse)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.8.0")
    assert not sdk_timestamps.quicken()
    assert module.dt_parse is parse
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.7.0")
    assert sdk_timestamps.quicken()
    assert module.dt_parse is sdk_timestamps.parse_timestamp
