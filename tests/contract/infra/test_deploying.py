"""Everything that the commands in docs/deploying.md name exists."""

import json
import re

import pytest

from domain.migration.states import ENDS, MigrationState
from tests.contract.infra.bicep import INFRA, ROOT, BicepFile
from triggers.http.callers import OPERATOR_ROLE

DOCUMENT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
BODIES = ROOT / "docs" / "deploying"
# the client id of the Azure CLI, the same in every tenant (documented)
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
COMMANDS = [line[2:] for line in DOCUMENT.splitlines() if line.startswith("$ ")]


def test_every_azd_value_that_the_page_sets_is_a_parameter_of_the_deployment() -> None:
    parameters = (INFRA / "main.parameters.json").read_text(encoding="utf-8")
    known = {"AZURE_SUBSCRIPTION_ID", *re.findall(r"\$\{(\w+)", parameters)}
    assert set(re.findall(r"azd env set (\w+)", DOCUMENT)) <= known


def test_every_azd_value_that_the_page_reads_is_an_output_of_the_deployment() -> None:
    read = set(re.findall(r"azd env get-value (\w+)", DOCUMENT))
    assert read
    assert read <= BicepFile(INFRA / "main.bicep").outputs()


@pytest.mark.parametrize(
    "template", ["main", "source-subscription", "gallery-subscription", "consumer-subscription", "mg"]
)
def test_the_command_for_a_template_passes_its_parameters(template: str) -> None:
    """The command has every required parameter, and no unknown one."""
    command = next(line for line in COMMANDS if f"--template-file infra/{template}.bicep" in line)
    passed = set(re.findall(r"\b(\w+)=", command.partition("--parameters ")[2]))
    declared = BicepFile(INFRA / f"{template}.bicep").parameters()
    assert passed <= declared.keys()
    assert {name for name, required in declared.items() if required} <= passed


def test_every_named_file_and_make_target_exists() -> None:
    named = re.findall(r"(?:infra|scripts|runbooks)/[\w./-]+\.\w+", DOCUMENT)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(
        r"`?make ([a-z-]+)`?", "\n".join([*COMMANDS, *re.findall(r"`make [a-z-]+`", DOCUMENT)])
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_shell_variable_is_set_before_it_is_used() -> None:
    known = {"PATH", "HOME"}
    for command in COMMANDS:
        used = set(re.findall(r"\$\{?([A-Z]+)\b", command))
        assert used <= known, command
        known |= set(re.findall(r"^([A-Z]+)=", command))


def test_every_placeholder_is_explained() -> None:
    """The text explains each word in capitals that the reader replaces with a value."""
    placeholders = {
        word
        for command in COMMANDS
        for word in re.findall(
            r"\b[A-Z]+(?:_[A-Z]+)*_ID\b", re.sub(r"azd env (?:set|get-value) \w+", "", command)
        )
    }
    prose = "\n".join(line for line in DOCUMENT.splitlines() if not line.startswith("$ "))
    outputs = BicepFile(INFRA / "main.bicep").outputs()
    assert {word for word in placeholders - outputs if word not in prose} == set()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\((?:\w+\.md)?#[\w-]+\)", DOCUMENT))))
def test_a_link_to_a_heading_is_valid(anchor: str) -> None:
    file, _, heading = anchor.strip("()").partition("#")
    text = (ROOT / "docs" / (file or "deploying.md")).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert heading in headings


def test_every_state_that_is_no_end_is_looked_at_before_an_upgrade() -> None:
    """In both shells: a migration in a state that nobody looks at would be taken for none."""
    posix = re.search(r"for state in ([a-z ]+);", DOCUMENT)
    powershell = re.search(r"foreach \(\$state in ([a-z', ]+)\)", DOCUMENT)
    assert posix
    assert powershell
    going_on = {state.value for state in MigrationState} - {state.value for state in ENDS}
    assert set(posix[1].split()) == going_on
    assert set(re.findall(r"\w+", powershell[1])) == going_on


def test_a_person_gets_a_token_by_the_files_that_the_page_sends() -> None:
    """Version 2 in every call, a scope that is exposed, and the Azure CLI as a client that is approved for it."""
    exposed, approved = (
        json.loads((BODIES / f"entra-{name}.json").read_text()) for name in ("scope", "azure-cli")
    )
    assert exposed["api"]["requestedAccessTokenVersion"] == 2
    [scope] = exposed["api"]["oauth2PermissionScopes"]
    assert (scope["value"], scope["isEnabled"]) == ("user_impersonation", True)
    clients = approved["api"].pop("preAuthorizedApplications")
    assert clients == [{"appId": AZURE_CLI, "delegatedPermissionIds": [scope["id"]]}]
    assert AZURE_CLI in DOCUMENT
    assert approved == exposed
    [create] = [line for line in COMMANDS if "az ad app create" in line]
    assert "--requested-access-token-version 2" in create
    assert "--enable-id-token-issuance true" in create
    assert "/.auth/login/aad/callback" in create


def test_the_page_assigns_roles_that_the_app_registration_has() -> None:
    roles = {role["value"]: role for role in json.loads((INFRA / "app-roles.json").read_text())}
    assert set(re.findall(r"appRoles\[\?value=='([\w.]+)'\]", DOCUMENT)) == {OPERATOR_ROLE}
    assert set(re.findall(r"`(Gallerist\.\w+)`", DOCUMENT)) == set(roles)
    assert all(role["allowedMemberTypes"] == ["User", "Application"] for role in roles.values())
    assert len({role["id"] for role in roles.values()}) == len(roles)


def test_only_who_was_assigned_a_role_gets_a_token() -> None:
    """A key no longer keeps the rest of the tenant out, so the assignment is required before Entra is turned on."""
    required = COMMANDS.index('az ad sp update --id "$APP" --set appRoleAssignmentRequired=true')
    assert required < COMMANDS.index('azd env set GALLERIST_ENTRA_CLIENT_ID "$APP"')


@pytest.mark.parametrize(
    ("language", "version", "runbook"),
    [("Python", "3.10", "start_migrations.py"), ("PowerShell", "7.4", "Start-Migrations.ps1")],
)
def test_a_runbook_runs_in_the_environment_that_is_created_for_it(
    language: str, version: str, runbook: str
) -> None:
    """The type of a runbook in an environment is the language (Microsoft.Automation 2024-10-23)."""
    name = language.lower()
    environment = json.loads((BODIES / f"automation-{name}.json").read_text())["properties"]["runtime"]
    assert environment == {"language": language, "version": version}
    properties = json.loads((BODIES / f"automation-{name}-runbook.json").read_text())["properties"]
    assert properties["runbookType"] == language
    assert properties["runtimeEnvironment"] == f"gallerist-{name}"
    assert f"gallerist-{name}" in DOCUMENT
    assert (ROOT / "runbooks" / runbook).is_file()


def test_a_policy_editor_gets_the_container_of_the_policy_alone() -> None:
    """The account also holds the code of the app."""
    [assignment] = [line for line in COMMANDS if "Storage Blob Data Contributor" in line]
    assert '--scope "$STORAGE/blobServices/default/containers/policy"' in assignment


@pytest.mark.parametrize("command", [line for line in COMMANDS if re.match(r"az deployment (sub|mg) ", line)])
def test_a_deployment_is_named_after_environment_and_region(command: str) -> None:
    """Such a name is bound to the region that it was first used with."""
    assert re.search(r" --name gallerist(-[a-z]+)?-prod-eastus2\b", command)


def test_a_deployment_needs_the_right_to_define_roles() -> None:
    needed = DOCUMENT.partition("## What you need")[2].partition("\n## ")[0]
    assert "*Contributor* together with *User Access Administrator*" in needed


def test_a_set_variable_of_one_shell_is_set_in_the_other() -> None:
    """APP=$(…) needs a twin: PowerShell has another way to set a variable."""
    posix = set(re.findall(r"^\$ ([A-Z]+)=", DOCUMENT, re.MULTILINE))
    powershell = set(re.findall(r"^\$([A-Z]+) = ", DOCUMENT, re.MULTILINE))
    assert powershell == posix
