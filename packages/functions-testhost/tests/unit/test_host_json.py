"""host.json is read with the defaults of the Functions host."""

import json
from pathlib import Path

import pytest
from functions_testhost.host_json import HostJson


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
    }
    document = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}, "durableTask": durable}}
    (tmp_path / "host.json").write_text(json.dumps(document))
    assert HostJson.load(tmp_path) == HostJson(
        "", "Hub", 3, 2, 7, 9, may_replace_running=True, default_version="1.2"
    )


def test_an_unknown_value_of_overridable_existing_instance_states_raises() -> None:
    with pytest.raises(ValueError, match="overridableExistingInstanceStates cannot be 'Some'"):
        HostJson.parse({"extensions": {"durableTask": {"overridableExistingInstanceStates": "Some"}}})
