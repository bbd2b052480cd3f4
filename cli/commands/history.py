"""`gallerist history`: what was `latest` when."""

from typing import NamedTuple

from api.answers import DefinitionHistory
from cli import names
from cli.commands.adoption import Definition
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column, table_of
from cli.session import Session
from cli.verbs import single, verb
from cli.views.parts import headline
from domain.fleet.history import PromotionLine, VersionLine

app = single()


class Numbered(NamedTuple):
    """A promotion with its number: the first of the definition is 1, so a number keeps its meaning."""

    number: int
    line: PromotionLine


PROMOTIONS = [
    Column[Numbered]("n", lambda one: one.number, whole=True),
    Column[Numbered]("at", lambda one: one.line.at),
    Column[Numbered]("what", lambda one: one.line.what),
    Column[Numbered]("version", lambda one: one.line.version),
    Column[Numbered]("state", lambda one: one.line.state, whole=True),
    Column[Numbered]("by", lambda one: one.line.by),
    Column[Numbered]("regions", lambda one: list(one.line.promoted)),
    Column[Numbered]("reason", lambda one: one.line.reason),
]
VERSIONS = [
    Column[VersionLine]("version", lambda one: one.version),
    Column[VersionLine]("state", lambda one: one.state, whole=True),
    Column[VersionLine]("published", lambda one: one.published_at),
    Column[VersionLine](
        "made from", lambda one: short(one.source) if one.source else None, lambda one: one.source
    ),
    Column[VersionLine]("by", lambda one: one.by),
    Column[VersionLine]("regions", lambda one: one.regions),
    Column[VersionLine]("not latest in", lambda one: one.excluded_in),
]


def numbered(found: DefinitionHistory) -> list[Numbered]:
    """The promotions with their numbers, the newest first."""
    count = len(found.promotions)
    return [Numbered(count - place, line) for place, line in enumerate(found.promotions)]


@verb(app, calls=("get_history", "get_galleries"))
def history(session: Session, definition: Definition) -> int:
    """Show the versions of a definition, and what was latest when.

    The number in front of a promotion is what `gallerist rollback DEFINITION N` takes; -o tsv has the promotions only.
    Ends with 3 if something could not be read.
    """
    found = session.client.history(names.definition_of(session, definition))
    if session.output.for_people:
        session.output.show(headline(short(found.definition), "", *_latest(found)))
        session.output.show(table_of(found.versions, VERSIONS))
        session.output.show("")
    session.output.list(found, numbered(found), PROMOTIONS)
    for one in found.missing:
        session.output.note(f"Not read: {one}")
    return ExitCode.PARTIAL if found.missing else ExitCode.DONE


def _latest(found: DefinitionHistory) -> list[str]:
    return [f"{one.region}: {one.version or 'nothing'}" for one in found.latest]
