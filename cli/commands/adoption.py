"""`gallerist adoption`: what `latest` is, and what runs."""

from typing import Annotated

import typer

from cli import names
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column, table_of
from cli.session import Session
from cli.verbs import single, verb
from cli.views.parts import headline, warnings
from cli.views.promotions import LATEST
from domain.promotion.adoption import Consumer

app = single()

Definition = Annotated[
    str,
    typer.Argument(metavar="DEFINITION", help="An image definition: gallery/definition, or its resource id."),
]
CONSUMERS = [
    Column[Consumer]("consumer", lambda one: short(one.id), lambda one: one.id),
    Column[Consumer]("kind", lambda one: one.kind),
    Column[Consumer]("region", lambda one: one.region),
    Column[Consumer]("model", lambda one: one.model),
    Column[Consumer]("runs", lambda one: one.runs),
    Column[Consumer]("behind", lambda one: one.behind or None),
]


@verb(app, calls=("get_adoption", "get_galleries"))
def adoption(session: Session, definition: Definition) -> int:
    """Show what latest resolves to in each region, and which versions run.

    Ends with 3 if something could not be read.
    """
    found = session.client.adoption(names.definition_of(session, definition))
    if session.output.for_people:
        running = sum(found.running.values())
        session.output.show(
            headline(short(found.definition), f"{found.behind} of {running} instances are behind")
        )
        session.output.show(table_of(found.latest, LATEST))
        for part in warnings(f"not read: {gap.where}: {gap.reason}" for gap in found.gaps):
            session.output.show(part)
    session.output.list(found, found.consumers, CONSUMERS)
    return ExitCode.PARTIAL if found.gaps else ExitCode.DONE
