"""The Bicep files fit together, as far as that can be checked without the compiler and without Azure."""

import itertools
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from functions_testhost.app import load_app

from domain.resources.events import Ignored, read_event
from tests.contract.infra.bicep import FILES, INFRA, ROOT, BicepFile

# deployed directly; every other file is a module
ENTRY_POINTS = {
    "main.bicep",
    "events.bicep",
    "source-subscription.bicep",
    "gallery-subscription.bicep",
    "consumer-subscription.bicep",
    "mg.bicep",
}
# this type has only preview versions
PREVIEWS = {"Microsoft.Insights/diagnosticSettings@2021-05-01-preview"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(INFRA).as_posix())


@each_file
def test_a_bicep_file_parses(path: Path) -> None:
    assert BicepFile(path).faults() == []


@each_file
def test_a_module_gets_the_parameters_that_it_declares(path: Path) -> None:
    for module in BicepFile(path).modules():
        assert module.file in FILES, f"module {module.name}: {module.file} does not exist"
        declared = BicepFile(module.file).parameters()
        assert module.parameters <= declared.keys(), f"module {module.name} gets unknown parameters"
        missing = {name for name, required in declared.items() if required} - module.parameters
        assert not missing, f"module {module.name} lacks {missing}"


@each_file
def test_every_name_in_use_is_declared(path: Path) -> None:
    declared, used = BicepFile(path).names()
    assert used <= declared


@each_file
def test_every_parameter_is_used(path: Path) -> None:
    file = BicepFile(path)
    _, used = file.names()
    assert file.parameters().keys() <= used


@each_file
def test_every_module_output_in_use_exists(path: Path) -> None:
    file = BicepFile(path)
    modules = {module.name: module.file for module in file.modules()}
    for module, output in file.outputs_used():
        assert output in BicepFile(modules[module]).outputs(), f"{module}.outputs.{output}"


def test_every_module_file_is_used() -> None:
    used = {module.file for path in FILES for module in BicepFile(path).modules()}
    assert {path for path in FILES if path.name not in ENTRY_POINTS} == used


def test_every_resource_type_has_one_pinned_api_version() -> None:
    versions: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        for resource in BicepFile(path).resources():
            assert re.fullmatch(r"[\w.]+(/\w+)+@\d{4}-\d{2}-\d{2}", resource) or resource in PREVIEWS, (
                resource
            )
            versions[resource.partition("@")[0]].add(resource)
    assert versions
    assert {kind: found for kind, found in versions.items() if len(found) > 1} == {}


def test_the_parameters_file_fits_main_bicep() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    declared = BicepFile(INFRA / "main.bicep").parameters()
    assert given.keys() <= declared.keys()
    assert {name for name, required in declared.items() if required} <= given.keys()


def test_every_role_file_is_loaded() -> None:
    loaded = set().union(*(BicepFile(path).loaded() for path in FILES))
    assert {path for path in loaded if path.parent.name == "roles"} == set((INFRA / "roles").glob("*.json"))


@pytest.mark.parametrize(
    ("module", "resource"),
    [
        ("event-subscription", "images/i"),
        ("version-event-subscription", "galleries/g/images/i/versions/1.0.0"),
    ],
)
def test_the_event_subscription_fits_the_function(
    module: str, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event subscription names a function, and the app accepts each of its event types and operations."""
    text = (INFRA / "modules" / f"{module}.bicep").read_text(encoding="utf-8")
    name = found(r"param functionName string = '(\w+)'", text)
    event_types = re.findall(r"'([\w.]+)'", found(r"includedEventTypes: \[(.+)\]", text))
    listed = found(r"key: 'data.operationName'\s+(?://.+\s+)?values: \[(.+)\]", text)
    operations = re.findall(r"'([\w./]+)'", listed)
    uri = f"/subscriptions/{'1' * 8}-1111-4111-8111-{'1' * 12}/resourceGroups/r/providers/Microsoft.Compute/{resource}"
    monkeypatch.chdir(ROOT)
    assert load_app(ROOT).functions[name].trigger_type == "eventGridTrigger"
    assert event_types
    assert operations
    for event_type, operation in itertools.product(event_types, operations):
        event = {"operationName": operation, "resourceUri": uri}
        assert not isinstance(read_event(event_type, "1", uri, event), Ignored), operation


def test_the_alert_leaves_out_the_hints() -> None:
    """Their event subscription keeps no dead letters, so what it loses would be an alert."""
    text = (INFRA / "modules" / "version-event-subscription.bicep").read_text(encoding="utf-8")
    alerts = (INFRA / "modules" / "event-alerts.bicep").read_text(encoding="utf-8")
    watched = found(r"name: 'EventSubscriptionName'\s+operator: 'Include'\s+values: \[(.+)\]", alerts)
    assert watched == "eventSubscriptionName, toUpper(eventSubscriptionName)"
    for file in ("main.bicep", "source-subscription.bicep"):
        using = (INFRA / file).read_text(encoding="utf-8")
        assert found(r"eventSubscriptionName: '(.+)'", using) == "gallerist-images-${environmentName}"
    assert "deadLetterDestination" not in text


@pytest.mark.parametrize("kind", ["images", "versions"])
def test_each_environment_has_event_subscriptions_of_its_own(kind: str) -> None:
    """A subscription has one system topic: two environments with one name would take each other's events."""
    module = {"images": "event-subscription", "versions": "version-event-subscription"}[kind]
    text = (INFRA / "modules" / f"{module}.bicep").read_text(encoding="utf-8")
    assert f"  name: 'gallerist-{kind}-${{environmentName}}'\n" in text
    assert "\nparam environmentName string\n" in text


def test_the_site_says_outright_that_it_is_public() -> None:
    """Left out, a private endpoint closes the app to Event Grid and to azd (documented)."""
    text = (INFRA / "modules" / "function-app.bicep").read_text(encoding="utf-8")
    assert "    publicNetworkAccess: 'Enabled'\n" in text


def test_no_setting_overrides_the_backend_of_host_json() -> None:
    """What scales the app reads host.json alone (azure-functions-durable-extension #2622, #2803)."""
    for path in FILES:
        assert "AzureFunctionsJobHost" not in path.read_text(encoding="utf-8"), path


@each_file
def test_a_deployment_to_a_subscription_has_its_region_and_environment_in_its_name(path: Path) -> None:
    """Azure binds such a name to its first region (documented), and two environments must not meet in one."""
    text = path.read_text(encoding="utf-8")
    if "targetScope = 'subscription'" not in text:
        return
    for module in re.split(r"^module ", text, flags=re.MULTILINE)[1:]:
        head = module.partition(" params: {")[0]
        if "  scope: " not in head:
            name = found(r"name: '(.+)'", head)
            assert "environmentName" in name
            assert "deployment().location" in name


def test_a_subscription_with_images_and_galleries_gets_one_system_topic() -> None:
    """It can have only one, so the two templates that may create it give it the same names."""
    templates = [(INFRA / f"{kind}-subscription.bicep").read_text("utf-8") for kind in ("source", "gallery")]
    for name in ("groupName", "topicName", "tags"):
        assert len({found(rf"var {name} = (.+)", text) for text in templates}) == 1


def test_azd_deploys_the_code_to_the_function_app_in_bicep() -> None:
    """The tag of the function app names the service, so that azd finds the app."""
    service = found(r"'azd-service-name': '(\w+)'", (INFRA / "modules/function-app.bicep").read_text("utf-8"))
    project = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    assert list(project["services"]) == [service]


@pytest.mark.parametrize("script", ["subscribe_to_events.sh", "subscribe_to_events.ps1"])
def test_the_second_step_uses_outputs_of_the_first(script: str) -> None:
    hooks = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["hooks"]["postdeploy"]
    assert f"scripts/{script}" in {hook["run"] for hook in hooks.values()}
    text = (ROOT / "scripts" / script).read_text(encoding="utf-8")
    outputs = BicepFile(INFRA / "main.bicep").outputs()
    given = set(re.findall(r"[A-Z]+_[A-Z_]+", (INFRA / "main.parameters.json").read_text(encoding="utf-8")))
    named = set(re.findall(r"(?:AZURE|GALLERIST)_[A-Z_]+", text))
    assert named - outputs - given <= {"AZURE_SUBSCRIPTION_ID", "GALLERIST_PAUSE_COMMAND"}
    passed = set(re.findall(r"\b(\w+)=[\"$]", found(r"--parameters ((?:.+[`\\]\n)*.+)", text)))
    declared = BicepFile(INFRA / "events.bicep").parameters()
    assert passed == set(declared)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]
