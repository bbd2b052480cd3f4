"""`gallerist migrate`: starts migrations."""

from typing import Annotated

import typer

from cli import bulk
from cli.commands.choices import Choices
from cli.commands.filters import All, ImageFilters, Yes, need_filter
from cli.commands.plan import selected
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from domain.resources.provenance import migration_id

app = single()


@verb(app, calls=("post_migration", "get_images"))
def migrate(
    session: Session,
    *,
    filters: ImageFilters,
    choices: Choices,
    image: Annotated[
        list[str] | None, typer.Argument(help="Names or resource ids of managed images.")
    ] = None,
    all_images: All = False,
    yes: Yes = False,
) -> int:
    """Start migrations.

    The filters are those of `gallerist images`. Ends with 3 if some are refused, and with 1 if all are. To migrate a
    whole subscription within the limits of Azure, start a batch.
    """
    need_filter("migrate", image, filters.given, all_images)
    asked = choices.asked()
    found = selected(session, image, filters)
    items = [bulk.Item(migration_id(one), one.name, str(one)) for one in found]
    if not bulk.chosen(session, items, "Migrate", filtered=not image, yes=yes):
        return ExitCode.CHANGES
    code = bulk.act(
        session, items, lambda item: session.client.start_migration(item.resource, **asked), "started"
    )
    if len(items) == 1 and code == ExitCode.DONE:
        session.output.note(f"Watch it with: gallerist watch {items[0].id}")
    return code
