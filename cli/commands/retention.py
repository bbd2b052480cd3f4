"""`gallerist retention`: what happens to old versions."""

from typing import Annotated

import typer

from cli import ask, names, work
from cli.commands.adoption import Definition
from cli.commands.filters import Yes
from cli.commands.watch import follow
from cli.errors import ExitCode
from cli.names import short
from cli.session import Session
from cli.verbs import group, verb
from cli.views import draw
from cli.views.retentions import plan_parts

app = group("See and apply what happens to old versions.")

Run = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run of retention.")]
Watch = Annotated[bool, typer.Option("--watch", help="Wait until it is done.")]


@verb(app, calls=("get_retention", "get_galleries"))
def show(session: Session, definition: Definition) -> int:
    """Show which versions of a definition are kept and why, and what would happen to the others."""
    plan = session.client.retention(names.definition_of(session, definition))
    session.output.thing(plan, *plan_parts(plan))
    return ExitCode.DONE


@verb(app, calls=("post_retention_apply", "get_retention", "get_retention_run", "get_galleries"))
def apply(
    session: Session,
    *,
    definition: Definition,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Start a run that looks for users, and writes nothing.")
    ] = False,
    watch: Watch = False,
    yes: Yes = False,
) -> int:
    """Apply retention to a definition.

    Shows what would happen, and wants the definition's name typed. Without a terminal nothing is done unless --yes or
    --dry-run is given, and it ends with 2.
    """
    found = names.definition_of(session, definition)
    if not dry_run:
        plan = session.client.retention(found)
        if not yes:
            session.output.thing(plan, *plan_parts(plan))
        if not plan.steps:
            session.output.note("There is nothing to do.")
            return ExitCode.DONE
        what = f"let {len(plan.steps)} versions take their step"
        if not ask.typed(session, short(found), what, yes=yes):
            session.output.note("Nothing was started. --yes starts it without a question.")
            return ExitCode.CHANGES
    started = session.client.apply_retention(found, dry_run=dry_run)
    if watch:
        return follow(session, started.id, exit_status=True)
    if session.output.for_people or yes or dry_run:
        session.output.thing(started, f"{started.id} is started.")
    session.output.note(f"Watch it with: gallerist watch {started.id}")
    return ExitCode.DONE


@verb(app, calls=("get_retention_run",))
def run(session: Session, run: Run) -> int:
    """Show a run of retention: what it did, and what it left."""
    draw(session, work.look(session, run))
    return ExitCode.DONE


@verb(app, calls=("post_retention_cancel",))
def cancel(session: Session, run: Run) -> int:
    """End a run of retention before its next version."""
    session.output.thing(session.client.cancel_retention(run), f"{run} ends before its next version.")
    return ExitCode.DONE
