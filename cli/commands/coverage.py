"""`gallerist coverage`: what became of the managed images."""

from typing import Annotated

import typer

from api.answers import Coverage, ListedImage
from cli.commands import gaps
from cli.commands.filters import Subscription
from cli.names import short
from cli.output import Column, table_of
from cli.session import Session
from cli.verbs import single, verb
from cli.views.parts import bars, listed
from cli.views.retentions import LIMITS

app = single()

CATEGORIES = ("migrated", "running", "blocked", "ignored", "untouched", "unknown")
IMAGES = [
    Column[ListedImage]("image", lambda one: one.image.name, lambda one: one.image),
    Column[ListedImage]("category", lambda one: one.category),
    Column[ListedImage]("rule", lambda one: one.rule),
    Column[ListedImage]("why", lambda one: one.why),
    Column[ListedImage]("created", lambda one: one.created_at),
    Column[ListedImage]("definitions", lambda one: [short(definition) for definition in one.definitions]),
]


@verb(app, calls=("get_coverage",))
def coverage(
    session: Session,
    *,
    subscription: Subscription = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category", metavar="CATEGORY", help=f"List the images of one: {', '.join(CATEGORIES)}."
        ),
    ] = None,
) -> int:
    """Count the managed images by what became of them."""
    found = gaps.read_on(session, lambda: session.client.coverage(subscription, category=category))
    if category is not None:
        session.output.list(found, found.listed or [], IMAGES)
    elif session.output.for_people:
        _draw(session, found)
    else:
        session.output.data(found)
    return gaps.tell(session, found)


def _draw(session: Session, found: Coverage) -> None:
    rows = [
        (name, float(getattr(found, name)), float(found.images), str(getattr(found, name)))
        for name in CATEGORIES
    ]
    session.output.show(f"{found.images} managed images")
    session.output.show(bars(rows))
    for title, counts in (("Blocked because", found.blocked_why), ("Ignored by rule", found.ignored_by)):
        for part in listed(title, (f"{count}  {why}" for why, count in counts.items())):
            session.output.show(part)
    if found.forecast:
        session.output.show(table_of(found.forecast, LIMITS))
    if found.blocked:
        session.output.note("List them with: gallerist coverage --category blocked")
