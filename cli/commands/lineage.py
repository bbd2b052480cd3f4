"""`gallerist lineage`: where a version came from and what happened to it."""

from typing import Annotated

import typer

from api.answers.retention import LineageEntry
from cli import names
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column, facts
from cli.session import Session
from cli.verbs import single, verb

app = single()

Version = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="An image version: gallery/definition/1.0.0, or its resource id."),
]
COLUMNS = [
    Column[LineageEntry]("at", lambda one: one.at),
    Column[LineageEntry]("what", lambda one: one.what),
    Column[LineageEntry]("by", lambda one: one.by),
    Column[LineageEntry]("written in", lambda one: one.place),
    Column[LineageEntry]("details", lambda one: one.details),
    Column[LineageEntry]("record", lambda one: one.record and f"{one.record} sha256 {one.digest}"),
]
# the details and the record are for -o json and tsv
SHOWN = COLUMNS[:4]


@verb(app, calls=("get_lineage", "get_galleries"))
def lineage(session: Session, version: Version) -> int:
    """Tell where a version came from and what happened to it.

    Neither the version nor its source need exist any more. Ends with 3 if something could not be read.
    """
    found = session.client.lineage(names.version_of(session, version))
    if session.output.for_people:
        pairs = [("version", short(found.version)), ("exists", found.exists), ("made from", found.source)]
        session.output.show(facts(pairs))
    session.output.list(found, found.lines, SHOWN if session.output.for_people else COLUMNS)
    for one in found.missing:
        session.output.note(f"Not read: {one}")
    return ExitCode.PARTIAL if found.missing else ExitCode.DONE
