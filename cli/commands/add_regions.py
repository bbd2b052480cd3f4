"""`gallerist add-regions`: more regions for what is migrated."""

from typing import Annotated

import typer

from cli import bulk, work
from cli.commands.choices import regions
from cli.commands.filters import All, MigrationFilters, Yes, need_filter
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from domain.migration.states import ENDS

app = single()


@verb(app, calls=("post_regions", "get_migrations", "get_images"))
def add_regions(
    session: Session,
    *,
    filters: MigrationFilters,
    migration: Annotated[
        list[str] | None, typer.Argument(help="Ids of migrations, or names of their images.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region",
            metavar="NAME[=REPLICAS]",
            help="A region to add. May be given several times. Default: those that the policy names now.",
        ),
    ] = None,
    all_migrations: All = False,
    yes: Yes = False,
) -> int:
    """Replicate migrated images to more regions; those that they have stay.

    Ends with 3 if some are refused, and with 1 if all are.
    """
    need_filter("add-regions", migration, filters.given, all_migrations)
    wanted = regions(region)
    if migration:
        items = [bulk.Item(work.work_id(session, text), text) for text in migration]
    else:
        found = [one for one in filters.select(session) if one.state in ENDS]
        items = [bulk.Item(one.id, one.image.name) for one in found]
    if not bulk.chosen(session, items, "Add regions to", filtered=not migration, yes=yes):
        return ExitCode.CHANGES
    return bulk.act(session, items, lambda item: session.client.add_regions(item.id, wanted), "started")
