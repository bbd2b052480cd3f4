"""`gallerist snapshot`: what subscriptions hold, written to a file for `gallerist rehearse`."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from adapters.settings import Settings
from cli.azure import azure_errors, checked_subscription, use_az
from cli.errors import CliError, ExitCode
from cli.output import facts
from cli.session import Session
from cli.verbs import single, verb
from rehearsal.errors import RehearsalError
from rehearsal.pseudonyms import Key, anonymised, load_key, save_key
from rehearsal.reading import take_snapshot
from rehearsal.snapshot import Snapshot, save

app = single()

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; only you can read it.")]
Subscriptions = Annotated[
    list[str] | None,
    typer.Option("--subscription", metavar="ID", help="A subscription to read. May be given several times."),
]
Anonymise = Annotated[
    Path | None,
    typer.Option(
        "--anonymise",
        metavar="KEY",
        help="Write pseudonyms in place of names. KEY is the file of the key, which is made if it does not exist.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


@verb(app, "snapshot", calls=())
def snapshot(
    session: Session,
    file: File,
    subscription: Subscriptions = None,
    *,
    anonymise: Anonymise = None,
    force: Force = False,
) -> int:
    """Write what subscriptions hold to a file: images, galleries, machines and scale sets.

    Reads Azure with the credential of `az login`, or with the one that AZURE_TOKEN_CREDENTIALS chooses, and changes
    nothing there. The file has names, tags and the fields that a rehearsal needs, and no secrets. Exit code 3: a part
    could not be read, which the file says, too.
    """
    if not subscription:
        raise CliError(
            "no subscription to read",
            fix="Name at least one.",
            command="gallerist snapshot fleet.json --subscription <id>",
        )
    named = [checked_subscription(one) for one in subscription]
    if file.exists() and not force:
        raise CliError(f"'{file}' exists", fix="Choose another file, or replace it with --force.")
    with azure_errors(use_az(os.environ)):
        taken = asyncio.run(take_snapshot(Settings.from_environment(), named, session.output.note))
    try:
        if anonymise is not None:
            taken = _with_pseudonyms(taken, anonymise)
        save(taken, file)
    except RehearsalError as error:
        raise CliError(str(error)) from error
    _show(session, taken, file)
    return ExitCode.PARTIAL if taken.report.unreadable else ExitCode.DONE


def _with_pseudonyms(taken: Snapshot, path: Path) -> Snapshot:
    """The key is written first: without it, nobody could use the snapshot."""
    key = load_key(path) if path.exists() else Key()
    renamed = anonymised(taken, key)
    save_key(key, path)
    return renamed


def _show(session: Session, taken: Snapshot, file: Path) -> None:
    report = taken.report
    fields = sum(len(counts) for counts in report.left_out.values())
    counted = {name.replace("_", " "): number for name, number in taken.counts().items()}
    data = {"file": str(file), "taken": taken.taken, "counts": taken.counts(), "report": report}
    session.output.thing(
        data,
        facts(
            [
                ("written", file),
                ("names", taken.names),
                *counted.items(),
                ("left out", f"{fields} fields that no rehearsal needs; the file lists them"),
                ("never read", "; ".join(report.never_read)),
            ]
        ),
    )
    for one in report.unreadable:
        session.output.note(f"not read: {one.id}\n  {one.reason}\n  {one.fix}")
