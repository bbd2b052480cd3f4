"""`gallerist freeze`: stops every deletion, or allows deletions again."""

from enum import StrEnum
from typing import Annotated

import typer

from api.answers import Freeze
from cli import ask
from cli.commands.filters import Yes
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb

app = single()


class Switch(StrEnum):
    """On stops deletions, off allows them again."""

    ON = "on"
    OFF = "off"


@verb(app, calls=("get_freeze", "post_freeze"))
def freeze(
    session: Session,
    *,
    switch: Annotated[
        Switch | None, typer.Argument(help="Stop deletions, or allow them. Without it, show.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")] = None,
    yes: Yes = False,
) -> int:
    """Stop every deletion, or allow deletions again.

    Without `on` or `off`, shows whether deletions are stopped. `off` asks; without a terminal it needs --yes, and ends
    with 2 otherwise.
    """
    if switch is None:
        _draw(session, session.client.freeze())
        return ExitCode.DONE
    if not reason:
        raise CliError(
            "why is not said",
            fix="Add --reason.",
            command=f"gallerist freeze {switch} --reason 'change 4711'",
        )
    if switch is Switch.OFF and not ask.confirmed(session, "Allow deletions again?", yes=yes):
        session.output.note("Nothing was changed. --yes does it without a question.")
        return ExitCode.CHANGES
    _draw(session, session.client.set_freeze(frozen=switch is Switch.ON, reason=reason))
    return ExitCode.DONE


def _draw(session: Session, found: Freeze) -> None:
    text = f"Deletions are stopped: {found.reason}" if found.frozen else "Deletions are allowed."
    session.output.thing(found, text)
