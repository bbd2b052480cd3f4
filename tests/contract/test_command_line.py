"""The commands, the API's operations and docs/command-line.md agree."""

import json
import re
from typing import Any

import pytest
import typer

from cli.app import ENTRIES, app
from cli.errors import ExitCode
from cli.verbs import OPERATIONS
from scripts.export_command_line import DOCUMENT, commands, render_help
from scripts.package import ROOT

PAGE = DOCUMENT.read_text(encoding="utf-8")
# operations that no command uses, with the reason
WITHOUT_A_COMMAND = {"get_openapi": "it describes the API to programs"}


def operation_ids() -> set[str]:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return {of_method["operationId"] for path in document["paths"].values() for of_method in path.values()}


def command_of(names: tuple[str, ...]) -> Any:
    command: Any = typer.main.get_command(app)
    for name in names:
        command = command.get_command(None, name) if name in ENTRIES else command.commands[name]
    return command


def used_operations(names: tuple[str, ...]) -> set[str]:
    """What the command's help says that it calls."""
    epilog = getattr(command_of(names), "epilog", None) or ""
    return set(epilog.removeprefix(OPERATIONS).split(", ")) if epilog else set()


def test_every_operation_of_the_api_has_a_command() -> None:
    used = {operation for names in commands() for operation in used_operations(names)}
    assert used - operation_ids() == set()
    assert operation_ids() - used == set(WITHOUT_A_COMMAND)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    """The list does not import the commands, so it has their first sentences by itself."""
    said = (command_of((name,)).help or "").split("\n\n")[0]
    assert ENTRIES[name].help == " ".join(said.split())


def test_the_page_has_the_help_of_each_command() -> None:
    """`python -m scripts.export_command_line` writes it."""
    helps = render_help()
    assert list(helps) == list(ENTRIES)
    assert [name for name, text in helps.items() if text not in PAGE] == []


def test_the_page_has_every_exit_code() -> None:
    table = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert codes == {*map(int, ExitCode), 130}


def test_every_command_has_help_and_every_option_too() -> None:
    for names in commands():
        command = command_of(names)
        assert command.help, names
        assert [parameter.name for parameter in command.params if not parameter.help] == [], names
