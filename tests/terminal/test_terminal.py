"""The command in a terminal of 80 and of 200 columns: what a person sees, types, and gets back."""

import re

import pytest

from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from tests.terminal.conftest import GROUP, IMAGE_OF, WIDTHS, Desk

IDS = (
    "images",
    "galleries",
    "status",
    "coverage",
    "retirement list",
    "batch list",
    "promotion list",
    "freeze",
)
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9]m")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 200])
def test_an_image_is_migrated_and_retired_at_a_terminal(desk: Desk, columns: int) -> None:
    """Chosen from what runs, watched region by region, and deleted only when its name is typed."""
    image = IMAGE_OF[columns]
    plan = f"plan-{columns}.json"
    assert "+ image version" in desk.shows(columns, "plan", image, "--out", plan).text
    with desk.open(columns, "apply", plan) as terminal:
        terminal.until("Carry it out? [y/N]:")
        terminal.type("y")
        assert terminal.ends() == 0
        assert f"{image}  started  migration-" in terminal.text
    with desk.open(columns, "watch", "--interval", "0.5", "--exit-status") as terminal:
        terminal.until("Which one [1]:")
        terminal.type("1")
        running = terminal.until("Replicating", desk.minute).splitlines()
        assert any(re.fullmatch(r"    eastus2 +[━─]{24} +\d+% Replicating", line) for line in running)
        assert terminal.ends(desk.minute) == 0
        ended = terminal.lines
    # the bars that moved are gone, and what is left is how it ended
    assert sum(line.startswith(image) for line in ended) == 1
    assert f"{image}  completed" in ended
    assert sum("━" * 24 + " 100% Completed" in line for line in ended) == 3
    assert not any("Replicating" in line for line in ended)
    desk.waits_for_approval(image)
    with desk.open(columns, "approve", image, "--reason", "tested") as terminal:
        shown = terminal.until("Type '")
        assert "8 of 9 obligations met" in shown
        assert "- 8 approved: nobody has approved it" in shown
        terminal.type("yes")
        assert terminal.ends() == 2
        assert "Nothing is approved" in terminal.text


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_list_folds_long_ids_and_cuts_nothing(desk: Desk, migrated: str, columns: int) -> None:
    migrations = desk.shows(columns, "status")
    assert max(len(line) for line in migrations.lines) <= columns
    assert "…" not in migrations.text
    row = next(line for line in migrations.lines if line.startswith(migrated))
    assert "completed" in row
    where = migrations.lines[0].index("ID")
    ids = "".join(line[where:].strip() for line in migrations.lines[1:])
    assert migration_id(ImageId.parse(f"{GROUP}/images/{migrated}")) in ids


def test_no_color_is_respected(desk: Desk, migrated: str) -> None:
    coloured = desk.shows(80, "status", migrated)
    plain = desk.shows(80, "status", migrated, NO_COLOR="1")
    assert COLOUR.search(coloured.raw)
    assert not COLOUR.search(plain.raw)
    assert coloured.text == plain.text


@pytest.mark.slow
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", IDS)
def test_no_command_writes_beyond_the_right_edge(desk: Desk, columns: int, command: str) -> None:
    terminal = desk.shows(columns, *command.split())
    assert terminal.text.strip()
    assert all(len(line) <= columns for line in terminal.lines)
    assert "…" not in terminal.text


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_shell_completes_commands(desk: Desk, shell: str) -> None:
    script = desk.shows(200, "--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_GALLERIST_COMPLETE" in script.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "completed"), [("gallerist ima", "images"), ("gallerist batch st", "start")]
)
def test_bash_gets_the_names_of_commands(desk: Desk, typed: str, completed: str) -> None:
    environ = {
        "_GALLERIST_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    assert desk.shows(200, **environ).text == completed
