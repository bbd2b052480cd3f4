"""`gallerist check`: for pipelines that build on a definition."""

from typing import Annotated

import typer

from cli import names
from cli.commands.adoption import Definition
from cli.errors import ExitCode
from cli.names import short
from cli.session import Session
from cli.verbs import single, verb
from cli.views.findings import code_of, parts

app = single()


@verb(app, calls=("get_check", "get_galleries"))
def check(
    session: Session,
    definition: Definition,
    region: Annotated[
        str | None,
        typer.Option(
            "--region", metavar="REGION", help="Only this region. Default: all that it should have."
        ),
    ] = None,
) -> int:
    """Check that the newest version of a definition is what users get; for CI.

    Ends with 2 if it is not, and with 3 if that could not be found out. A warning is good.
    """
    found = session.client.check(names.definition_of(session, definition), region)
    title = short(found.newest) if found.newest else short(found.definition)
    session.output.thing(found, *parts(title, found.verdict, found.findings))
    return code_of(found.verdict, ExitCode.CHANGES)
