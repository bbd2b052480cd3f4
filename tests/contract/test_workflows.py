"""The workflows and the action fit GitHub's schema, and what they name exists."""

import json
import re
from importlib import metadata
from typing import Any

import jsonschema
import pytest
import yaml

from domain.migration.states import ENDS
from scripts import proven
from scripts.package import ROOT
from tests.contract.test_ci import WORKFLOWS

GITHUB = ROOT / ".github"
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))


class GitHubLoader(yaml.SafeLoader):
    """Reads YAML as GitHub does: `on` is a word, not true (YAML 1.2)."""


GitHubLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
GitHubLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load(text: str) -> Any:
    return yaml.load(text, GitHubLoader)  # a safe loader


def faults(schema: str, text: str) -> list[str]:
    """What the schema of the store, which check-jsonschema brings along, says against a file."""
    ending = f"builtin_schemas/vendor/{schema}.json"
    [vendored] = [
        file for file in metadata.files("check-jsonschema") or [] if file.as_posix().endswith(ending)
    ]
    validator = jsonschema.Draft7Validator(json.loads(vendored.read_text(encoding="utf-8")))
    return [error.message for error in validator.iter_errors(load(text))]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_fits_the_schema_of_github(file: Any) -> None:
    assert faults("github-workflows", file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", ACTIONS, ids=lambda file: file.parent.name)
def test_an_action_fits_the_schema_of_github(file: Any) -> None:
    assert faults("github-actions", file.read_text(encoding="utf-8")) == []


def test_dependabot_fits_the_schema_of_github() -> None:
    assert faults("dependabot", (GITHUB / "dependabot.yml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("runs-on: ", "run-on: "), ("permissions:\n      contents: read", "permissions:\n      contents: all")],
)
def test_the_schema_finds_a_mistake(right: str, wrong: str) -> None:
    """Shows that the check looks at what it is given."""
    text = (GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert right in text
    assert faults("github-workflows", text.replace(right, wrong)) != []


def steps(name: str) -> list[dict[str, Any]]:
    document = load((GITHUB / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("name", ["azure-dev", "smoke"])
def test_what_signs_in_uses_no_secret(name: str) -> None:
    """The identity of the run is exchanged for a token; only such a job may ask for one."""
    text = (GITHUB / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    document = load(text)
    assert [job["permissions"]["id-token"] for job in document["jobs"].values()] == ["write"]
    [login] = [step for step in steps(name) if step.get("uses", "").startswith("azure/login@")]
    assert set(login["with"]) == {"client-id", "tenant-id", "subscription-id"}


def test_the_pipeline_passes_every_parameter_of_the_deployment() -> None:
    """One that it does not pass would fall back to its default with the first run."""
    parameters = (ROOT / "infra" / "main.parameters.json").read_text(encoding="utf-8")
    [create] = [step for step in steps("azure-dev") if "azd env new" in step.get("run", "")]
    assert set(re.findall(r"\$\{(GALLERIST_\w+)", parameters)) <= create["env"].keys()
    for name, value in create["env"].items():
        assert value == f"${{{{ vars.{name} }}}}"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_text_of_a_caller_becomes_a_part_of_a_script(file: Any) -> None:
    """An expression in `run` is pasted into the script before the shell reads it; variables are not."""
    assert [step["run"] for step in steps(file.stem) if "${{" in step.get("run", "")] == []


def test_the_modules_that_workflows_run_exist() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in WORKFLOWS)
    modules = set(re.findall(r"python -m scripts\.(\w+)", text))
    assert modules == {"proven", "release", "smoke"}
    assert all((ROOT / "scripts" / f"{module}.py").is_file() for module in modules)


def test_the_smoke_test_ticks_every_statement_that_can_be_ticked() -> None:
    page = proven.PAGE.read_text(encoding="utf-8")
    workflow = (GITHUB / "workflows" / "smoke.yml").read_text(encoding="utf-8")
    script = (ROOT / "scripts" / "smoke.py").read_text(encoding="utf-8")
    ticked = " ".join(re.findall(r"scripts\.proven (.+)", workflow)).split()
    assert sorted([*ticked, *re.findall(r'world\.prove\("([\w-]+)"\)', script)]) == sorted(
        proven.statements(page)
    )


def test_the_action_knows_the_ends_of_a_migration() -> None:
    text = (GITHUB / "actions" / "migrate" / "migrate.py").read_text(encoding="utf-8")
    good, bad = re.findall(r"^(?:GOOD|BAD)_ENDS = \{(.+)\}$", text, re.MULTILINE)
    assert set(re.findall(r'"(\w+)"', good + bad)) == {state.value for state in ENDS}
