"""`gallerist apply`: carries out a plan that was kept."""

from pathlib import Path
from typing import Annotated, cast

import typer

from cli import ask, bulk, planning
from cli.commands.filters import Yes
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb
from client.calls import MigrationChoices
from domain.resources.provenance import migration_id

app = single()


@verb(app, calls=("post_migration",))
def apply(
    session: Session,
    *,
    file: Annotated[Path, typer.Argument(help="What `gallerist plan --out` wrote.")],
    yes: Yes = False,
) -> int:
    """Carry out a plan exactly as it was made.

    Each migration is refused if the image, its galleries or the policy are not as they were when it was planned. Ends
    with 3 if some are refused, and with 1 if all are. A plan without changes does nothing.
    """
    found = planning.read_file(file)
    if found.url != session.url:
        raise CliError(
            f"the plan was made by {found.url}, and this is {session.url}",
            fix="Apply it there, or make a plan here.",
            command=f"gallerist apply {file} --url {found.url}",
        )
    planned = {str(one.image): one for one in found.plans if one.plan is not None and one.plan.changes}
    if not planned:
        session.output.note("The plan changes nothing.")
        return ExitCode.DONE
    for one in planned.values():
        session.output.err.print(planning.drawn(one))
    session.output.note(planning.closing_line(found.summary))
    if not ask.confirmed(session, "Carry it out?", yes=yes):
        session.output.note("Nothing was started. --yes carries it out without a question.")
        return ExitCode.CHANGES

    def start(item: bulk.Item) -> None:
        one = planned[item.resource]
        facts = one.plan.facts if one.plan else {}
        session.client.start_migration(one.image, **cast("MigrationChoices", {**one.choices, "facts": facts}))

    items = [bulk.Item(migration_id(one.image), one.image.name, key) for key, one in planned.items()]
    return bulk.act(session, items, start, "started")
