"""The Bicep files hang together: what can be said of them without the compiler and without Azure."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from functions_testhost.app import load_app

from domain.resources.events import Ignored, read_event
from tests.contract.infra.bicep import FILES, INFRA, ROOT, BicepFile

# deployed by themselves; everything else is a module
ENTRY_POINTS = {"main.bicep", "events.bicep", "source-subscription.bicep", "gallery-subscription.bicep"}
# there has never been another version of it
PREVIEWS = {"Microsoft.Insights/diagnosticSettings@2021-05-01-preview"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(INFRA).as_posix())


@each_file
def test_parses(path: Path) -> None:
    assert BicepFile(path).faults() == []


@each_file
def test_modules_get_the_parameters_they_declare(path: Path) -> None:
    for module in BicepFile(path).modules():
        assert module.file in FILES, f"{module.name}: there is no {module.file}"
        declared = BicepFile(module.file).parameters()
        assert module.parameters <= declared.keys(), module.name
        missing = {name for name, required in declared.items() if required} - module.parameters
        assert not missing, f"{module.name} lacks {missing}"


@each_file
def test_names_that_are_used_are_declared(path: Path) -> None:
    declared, used = BicepFile(path).names()
    assert used <= declared


@each_file
def test_parameters_are_used(path: Path) -> None:
    file = BicepFile(path)
    _, used = file.names()
    assert file.parameters().keys() <= used


@each_file
def test_outputs_that_are_read_exist(path: Path) -> None:
    file = BicepFile(path)
    modules = {module.name: module.file for module in file.modules()}
    for module, output in file.outputs_used():
        assert output in BicepFile(modules[module]).outputs(), f"{module}.outputs.{output}"


def test_every_module_is_used() -> None:
    used = {module.file for path in FILES for module in BicepFile(path).modules()}
    assert {path for path in FILES if path.name not in ENTRY_POINTS} == used


def test_api_versions_are_pinned_and_one_for_each_type() -> None:
    versions: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        for resource in BicepFile(path).resources():
            assert re.fullmatch(r"[\w.]+(/\w+)+@\d{4}-\d{2}-\d{2}", resource) or resource in PREVIEWS, (
                resource
            )
            versions[resource.partition("@")[0]].add(resource)
    assert versions
    assert {kind: found for kind, found in versions.items() if len(found) > 1} == {}


def test_parameters_file_fits_main() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    declared = BicepFile(INFRA / "main.bicep").parameters()
    assert given.keys() <= declared.keys()
    assert {name for name, required in declared.items() if required} <= given.keys()


def test_every_role_file_is_loaded() -> None:
    loaded = set().union(*(BicepFile(path).loaded() for path in FILES))
    assert loaded == set((INFRA / "roles").glob("*.json"))


def test_events_go_to_a_function_that_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event subscription names the function, the event type and the operation that the app knows."""
    text = (INFRA / "modules" / "event-subscription.bicep").read_text(encoding="utf-8")
    name = found(r"param functionName string = '(\w+)'", text)
    event_type = found(r"includedEventTypes: \['([\w.]+)'\]", text)
    operation = found(r"values: \['([\w./]+)'\]", text)
    image = f"/subscriptions/{'1' * 8}-1111-4111-8111-{'1' * 12}/resourceGroups/r/providers/Microsoft.Compute/images/i"
    monkeypatch.chdir(ROOT)
    assert load_app(ROOT).functions[name].trigger_type == "eventGridTrigger"
    event = {"operationName": operation, "resourceUri": image}
    assert not isinstance(read_event(event_type, "1", image, event), Ignored)


def test_the_code_is_deployed_to_the_app_that_bicep_makes() -> None:
    """The function app is found by azd by a tag with the service's name."""
    service = found(r"'azd-service-name': '(\w+)'", (INFRA / "modules/function-app.bicep").read_text("utf-8"))
    project = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    assert list(project["services"]) == [service]


@pytest.mark.parametrize("script", ["subscribe_to_events.sh", "subscribe_to_events.ps1"])
def test_second_step_uses_outputs_of_the_first(script: str) -> None:
    hooks = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["hooks"]["postdeploy"]
    assert f"scripts/{script}" in {hook["run"] for hook in hooks.values()}
    text = (ROOT / "scripts" / script).read_text(encoding="utf-8")
    outputs = BicepFile(INFRA / "main.bicep").outputs()
    assert set(re.findall(r"(?:AZURE|GALLERIST)_[A-Z_]+", text)) - {"AZURE_SUBSCRIPTION_ID"} <= outputs
    passed = set(re.findall(r"\b(\w+)=[\"$]", text)) - {"tries"}
    declared = BicepFile(INFRA / "events.bicep").parameters()
    assert passed == set(declared)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]
