"""`gallerist watch`: a piece of work as it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Protocol

import httpx
import typer
from rich.console import Group
from rich.live import Live

from cli import ask, work
from cli.errors import CliError, ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views import draw, lines, live
from client import ProblemError
from domain.fleet.states import ENDS as BATCH_ENDS
from domain.promotion.states import ENDS as PROMOTION_ENDS

app = single()

Interval = Annotated[
    float, typer.Option("--interval", "-i", min=0.5, metavar="SECONDS", help="How often to look again.")
]
INTERVAL_SECONDS = 5.0
# a look that fails is repeated so often before the command gives up
MOST_FAILURES = 10
_PASSING = (429, 503)


@verb(
    app,
    calls=(
        "get_migration", "get_batch", "get_promotion", "get_retirement", "get_retention_run", "get_restore",
        "get_repoint", "get_migrations", "get_batches", "get_promotions",
    ),
)  # fmt: skip
def watch(
    session: Session,
    *,
    what: Annotated[
        str | None,
        typer.Argument(
            help="An id, or the name of an image for its migration. Without it, you choose what runs."
        ),
    ] = None,
    interval: Interval = INTERVAL_SECONDS,
    compact: Annotated[bool, typer.Option("--compact", help="Leave out what is done.")] = False,
    exit_status: Annotated[
        bool,
        typer.Option(
            "--exit-status", help="End with 1 if it failed, 2 if it was cancelled, 3 if a part succeeded."
        ),
    ] = False,
) -> int:
    """Watch a piece of work until it ends, with a bar for each region.

    It can be a migration, a batch, a promotion, a retirement, a run of retention, a restoration or a re-pointing. Where
    there is no terminal, each change is a line on stderr.
    """
    identifier = work.work_id(session, what) if what else _choose(session)
    return follow(session, identifier, interval=interval, compact=compact, exit_status=exit_status)


def follow(
    session: Session,
    identifier: str,
    *,
    interval: float = INTERVAL_SECONDS,
    compact: bool = False,
    exit_status: bool = False,
) -> int:
    """Shows a piece of work until it ends, then as it ended."""
    with _screen(session, compact=compact) as screen:
        found = look(session, identifier)
        screen.show(found)
        while not found.ended:
            session.world.sleep(interval)
            found = look(session, identifier)
            screen.show(found)
    draw(session, found)
    return found.code if exit_status else ExitCode.DONE


def look(session: Session, identifier: str) -> work.Look:
    """Reads the work. A failure that passes is waited out."""
    for _ in range(MOST_FAILURES - 1):
        try:
            return work.look(session, identifier)
        except httpx.TransportError as error:
            session.output.note(f"Not reached, trying again: {error}")
        except ProblemError as error:
            if error.status not in _PASSING:
                raise
            session.output.note(f"Trying again: {error.problem.detail}")
        session.world.sleep(INTERVAL_SECONDS)
    return work.look(session, identifier)


class Screen(Protocol):
    """Where work is shown while it goes on."""

    def show(self, found: work.Look) -> None:
        """Shows it as it is now."""


class _Lines:
    """Without a terminal: a line for each change."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: set[str] = set()

    def show(self, found: work.Look) -> None:
        now = lines(found)
        for line in now:
            if line not in self._said:
                self._session.output.note(f"{self._session.world.now():%H:%M:%S} {line}")
        self._said = set(now)


class _Bars:
    """On a terminal: bars in place."""

    def __init__(self, display: Live, *, compact: bool) -> None:
        self._display = display
        self._compact = compact

    def show(self, found: work.Look) -> None:
        self._display.update(Group(*live(found, compact=self._compact)), refresh=True)


@contextmanager
def _screen(session: Session, *, compact: bool) -> Iterator[Screen]:
    if not session.output.err.is_terminal:
        yield _Lines(session)
        return
    with Live(console=session.output.err, auto_refresh=False, transient=True) as display:
        yield _Bars(display, compact=compact)


def _choose(session: Session) -> str:
    running = list(_running(session))
    if not running:
        raise CliError("nothing runs", fix="Look at what has ended.", command="gallerist status")
    names = [f"{identifier}  {text}" for identifier, text in running]
    place = ask.choice(session, "Which one", names, f"gallerist watch {running[0][0]}")
    return running[place][0]


def _running(session: Session) -> Iterator[tuple[str, str]]:
    for batch in session.client.batches().batches:
        if batch.state not in BATCH_ENDS:
            yield batch.id, f"{batch.state}, {batch.progress.running} running"
    for migration in session.client.migrations():
        if migration.state not in work.BY_NAME["migration"].ends:
            yield migration.id, f"{migration.image.name}, {migration.state}"
    for promotion in session.client.promotions().promotions:
        if promotion.state not in PROMOTION_ENDS:
            yield (
                promotion.id,
                f"{promotion.version.definition.name}/{promotion.version.name}, {promotion.state}",
            )
