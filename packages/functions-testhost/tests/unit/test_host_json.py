"""host.json is read with the defaults of the Functions host."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from functions_testhost.host_json import HostJson
from functions_testhost.versions import FailureStrategy, MatchStrategy, Versioning


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    settings = HostJson.load(tmp_path)
    assert (settings.route_prefix, settings.max_entity_batch, settings.may_replace_running) == (
        "api",
        50,
        False,
    )


def test_the_settings_of_the_file_apply(tmp_path: Path) -> None:
    durable = {
        "hubName": "Hub",
        "maxConcurrentActivityFunctions": 3,
        "maxConcurrentOrchestratorFunctions": 2,
        "maxEntityOperationBatchSize": 7,
        "maxOrchestrationActions": 9,
        "overridableExistingInstanceStates": "AnyState",
        "defaultVersion": "1.2",
        "versionMatchStrategy": "Strict",
        "versionFailureStrategy": "Fail",
    }
    document = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}, "durableTask": durable}}
    (tmp_path / "host.json").write_text(json.dumps(document))
    versioning = Versioning("1.2", MatchStrategy.STRICT, FailureStrategy.FAIL)
    assert HostJson.load(tmp_path) == HostJson(
        "", "Hub", 3, 2, 7, 9, may_replace_running=True, versioning=versioning
    )


@pytest.mark.parametrize(
    ("setting", "choices"),
    [
        ("overridableExistingInstanceStates", "'NonRunningStates' or 'AnyState'"),
        ("versionMatchStrategy", "'None' or 'Strict' or 'CurrentOrOlder'"),
        ("versionFailureStrategy", "'Reject' or 'Fail'"),
    ],
)
def test_an_unknown_value_of_a_choice_raises(setting: str, choices: str) -> None:
    with pytest.raises(ValueError, match=f"{setting} cannot be 'Some'; use {choices}"):
        HostJson.parse({"extensions": {"durableTask": {setting: "Some"}}})


def test_a_newer_version_waits_without_a_setting() -> None:
    """Seen in the log of the extension 3.19.0: these are its defaults."""
    versioning = HostJson.parse({}).versioning
    assert versioning == Versioning(None, MatchStrategy.CURRENT_OR_OLDER, FailureStrategy.REJECT)


@pytest.mark.parametrize(
    ("text", "timeout"),
    [
        ("00:10:00", timedelta(minutes=10)),
        ("1.02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("-1", None),
        (None, timedelta(minutes=30)),
    ],
)
def test_the_function_timeout_is_a_time_span_or_unlimited(
    text: str | None, timeout: timedelta | None
) -> None:
    """Without a setting it is that of the Flex Consumption plan (documented)."""
    assert HostJson.parse({"functionTimeout": text}).function_timeout == timeout


def test_a_function_timeout_that_is_no_time_span_raises() -> None:
    with pytest.raises(ValueError, match="functionTimeout cannot be '10 minutes'; use '00:10:00'"):
        HostJson.parse({"functionTimeout": "10 minutes"})
