"""`gallerist wait`: for scripts that need a state."""

from typing import Annotated

import typer

from cli import work
from cli.commands.watch import INTERVAL_SECONDS, Interval, look
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw

app = single()


@verb(
    app,
    calls=(
        "get_migration", "get_batch", "get_promotion", "get_retirement", "get_retention_run", "get_restore",
        "get_repoint",
    ),
)  # fmt: skip
def wait(
    session: Session,
    *,
    what: Annotated[str, typer.Argument(help="An id, or the name of an image for its migration.")],
    wanted: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="STATE",
            help="The state to wait for. May be given several times. Default: any end.",
        ),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="Give up after so long.")
    ] = None,
    interval: Interval = INTERVAL_SECONDS,
) -> int:
    """Wait until a piece of work is in a state.

    With --for, ends with 0 in one of these states, and with the code of its end if it ends otherwise (1 if it succeeded
    otherwise). Without, ends as `watch --exit-status` does. Ends with 1 when the time is up.
    """
    identifier = work.work_id(session, what)
    _check(identifier, wanted or [])
    deadline = None if timeout is None else session.world.monotonic() + timeout
    found = look(session, identifier)
    while not _over(found, wanted):
        if deadline is not None and session.world.monotonic() + interval > deadline:
            raise CliError(
                f"{identifier} is still {found.state} after {timeout:g} seconds",
                fix="It goes on. Wait longer, or look at it.",
                command=f"gallerist watch {identifier}",
            )
        session.world.sleep(interval)
        found = look(session, identifier)
    draw(session, found)
    if wanted and found.state in wanted:
        return ExitCode.DONE
    return (found.code or ExitCode.ERROR) if wanted else found.code


def _over(found: work.Look, wanted: list[str] | None) -> bool:
    return found.ended or bool(wanted and found.state in wanted)


def _check(identifier: str, wanted: list[str]) -> None:
    kind = work.kind_of(identifier) or work.BY_NAME["migration"]
    for state in wanted:
        if state not in kind.states:
            raise CliError(
                f"a {kind.name} is never '{state}'",
                fix=f"Its states are {', '.join(sorted(kind.states))}.",
                command=f"gallerist wait {identifier} --for {min(kind.ends)}",
            )
