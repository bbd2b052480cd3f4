"""docs/command-line.md: its examples are what the commands print, and `make cli` installs all of them."""

import re
import subprocess
from pathlib import Path

import pytest

from scripts.export_command_line import DOCUMENT, STEPS, render, run_all
from scripts.package import ROOT
from tests.documents.runs import RUN, runs, shell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

RUN.update(step.line for step in STEPS)


def test_the_page_is_what_the_commands_print() -> None:
    """`python -m scripts.export_command_line` writes it."""
    assert rounded(DOCUMENT.read_text(encoding="utf-8")) == rounded(render(run_all()))


def rounded(page: str) -> str:
    """The page without how far a replication is: a version is begun a moment earlier or later."""
    return re.sub(r"\d+ ?%", "n %", re.sub(r"[━─]+", "━", page))


@runs("make cli")
def test_a_clone_installs_the_whole_command_line(tmp_path: Path, command: str) -> None:
    clone = tmp_path / "gallerist"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    printed = shell(command, clone)
    assert 'export PATH="' in printed
    # from another folder, so that only what is installed is found
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "Migrates managed images" in shell(f"{clone}/build/cli/bin/gallerist --help", elsewhere)
    shell(
        f"{clone}/build/cli/bin/python -c 'import function_app, local.stack, azure_compute_simulator'",
        elsewhere,
    )
