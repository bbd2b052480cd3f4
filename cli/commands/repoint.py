"""`gallerist repoint`: lets scale sets refer to a version."""

from typing import Annotated

import typer

from cli import ask, bulk, names
from cli.commands import gaps
from cli.commands.filters import Yes
from cli.commands.lineage import Version
from cli.commands.watch import follow
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views.references import plan_parts

app = single()


@verb(
    app,
    calls=(
        "post_repoint_plan",
        "post_repoint",
        "get_repoint",
        "get_references",
        "get_images",
        "get_galleries",
    ),
)
def repoint(
    session: Session,
    *,
    version: Version,
    consumer: Annotated[
        list[str] | None, typer.Argument(metavar="[CONSUMER]...", help="Resource ids of scale sets.")
    ] = None,
    users_of: Annotated[
        str | None,
        typer.Option(
            "--users-of", metavar="IMAGE", help="Every scale set that blocks the deletion of this image."
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Wait until it is done.")] = False,
    yes: Yes = False,
) -> int:
    """Let scale sets refer to a version.

    Shows for each what would change and what its owner has to do next, and asks. Without --yes and a terminal nothing
    is changed, and it ends with 2; with 1 if no consumer can be re-pointed, and with 3 if only some can.
    """
    target = names.version_of(session, version)
    consumers = [*(consumer or []), *(_users(session, users_of) if users_of else [])]
    if not consumers:
        raise CliError(
            "no scale set to re-point",
            fix="Name scale sets, or --users-of an image that scale sets use.",
            command="gallerist references IMAGE",
        )
    plan = session.client.plan_repoint(target, consumers)
    possible = [one.consumer for one in plan.plans if one.possible]
    if not yes or not possible:
        session.output.thing(plan, *plan_parts(plan.plans))
    code = bulk.code_of([one.possible for one in plan.plans])
    if not possible:
        return code
    if not ask.confirmed(session, f"Re-point {len(possible)}?", yes=yes):
        session.output.note("Nothing was changed. --yes does it without a question.")
        return ExitCode.CHANGES
    started = session.client.repoint(target, possible)
    if watch:
        return max(code, follow(session, started.id, exit_status=True))
    if session.output.for_people or yes:
        session.output.thing(started, f"{started.id} is started.")
    session.output.note(f"Watch it with: gallerist watch {started.id}")
    return code


def _users(session: Session, image: str) -> list[str]:
    subject = names.image_of(session, image)
    found = gaps.read_on(session, lambda: session.client.references(subject))
    repointed = [one.repoint.consumer for one in found.references if one.blocks and one.repoint is not None]
    return list(dict.fromkeys(repointed))
