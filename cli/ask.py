"""Questions to a person: on stderr, and only where there is a terminal."""

from collections.abc import Sequence

import typer

from cli.errors import NoTerminalError
from cli.session import Session


def confirmed(session: Session, question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes` says it, or a person does."""
    if yes:
        return True
    return session.may_ask and typer.confirm(question, err=True)


def typed(session: Session, name: str, what: str, *, yes: bool) -> bool:
    """Whether to go on with what deletes: `--yes` says it, or a person types the name."""
    if yes:
        return True
    if not session.may_ask:
        return False
    answer = typer.prompt(
        f"Type '{name}' to {what}, anything else to leave it", default="", show_default=False, err=True
    )
    return str(answer).strip() == name


def choice(session: Session, title: str, choices: Sequence[str], otherwise: str) -> int:
    """Lets a person choose, and returns the position of what was chosen.

    Raises:
        NoTerminalError: nobody can be asked; `otherwise` is a command that works without.
    """
    if not session.may_ask:
        raise NoTerminalError(
            "which one is not said, and nobody can be asked",
            why="there is no terminal, or --no-input forbids to ask",
            fix="Name one of: " + ", ".join(choices),
            command=otherwise,
        )
    for number, text in enumerate(choices, 1):
        session.output.note(f"{number:>3}  {text}")
    answer = 0
    while not 1 <= answer <= len(choices):
        answer = typer.prompt(title, type=int, default=1, err=True)
    return answer - 1
