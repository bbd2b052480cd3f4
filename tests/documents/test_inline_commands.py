"""Commands inside sentences are ones that exist: a verb of the command line with its options, a target of make."""

import re
import shlex
from typing import Any

import pytest
import typer

from cli.app import app
from scripts.package import ROOT
from tests.documents.commands import DOCUMENTS, Command

_INLINE = re.compile(r"`((?:gallerist|make) [^`\n]+)`")
# options of typer's own, which no command lists
_COMPLETION = ("--install-completion", "--show-completion")


def mentions(program: str) -> list[Command]:
    return [
        Command(document.relative_to(ROOT).as_posix(), text)
        for document in [*DOCUMENTS, *sorted(ROOT.glob("docs/adr/*.md"))]
        for text in dict.fromkeys(_INLINE.findall(document.read_text(encoding="utf-8")))
        if text.startswith(f"{program} ")
    ]


@pytest.mark.parametrize("command", mentions("gallerist"), ids=str)
def test_a_mentioned_verb_exists_with_the_options_that_are_mentioned(command: Command) -> None:
    words = shlex.split(command.text)[1:]
    found: Any = typer.main.get_command(app)
    while words and hasattr(found, "get_command") and not words[0].startswith("-"):
        found = found.get_command(None, words.pop(0))
        assert found is not None, f"{command.document} mentions '{command.text}'"
    known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert options <= {*known, *_COMPLETION}, f"{command.document} mentions '{command.text}'"


def test_a_mentioned_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):(?!=)", makefile, re.MULTILINE))
    mentioned = {command.text.split()[1] for command in mentions("make")}
    assert mentioned
    assert mentioned <= targets
