"""The root of the command line: which commands there are, and what happens when one fails.

A command's module is imported when the command is used, so that `--help` does not wait for the client of the API.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from cli.errors import CliError


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
        Entry("coverage", "Count the managed images by what became of them.", "cli.commands.coverage"),
        Entry("references", "Find who uses an image or a version.", "cli.commands.references"),
        Entry("adoption", "Show what latest resolves to, and which versions run.", "cli.commands.adoption"),
        Entry("diff", "Compare the policy with the galleries.", "cli.commands.diff"),
        Entry("explain", "Say which rule, tag or default decided what.", "cli.commands.explain"),
        Entry("why", "Say whether a machine can use a version, and why not.", "cli.commands.why"),
        Entry("check", "Check that the newest version is what users get; for CI.", "cli.commands.check"),
        Entry("lineage", "Tell where a version came from and what happened to it.", "cli.commands.lineage"),
    ),
    "Migrate": (
        Entry("plan", "Plan migrations, without writing anything.", "cli.commands.plan"),
        Entry("apply", "Carry out a plan exactly as it was made.", "cli.commands.apply"),
        Entry("migrate", "Start migrations.", "cli.commands.migrate"),
        Entry("batch", "Migrate every image of a scope.", "cli.commands.batch"),
        Entry("add-regions", "Replicate migrated images to more regions.", "cli.commands.add_regions"),
        Entry("policy", "Try a policy.", "cli.commands.policy"),
    ),
    "Follow": (
        Entry("status", "List migrations, or show one piece of work.", "cli.commands.status"),
        Entry("watch", "Watch a piece of work until it ends.", "cli.commands.watch"),
        Entry("wait", "Wait until a piece of work is in a state.", "cli.commands.wait"),
        Entry("cancel", "Cancel migrations and other work.", "cli.commands.cancel"),
        Entry("retry", "Start migrations again that ended without success.", "cli.commands.retry"),
    ),
    "Use the versions": (
        Entry("promote", "Make a version latest, ring by ring.", "cli.commands.promote"),
        Entry("promotion", "See and steer promotions.", "cli.commands.promotion"),
        Entry(
            "history", "Show the versions of a definition, and what was latest when.", "cli.commands.history"
        ),
        Entry("rollback", "Restore what was latest before.", "cli.commands.rollback"),
        Entry("repoint", "Let scale sets refer to a version.", "cli.commands.repoint"),
    ),
    "Clean up": (
        Entry("retire", "Begin the retirement of managed images.", "cli.commands.retire"),
        Entry("retirement", "See and steer retirements.", "cli.commands.retirement"),
        Entry("approve", "Approve the deletion of managed images.", "cli.commands.approve"),
        Entry("reject", "Keep managed images that were to be deleted.", "cli.commands.reject"),
        Entry("retention", "See and apply what happens to old versions.", "cli.commands.retention"),
        Entry("restore", "Bring a version back.", "cli.commands.restore"),
        Entry("freeze", "Stop every deletion, or allow deletions again.", "cli.commands.freeze"),
        Entry("gone", "Declare that a subscription exists no more.", "cli.commands.gone"),
    ),
    "On this machine": (
        Entry(
            "up",
            "Run Gallerist on this machine, with the credential of `az login`; nothing is deployed.",
            "cli.commands.up",
        ),
        Entry(
            "snapshot",
            "Write what subscriptions hold to a file: images, galleries, machines and scale sets.",
            "cli.commands.snapshot",
        ),
        Entry(
            "rehearse",
            "Rehearse a policy over a snapshot: what is made, blocked, promoted, retired and deleted, and when.",
            "cli.commands.rehearse",
        ),
    ),
    "Set up": (Entry("doctor", "Examine a deployment.", "cli.commands.doctor"),),
}
ENTRIES = {entry.name: entry for entries in SECTIONS.values() for entry in entries}


class Root(TyperGroup):
    """Imports a command when it is used, and shows errors without a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 # typer's signature
        """The names of the commands, in the order of the help."""
        return list(ENTRIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 # typer's signature
        """Imports the command of this name."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        command = typer.main.get_command(_imported(entry).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 # typer's signature
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


def _imported(entry: Entry) -> Any:
    """Imports the module of a command.

    Raises:
        CliError: it needs a part of the repository that is not installed.
    """
    try:
        return importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        raise CliError(
            f"'{entry.name}' is not part of this installation",
            why=f"it needs {error.name}, which comes with a clone of the repository",
            fix="Clone the repository, and install the command line there.",
            command="make cli",
        ) from None


def show(error: Exception) -> int:
    """Writes an error to stderr, and returns its exit code."""
    from cli.failures import explained  # noqa: PLC0415 # it knows the errors of the client, which is slow to import
    from cli.printable import printable  # noqa: PLC0415 # not for `--help`

    found = explained(error)
    for line in found.lines():
        typer.echo(printable(line), err=True)
    return found.code


app = typer.Typer(
    name="gallerist", cls=Root, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from domain.about import VERSION  # noqa: PLC0415 # nothing else needs it

        typer.echo(f"gallerist {VERSION}")
        raise typer.Exit


@app.callback()
def gallerist(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Migrates managed images into Azure Compute Gallery, over the HTTP API of Gallerist."""
