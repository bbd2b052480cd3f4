"""`gallerist cancel`: ends what runs."""

from typing import Annotated

import typer

from cli import bulk, work
from cli.commands.filters import All, MigrationFilters, Yes, need_filter
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb
from domain.migration.states import ENDS

app = single()


@verb(
    app,
    calls=(
        "post_migration_cancel", "post_batch_cancel", "post_retirement_cancel", "post_retention_cancel",
        "post_promotion_abort", "get_migrations", "get_images",
    ),
)  # fmt: skip
def cancel(
    session: Session,
    *,
    filters: MigrationFilters,
    what: Annotated[
        list[str] | None, typer.Argument(help="Ids, or names of images for their migrations.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; a retirement keeps it, and needs it.")
    ] = None,
    all_migrations: All = False,
    yes: Yes = False,
) -> int:
    """Cancel migrations and other work.

    An id may be of a migration, a batch, a retirement, a run of retention or a promotion; the filters, those of
    `gallerist status`, find migrations that run. What Azure has begun goes on there. Ends with 3 if some are refused,
    and with 1 if all are.
    """
    need_filter("cancel", what, filters.given, all_migrations)
    if what:
        items = [bulk.Item(work.work_id(session, text), text) for text in what]
    else:
        items = [
            bulk.Item(one.id, one.image.name) for one in filters.select(session) if one.state not in ENDS
        ]
    if not bulk.chosen(session, items, "Cancel", filtered=not what, yes=yes):
        return ExitCode.CHANGES
    return bulk.act(session, items, lambda item: _cancel(session, item.id, reason), "cancelled")


def _cancel(session: Session, identifier: str, reason: str | None) -> object:
    kind = work.kind_of(identifier)
    name = kind.name if kind else ""
    if name == "retirement":
        if not reason:
            raise CliError("a retirement is cancelled with a reason", fix="Add --reason TEXT.")
        return session.client.cancel_retirement(identifier, reason=reason)
    ways = {
        "migration": session.client.cancel_migration,
        "batch": session.client.cancel_batch,
        "retention": session.client.cancel_retention,
        "promotion": session.client.abort_promotion,
    }
    if name not in ways:
        raise CliError(f"a {name} cannot be cancelled", fix="It ends by itself.")
    return ways[name](identifier)
