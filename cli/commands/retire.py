"""`gallerist retire`: begins retirements."""

from typing import Annotated

import typer

from cli import bulk
from cli.commands.filters import ImageFilters, Yes, need_filter
from cli.commands.plan import selected
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb

app = single()


@verb(app, calls=("post_retirement", "get_images"))
def retire(
    session: Session,
    *,
    filters: ImageFilters,
    image: Annotated[
        list[str] | None, typer.Argument(help="Names or resource ids of managed images.")
    ] = None,
    yes: Yes = False,
) -> int:
    """Begin the retirement of managed images.

    Nothing is deleted by it: an image waits until every obligation is met, and then for `gallerist approve`. Ends with
    3 if some are refused, and with 1 if all are.
    """
    need_filter("retire", image, filters.given)
    items = [bulk.Item(str(one), one.name) for one in selected(session, image, filters)]
    if not bulk.chosen(session, items, "Begin the retirement of", filtered=not image, yes=yes):
        return ExitCode.CHANGES
    return bulk.act(session, items, lambda item: session.client.start_retirement(item.id), "started")
