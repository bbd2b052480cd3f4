"""`gallerist gone`: a subscription that exists no more."""

from typing import Annotated

import typer

from cli import ask
from cli.commands.filters import Yes
from cli.commands.retirement import Reason
from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb

app = single()


@verb(app, calls=("post_gone_subscription",))
def gone(
    session: Session,
    *,
    subscription: Annotated[str, typer.Argument(help="The id of a subscription that was seen before.")],
    reason: Reason,
    yes: Yes = False,
) -> int:
    """Declare that a subscription exists no more: the search for users no longer expects it.

    Wants the id typed; without a terminal it needs --yes, and ends with 2 otherwise.
    """
    if not ask.typed(session, subscription, "declare this subscription gone", yes=yes):
        session.output.note("Nothing was recorded. --yes does it without a question.")
        return ExitCode.CHANGES
    found = session.client.declare_gone(subscription, reason=reason)
    session.output.thing(found, f"{found.subscription} is gone, says {found.by}: {found.reason}")
    return ExitCode.DONE
