"""The root of the command line: which commands there are, and what happens when one fails.

A command's module is imported when the command is used, so that `--help` does not wait for the client of the API.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup


class Entry(NamedTuple):
    """A command: its name, the first sentence of its help, and the module that has it in `app`."""

    name: str
    help: str
    module: str


# in the order of the help
SECTIONS: dict[str, tuple[Entry, ...]] = {
    "See what is there": (
        Entry("images", "List managed images.", "cli.commands.images"),
        Entry("galleries", "List image versions as gallery/definition/version.", "cli.commands.galleries"),
    ),
    "On this machine": (
        Entry("up", "Run Gallerist on this machine, without deploying it.", "cli.commands.up"),
        Entry("snapshot", "Write what subscriptions hold to a file.", "cli.commands.snapshot"),
        Entry("rehearse", "Rehearse a policy over a snapshot.", "cli.commands.rehearse"),
    ),
}
ENTRIES = {entry.name: entry for entries in SECTIONS.values() for entry in entries}


class Root(TyperGroup):
    """Imports a command when it is used, and shows errors without a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names of the commands, in the order of the help."""
        return list(ENTRIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Imports the command of this name."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        command = typer.main.get_command(importlib.import_module(entry.module).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Writes the commands by section, without importing them."""
        for section, entries in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(entry.name, entry.help) for entry in entries])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Completes names of commands without importing them."""
        stubs = TyperGroup(
            name=self.name,
            params=self.params,
            commands=[TyperCommand(entry.name, callback=None, help=entry.help) for entry in ENTRIES.values()],
        )
        return stubs.shell_complete(ctx, incomplete)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Runs a command, and ends with its exit code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, *rest, **extra)
        except Exception as error:  # noqa: BLE001 # a person gets a sentence, never a traceback
            code = show(error)
        sys.exit(code or 0)


def show(error: Exception) -> int:
    """Writes an error to stderr, and returns its exit code."""
    from cli.failures import explained  # noqa: PLC0415 # it knows the errors of the client, which is slow to import

    found = explained(error)
    for line in found.lines():
        typer.echo(line, err=True)
    return found.code


app = typer.Typer(
    name="gallerist", cls=Root, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from domain.about import VERSION  # noqa: PLC0415

        typer.echo(f"gallerist {VERSION}")
        raise typer.Exit


@app.callback()
def gallerist(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Migrates managed images into Azure Compute Gallery, over the HTTP API of Gallerist."""
