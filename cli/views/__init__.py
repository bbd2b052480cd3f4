"""How a piece of work looks to a person: once, and while it is watched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from cli.session import Session
from cli.views import batches, migrations, promotions, references, retentions, retirements
from cli.work import Look

_PARTS: Mapping[str, Callable[[Any], Sequence[RenderableType]]] = {
    "migration": migrations.parts,
    "batch": batches.parts,
    "promotion": promotions.parts,
    "retirement": retirements.parts,
    "retention": retentions.parts,
    "restoration": retentions.restoration_parts,
    "re-pointing": references.repointing_parts,
}
_LIVE: Mapping[str, Callable[[Any, bool], Sequence[RenderableType]]] = {
    "migration": migrations.live,
    "batch": batches.live,
    "promotion": promotions.live,
    "retirement": retirements.live,
}
_LINES: Mapping[str, Callable[[Any], Sequence[str]]] = {
    "migration": migrations.lines,
    "batch": batches.lines,
    "promotion": promotions.lines,
}


def draw(session: Session, found: Look) -> None:
    """Shows a piece of work: its data to programs, all that matters to people."""
    session.output.thing(found.answer, *_PARTS[found.kind.name](found.answer))


def live(found: Look, *, compact: bool) -> Sequence[RenderableType]:
    """A piece of work while it is watched; `compact` leaves out what is done."""
    of_kind = _LIVE.get(found.kind.name)
    return of_kind(found.answer, compact) if of_kind else _PARTS[found.kind.name](found.answer)


def lines(found: Look) -> Sequence[str]:
    """What is true of it now, a line each: where there is no terminal, those that are new are written."""
    of_kind = _LINES.get(found.kind.name)
    return [f"{found.kind.name} {found.state}", *(of_kind(found.answer) if of_kind else ())]
