"""Everything that the commands in docs/deploying.md name exists."""

import json
import re

import pytest

from tests.contract.infra.bicep import INFRA, ROOT, BicepFile

DOCUMENT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
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
    "template", ["main", "source-subscription", "gallery-subscription", "consumer-subscription"]
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


def test_the_example_for_host_json_fits_the_scheduler_settings() -> None:
    block = re.search(r"```json\n(.+?)```", DOCUMENT, re.DOTALL)
    assert block
    durable = json.loads(f"{{{block[1]}}}")["durableTask"]
    app = (INFRA / "modules" / "function-app.bicep").read_text(encoding="utf-8")
    for value in durable["storageProvider"].values():
        assert f"'{value}'" in app
    scheduler = (INFRA / "modules" / "durable-task-scheduler.bicep").read_text(encoding="utf-8")
    assert f"taskHubName = '{durable['hubName']}'" in scheduler
