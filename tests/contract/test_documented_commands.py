"""Every command that a document prints is run by a test, or is listed with the reason why none can."""

import re

import pytest

from scripts.package import ROOT
from tests.documents import (
    test_az,
    test_command_line_page,
    test_commands,
    test_operating,
    test_powershell,
    test_rehearsing,
)
from tests.documents.commands import DOCUMENTS, NOT_RUN, Command, printed_commands
from tests.documents.runs import RUN, RUN_BY_PACKAGES

# in the READMEs of both packages: the first after the installation in a fresh clone, the second by `make test-slow`
OWN_TESTS = {"pytest", "pytest -m slow"}
RUN_SOMEWHERE = RUN | OWN_TESTS | {text for commands in RUN_BY_PACKAGES.values() for text in commands}
LISTED = [text for commands in NOT_RUN.values() for text in commands]


def test_every_printed_command_is_run_or_listed() -> None:
    unknown = [command for command in printed_commands() if command.text not in RUN_SOMEWHERE | set(LISTED)]
    assert unknown == [], (
        "run them in tests/documents, or list them with the reason in tests/documents/not_run.yaml"
    )


def test_no_command_is_both_run_and_listed() -> None:
    assert RUN_SOMEWHERE & set(LISTED) == set()
    assert len(LISTED) == len(set(LISTED))


def test_every_command_that_is_run_or_listed_is_still_printed() -> None:
    printed = {command.text for command in printed_commands()}
    assert (RUN_SOMEWHERE | set(LISTED)) - printed == set()


@pytest.mark.parametrize("file", RUN_BY_PACKAGES)
def test_a_package_reads_its_commands_from_its_readme(file: str) -> None:
    """So that a changed command there is a changed command in its tests."""
    assert (ROOT / file).exists()
    documents = {command.document for command in printed_commands() if command.text in RUN_BY_PACKAGES[file]}
    assert documents == {f"{'/'.join(file.split('/')[:2])}/README.md"}


@pytest.mark.parametrize(
    "module",
    [test_commands, test_az, test_command_line_page, test_operating, test_powershell, test_rehearsing],
)
def test_the_tests_that_run_commands_are_slow(module: object) -> None:
    assert "slow" in [mark.name for mark in module.pytestmark]  # type: ignore[attr-defined]


def test_commands_are_found_with_and_without_prompts() -> None:
    """Shows that a new command would be noticed."""
    found = printed_commands()
    assert Command("README.md", "make demo") in found
    assert Command("packages/azure-compute-simulator/README.md", "pytest") in found
    assert "Hello, Ada!" not in {command.text for command in found}


def test_every_make_command_in_a_document_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    named = set(re.findall(r"`make ([a-z-]+)", text))
    assert named
    assert named <= targets
