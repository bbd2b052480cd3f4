"""`gallerist why`: whether a machine can use a version."""

from typing import Annotated

import typer

from cli import names
from cli.commands.lineage import Version
from cli.errors import ExitCode
from cli.names import short
from cli.session import Session
from cli.verbs import single, verb
from cli.views.findings import parts
from cli.views.promotions import passed_over

app = single()


@verb(app, calls=("get_why", "get_galleries"))
def why(
    session: Session,
    version: Version,
    region: Annotated[str, typer.Argument(help="The region of the machine.")],
    subscription: Annotated[
        str | None, typer.Option("--subscription", metavar="ID", help="The subscription of the machine.")
    ] = None,
) -> int:
    """Say whether a machine in a region can use a version, and why not.

    VERSION may end in `latest`. Ends with 2 if it cannot be used, and with 3 if that could not be found out.
    """
    found = session.client.why(names.version_of(session, version), region, subscription=subscription)
    title = f"{short(found.version)} in {found.region}"
    shown = parts(
        title,
        {"yes": "can be used", "no": "cannot be used"}.get(found.usable, "is not known"),
        found.findings,
    )
    session.output.thing(found, *shown, *passed_over(found.latest))
    return {"yes": ExitCode.DONE, "no": ExitCode.CHANGES}.get(found.usable, ExitCode.PARTIAL)
