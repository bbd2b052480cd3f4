"""infra/terraform makes what the Bicep files make: on each path the same resources, bodies and outputs."""

import re
from pathlib import Path
from typing import Any

import pytest

from scripts.compile_infra import INFRA, find_bicep
from tests.contract.infra.bicep import ROOT, BicepFile
from tests.contract.infra.compiled import Resource
from tests.contract.infra.rules import DECIDED_BY_CHANCE, typed
from tests.contract.infra.snapshots import assignments, too_wide
from tests.contract.infra.terraform import further, paths
from tests.contract.infra.terraform.module import Configuration, RefusedError, Sent
from tests.contract.infra.terraform.paths import CONFIGURATIONS, FURTHER, PATHS, TERRAFORM
from tests.contract.infra.terraform.syntax import Block, read, text_of

BICEP = find_bicep()
# what Azure makes together with another resource: azapi would refuse to create it a second time
MADE_BY_AZURE = {
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
}
# what Bicep reads of a deployment, and Terraform makes none
MORE = {
    "main": {"cloud"},
    "events": {"cloud"},
    "source-subscription": {"cloud", "subscription_id"},
    "gallery-subscription": {"cloud", "subscription_id"},
    "consumer-subscription": {"cloud", "subscription_id"},
    "mg": {"cloud", "management_group_id"},
}
# its default is the region of the deployment
REQUIRED = {("gallery-subscription", "location")}
_PARAMETER = re.compile(r"^param (\w+) \w+(?: = (.+))?$", re.MULTILINE)


def name_of(file: Path) -> str:
    return file.name.removesuffix(".snapshot.json")


def evaluated(file: Path) -> Configuration:
    return paths.configuration(paths.read_path(file.with_name(f"{name_of(file)}.bicepparam")), None)


def sent(file: Path) -> list[Sent]:
    return evaluated(file).sent()


def variables(bicep: str) -> dict[str, Block]:
    folder = TERRAFORM / CONFIGURATIONS[bicep]
    return {block.labels[0]: block for block in read(folder) if block.type == "variable"}


@pytest.mark.parametrize("file", PATHS, ids=name_of)
def test_terraform_makes_what_bicep_makes(file: Path) -> None:
    assert paths.differences(file) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(BICEP is None, reason="there is no Bicep compiler: set BICEP, or install bicep")
@pytest.mark.parametrize("file", FURTHER, ids=name_of)
def test_the_further_snapshots_are_what_the_compiler_evaluates(file: Path) -> None:
    assert BICEP is not None
    parameters = file.with_name(f"{name_of(file)}.bicepparam")
    assert file.read_text(encoding="utf-8") == further.evaluate(BICEP, parameters)


@pytest.mark.parametrize("bicep", CONFIGURATIONS)
def test_the_variables_are_the_parameters_with_their_defaults(bicep: str) -> None:
    text = (INFRA / f"{bicep}.bicep").read_text(encoding="utf-8")
    wanted = {paths.snake(name): default for name, default in _PARAMETER.findall(text)}
    found = variables(bicep)
    assert set(found) == set(wanted) | MORE[bicep]
    for name, default in wanted.items():
        if (bicep, name) in REQUIRED or not default:
            assert "default" not in found[name].arguments, name
        else:
            # one that is no literal would not be read
            assert paths.literal(text_of(found[name].arguments["default"])) == paths.literal(default), name


@pytest.mark.parametrize("bicep", CONFIGURATIONS)
def test_every_variable_has_a_description_and_refuses_null(bicep: str) -> None:
    """Null would take the place of a default, and `== ""` would not see it."""
    for name, block in variables(bicep).items():
        assert len(text_of(block.arguments["description"])) > 15, name
        assert text_of(block.arguments["nullable"]) == "false", name


@pytest.mark.parametrize("bicep", CONFIGURATIONS)
def test_the_outputs_have_the_same_names(bicep: str) -> None:
    outputs = {block.labels[0] for block in read(TERRAFORM / CONFIGURATIONS[bicep]) if block.type == "output"}
    assert outputs == BicepFile(INFRA / f"{bicep}.bicep").outputs()


def unused(folder: Path) -> list[str]:
    """The variables and locals of a folder that nothing reads; a validation of the variable itself is no use."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf")))
    blocks = read(folder)
    names = {f"var.{block.labels[0]}" for block in blocks if block.type == "variable"}
    names |= {f"local.{name}" for block in blocks if block.type == "locals" for name in block.arguments}
    rest = re.sub(r'^variable ".*?^}$', "", text, flags=re.MULTILINE | re.DOTALL)
    return [name for name in sorted(names) if not re.search(rf"\b{re.escape(name)}\b", rest)]


def test_every_variable_and_local_is_used(tmp_path: Path) -> None:
    """A parameter that nothing reads would be set in vain."""
    folders = {file.parent for file in TERRAFORM.rglob("*.tf")}
    assert [name for folder in folders for name in unused(folder)] == []
    validation = 'validation {\ncondition = var.a != ""\nerror_message = "no"\n}'
    (tmp_path / "main.tf").write_text(
        f'variable "a" {{\n{validation}\n}}\nlocals {{\nb = 1\nc = local.c\n}}\n'
    )
    assert unused(tmp_path) == ["local.b", "var.a"]


def test_there_is_a_configuration_for_each_file_that_is_deployed() -> None:
    assert set(CONFIGURATIONS) == {file.stem for file in INFRA.glob("*.bicep")}
    roots = {file.parent.relative_to(TERRAFORM).as_posix() for file in TERRAFORM.rglob("variables.tf")}
    assert roots - {"modules/part-roles"} == set(CONFIGURATIONS.values())


def test_the_only_provider_is_azapi() -> None:
    """And it is asked for in one range."""
    wanted = {
        text_of(file)
        for folder in CONFIGURATIONS.values()
        for block in read(TERRAFORM / folder)
        if block.type == "terraform"
        for inner in block.inner("required_providers")
        for name, file in inner.arguments.items()
        if name == "azapi"
    }
    ranges = {re.search(r'version += +"([^"]+)"', text) for text in wanted}
    assert {found[1] for found in ranges if found} == {">= 2.9, < 3.0"}
    kinds = {
        block.labels[0]
        for file in TERRAFORM.rglob("versions.tf")
        for block in read(file.parent)
        if block.type in {"resource", "data", "provider"}
    }
    assert {kind.split("_")[0] for kind in kinds} == {"azapi"}


@pytest.mark.parametrize("file", PATHS, ids=name_of)
def test_what_azure_makes_itself_is_updated(file: Path) -> None:
    kinds = {(one.resource["type"], one.kind) for one in sent(file)}
    assert {kind for kind, by in kinds if by == "azapi_update_resource"} <= MADE_BY_AZURE
    assert {kind for kind, by in kinds if by == "azapi_resource"} & MADE_BY_AZURE == set()
    assert {kind for kind, by in kinds if by == "azapi_resource_action"} <= {"Microsoft.Web/sites/config"}


@pytest.mark.parametrize("file", PATHS, ids=name_of)
def test_the_rules_for_bicep_hold(file: Path) -> None:
    resources = [one.resource for one in sent(file)]
    assert too_wide(resources) == []
    assert [
        fault for body in resources for fault in typed(Resource(body["type"], body["apiVersion"], body, ""))
    ] == []
    access = [r["properties"].get("publicNetworkAccess") for r in resources if r["type"] in DECIDED_BY_CHANCE]
    assert set(access) <= {"Enabled", "Disabled"}


def test_every_role_file_is_read() -> None:
    seen = {
        role for file in PATHS for role, _ in assignments([one.resource for one in sent(file)]) if " " in role
    }
    assert len(seen) == len(list((INFRA / "roles").glob("*.json")))


def ids(name: str) -> set[str]:
    (file,) = (file for file in PATHS if name_of(file) == name)
    return {one.resource["id"].lower() for one in sent(file)}


def test_two_environments_share_nothing() -> None:
    """With the suffix that Terraform makes itself."""
    first = ids("default") | ids("default-events")
    assert first & (ids("second-environment") | ids("second-environment-events")) == set()
    assert len(first & ids("existing-topic")) > 30


def test_the_names_fit() -> None:
    """The suffix is as long as the one of Bicep, for the name of a storage account may have 24 letters."""
    (file,) = (file for file in PATHS if name_of(file) == "default")
    suffix = evaluated(file).local("suffix")
    assert re.fullmatch(r"[0-9a-f]{13}", suffix)
    accounts = [
        one.resource["name"] for one in sent(file) if one.resource["type"].endswith("/storageAccounts")
    ]
    assert sorted(accounts) == [f"stdead{suffix}", f"stgal{suffix}"]


def test_the_clouds_are_those_of_bicep() -> None:
    (file,) = (file for file in PATHS if name_of(file) == "default")
    found = evaluated(file).local("clouds")
    assert {
        name: {"sites": cloud["sites"], "places": cloud["places"]} for name, cloud in found.items()
    } == paths.clouds()


def refused(**changed: Any) -> str:
    parameters = {"environmentName": "prod", "location": "westeurope", "galleryIds": "/subscriptions/s"}
    deployment = paths.Deployment("main", {**parameters, **changed}, "s")
    with pytest.raises(RefusedError) as error:
        paths.configuration(deployment, None).sent()
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("environmentName", "", "environment_name has 1 to 32 letters."),
        ("environmentName", "e" * 33, "environment_name has 1 to 32 letters."),
        ("pythonVersion", "3.9", "python_version is one of 3.11, 3.12, 3.13."),
        ("instanceMemoryMB", 1024, "instance_memory_mb is one of 512, 2048, 4096."),
        ("maximumInstanceCount", 39, "maximum_instance_count is 40 to 1000."),
        ("maximumInstanceCount", 1001, "maximum_instance_count is 40 to 1000."),
        ("durableBackend", "sql", "durable_backend is one of storage, scheduler."),
        (
            "storageSku",
            "Premium_LRS",
            "storage_sku is one of Standard_ZRS, Standard_LRS, Standard_GRS, Standard_GZRS.",
        ),
        ("galleryIds", "", "gallery_ids has 1 letter or more."),
        ("alwaysReadyInstances", 21, "always_ready_instances is 0 to 20."),
        ("keepDays", -1, "keep_days is 0 or more."),
        ("stuckAfterHours", 0, "stuck_after_hours is 1 or more."),
        ("cloud", "germany", "cloud is one of public, usgovernment, china."),
        (
            "existingSubnetId",
            "/subscriptions/s/subnet",
            "existing_subnet_id and existing_endpoint_subnet_id belong together: give both of them or none.",
        ),
        (
            "parts",
            "verify,verfiy",
            "A part is one of verify, promote, references, repoint, retire, strict, retention and notify.",
        ),
    ],
)
def test_a_value_that_bicep_refuses_is_refused(name: str, value: Any, message: str) -> None:
    assert refused(**{name: value}) == message


COMMANDS = re.findall(
    r"^\$ (terraform -chdir=infra/terraform(?:/([\w-]+))? (?:plan|apply) -var .*)$",
    (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize(("command", "folder"), COMMANDS)
def test_a_command_of_the_page_passes_the_variables(command: str, folder: str) -> None:
    """It has every required variable, and no unknown one; what it reads of the app's deployment is an output."""
    (bicep,) = (name for name, at in CONFIGURATIONS.items() if at == (folder or "."))
    declared = variables(bicep)
    passed = set(re.findall(r" -var (\w+)=", command))
    assert passed <= declared.keys()
    assert {name for name, block in declared.items() if "default" not in block.arguments} <= passed
    outputs = {block.labels[0] for block in read(TERRAFORM) if block.type == "output"}
    assert set(re.findall(r"output -raw (\w+)", command)) <= outputs


def test_the_page_plans_the_app_and_applies_its_events() -> None:
    assert {folder for _, folder in COMMANDS} == {"", "events"}


def test_the_page_names_the_folder_of_each_configuration() -> None:
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8").partition("### With Terraform")[2]
    section = text.partition("\n## ")[0]
    folders = set(CONFIGURATIONS.values()) - {"."}
    assert {name for name in folders if not re.search(rf"[`/]{name}[` ]", section)} == set()
