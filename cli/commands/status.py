"""`gallerist status`: migrations in a list, or one piece of work."""

from typing import Annotated

import typer

from api.answers import Migration
from cli import work
from cli.commands.filters import MOST_LISTED, Limit, MigrationFilters, first
from cli.errors import ExitCode
from cli.output import Column
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw

app = single()


def _regions(migration: Migration) -> str:
    regions = [region for target in migration.targets for region in target.regions]
    served = sum(region.state == "Completed" for region in regions)
    return f"{served}/{len(regions)}" if regions else ""


def _why(migration: Migration) -> str | None:
    waits = migration.waiting_for.reason if migration.waiting_for else None
    return migration.reason or waits


COLUMNS = [
    Column[Migration]("image", lambda one: one.image.name, lambda one: one.image),
    Column[Migration]("state", lambda one: one.state, whole=True),
    Column[Migration]("versions", lambda one: [target.version for target in one.targets if target.version]),
    Column[Migration]("regions", _regions, whole=True),
    Column[Migration]("started", lambda one: one.created),
    Column[Migration]("reason", _why),
    Column[Migration]("id", lambda one: one.id),
]


@verb(
    app,
    calls=(
        "get_migrations", "get_migration", "get_batch", "get_promotion", "get_retirement", "get_retention_run",
        "get_restore", "get_repoint",
    ),
)  # fmt: skip
def status(
    session: Session,
    *,
    filters: MigrationFilters,
    what: Annotated[
        str | None,
        typer.Argument(
            help="An id, or the name of an image for its migration. Without it, lists migrations."
        ),
    ] = None,
    limit: Limit = MOST_LISTED,
) -> int:
    """List migrations, or show one piece of work.

    It can be a migration, a batch, a promotion, a retirement, a run of retention, a restoration or a re-pointing.
    """
    if what is not None:
        draw(session, work.look(session, work.work_id(session, what)))
        return ExitCode.DONE
    found = first(session, filters.select(session), limit)
    session.output.list({"migrations": found}, found, COLUMNS)
    return ExitCode.DONE
