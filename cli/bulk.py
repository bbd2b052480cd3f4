"""Acts on many things one by one, and says of each whether it was done."""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx

from cli import ask
from cli.errors import CliError, ExitCode
from cli.failures import explained
from cli.output import Column
from cli.session import Session
from client import ProblemError


class Item(NamedTuple):
    """One thing to act on: its id, what a person calls it, and the resource id that it is about, if it is needed."""

    id: str
    name: str
    resource: str = ""


class Outcome(NamedTuple):
    """What became of one thing: `done`, `refused`, or `not tried`, for the API could not be reached any more."""

    id: str
    name: str
    outcome: str
    reason: str = ""
    fix: str = ""


COLUMNS = [
    Column[Outcome]("name", lambda one: one.name),
    Column[Outcome]("outcome", lambda one: one.outcome, whole=True),
    Column[Outcome]("id", lambda one: one.id),
    Column[Outcome]("reason", lambda one: one.reason),
    Column[Outcome]("fix", lambda one: one.fix),
]


def chosen(session: Session, items: Sequence[Item], what: str, *, filtered: bool, yes: bool) -> bool:
    """Whether to act on these: always on those that were named, on those that a filter found after a question."""
    if not filtered or not items:
        return True
    for item in items:
        session.output.note(f"  {item.name}  {item.id}")
    if ask.confirmed(session, f"{what} these {len(items)}?", yes=yes):
        return True
    session.output.note("Nothing was done. --yes does it without a question.")
    return False


def act(session: Session, items: Iterable[Item], do: Callable[[Item], Any], done: str) -> int:
    """Acts on each, shows every outcome, and returns the exit code: partial if some were refused, error if all."""
    outcomes: list[Outcome] = []
    unreachable = ""
    for item in items:
        if unreachable:
            outcomes.append(Outcome(item.id, item.name, "not tried", unreachable))
            continue
        outcome, unreachable = _one(item, do, done)
        outcomes.append(outcome)
    show(session, outcomes)
    return code_of([outcome.outcome == done for outcome in outcomes])


def show(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Shows the outcomes; columns that say nothing are left out of the table."""
    columns = [one for one in COLUMNS if any(one.text(outcome) for outcome in outcomes)]
    if not outcomes:
        session.output.note("Nothing matches.")
    data = [outcome._asdict() for outcome in outcomes]
    session.output.list(data, outcomes, columns if session.output.for_people else COLUMNS)


def code_of(done: Sequence[bool]) -> int:
    """The exit code of many: done if all are, partial if some are, else an error."""
    if all(done):
        return ExitCode.DONE
    return ExitCode.PARTIAL if any(done) else ExitCode.ERROR


def _one(item: Item, do: Callable[[Item], Any], done: str) -> tuple[Outcome, str]:
    try:
        do(item)
    except (ProblemError, CliError) as error:
        found = explained(error)
        if isinstance(error, ProblemError) and error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return Outcome(item.id, item.name, "refused", found.what, found.fix), ""
    except httpx.TransportError as error:
        found = explained(error)
        return Outcome(item.id, item.name, "unknown", f"{found.what}: {found.why}", found.fix), found.what
    return Outcome(item.id, item.name, done), ""
