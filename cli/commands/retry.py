"""`gallerist retry`: starts migrations again."""

from typing import Annotated

import typer

from cli import bulk, names
from cli.commands.filters import All, MigrationFilters, Yes, need_filter
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from domain.migration.states import ENDS, MigrationState

app = single()

# what a retry can change
_RETRIED = ENDS - {MigrationState.COMPLETED, MigrationState.SKIPPED}


@verb(app, calls=("post_migration_retry", "get_migrations", "get_images"))
def retry(
    session: Session,
    *,
    filters: MigrationFilters,
    migration: Annotated[
        list[str] | None, typer.Argument(help="Ids of migrations, or names of their images.")
    ] = None,
    all_migrations: All = False,
    yes: Yes = False,
) -> int:
    """Start migrations again that ended without success.

    The filters are those of `gallerist status`; of what they find, migrations that run, completed or were skipped are
    left alone. Ends with 3 if some are refused, and with 1 if all are.
    """
    need_filter("retry", migration, filters.given, all_migrations)
    if migration:
        items = [bulk.Item(names.migration_of(session, text), text) for text in migration]
    else:
        items = [
            bulk.Item(one.id, one.image.name) for one in filters.select(session) if one.state in _RETRIED
        ]
    if not bulk.chosen(session, items, "Retry", filtered=not migration, yes=yes):
        return ExitCode.CHANGES
    return bulk.act(session, items, lambda item: session.client.retry_migration(item.id), "started")
