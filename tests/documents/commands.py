"""The commands that the documents print, and what becomes of each: a test runs it, or a reason why none can."""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

from scripts.package import ROOT

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "packages/*/README.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
_BLOCK = re.compile(r"^ *```(?:console|sh|shell|bash|powershell|pwsh)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"\s{2,}# .*$")
# the commands that no test can run, by reason
NOT_RUN: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "not_run.yaml").read_text(encoding="utf-8")
)


class Command(NamedTuple):
    """A command, and the document that prints it, relative to the repository."""

    document: str
    text: str


def printed_commands() -> list[Command]:
    """Returns every command of every console block, without its comment.

    In a block with prompts the other lines are output; in a block without any, each line is a command.
    """
    return [
        Command(document.relative_to(ROOT).as_posix(), text)
        for document in DOCUMENTS
        for block in _BLOCK.findall(document.read_text(encoding="utf-8"))
        for text in _commands(block.splitlines())
    ]


def _commands(lines: list[str]) -> list[str]:
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [_COMMENT.sub("", line) for line in prompted or lines if line.strip()]
