"""`gallerist galleries`: the image versions."""

from typing import Annotated

import typer

from api.answers import GalleryVersion
from cli.commands import filters, gaps
from cli.output import Column
from cli.session import Session
from cli.verbs import single, verb

app = single()


def _latest(row: GalleryVersion) -> bool | None:
    return None if row.exclude_from_latest is None else not row.exclude_from_latest


COLUMNS = [
    Column[GalleryVersion]("name", lambda row: row.name.replace("\\", "/"), lambda row: row.id),
    Column[GalleryVersion]("os", lambda row: f"{row.os_type} {row.hyper_v_generation}"),
    Column[GalleryVersion]("state", lambda row: row.provisioning_state, whole=True),
    Column[GalleryVersion](
        "latest", lambda row: None if row.exclude_from_latest is None else not row.exclude_from_latest
    ),
    Column[GalleryVersion]("published", lambda row: row.published_at),
    Column[GalleryVersion]("end of life", lambda row: row.end_of_life),
    Column[GalleryVersion]("regions", lambda row: row.regions, whole=True),
]


@verb(app, "galleries", calls=("get_galleries",))
def galleries(
    session: Session,
    *,
    subscription: filters.Subscription = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="PATTERN", help="Only gallery/definition/version like this, with * and ?."
        ),
    ] = None,
) -> int:
    """List image versions as gallery/definition/version."""
    found = gaps.read_on(session, lambda: session.client.galleries(subscription))
    found.galleries = [row for row in found.galleries if filters.matches(row.name.replace("\\", "/"), name)]
    session.output.list(found, found.galleries, COLUMNS)
    return gaps.tell(session, found)
