"""Reads lists that the API answers in parts, and tells a person what is missing from them."""

from collections.abc import Callable
from typing import TypeVar

from api import answers
from cli.errors import ExitCode
from cli.session import Session

Listed = TypeVar("Listed", answers.Images, answers.Galleries, answers.Coverage, answers.References)
# a list is read on for as long: after it, what is known is shown
PATIENCE_SECONDS = 300


def read_on(session: Session, ask: Callable[[], Listed]) -> Listed:
    """Asks until everything is read, or for five minutes."""
    deadline = session.world.monotonic() + PATIENCE_SECONDS
    found = ask()
    while found.unread is not None and session.world.monotonic() < deadline:
        session.output.note(f"Reading on: {found.unread.parts} lists are left ({found.unread.reason})")
        session.world.sleep(found.unread.retry_after_seconds)
        found = ask()
    return found


def tell(session: Session, found: answers.Images | answers.Galleries | answers.Coverage) -> int:
    """Tells what could not be read. Returns the exit code: partial if anything is missing."""
    for one in found.unreadable:
        session.output.note(f"Not read: {one.id}: {one.reason}. {one.fix}")
    if found.unread is not None:
        session.output.note(
            f"Not read yet: {found.unread.parts} lists ({found.unread.reason}). Repeat the command."
        )
    return ExitCode.PARTIAL if found.unreadable or found.unread is not None else ExitCode.DONE
