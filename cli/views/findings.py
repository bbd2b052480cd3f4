"""How findings look: what was looked at, with cause and fix where it is not good."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from cli.errors import ExitCode
from cli.output import Column
from cli.views.parts import headline
from domain.fleet.findings import Finding

MARKS = {
    "passed": ("+", "green"),
    "warned": ("!", "yellow"),
    "failed": ("-", "red"),
    "unknown": ("?", "magenta"),
}
COLUMNS = [
    Column[Finding]("name", lambda one: one.name),
    Column[Finding]("verdict", lambda one: one.verdict),
    Column[Finding]("detail", lambda one: one.detail),
    Column[Finding]("cause", lambda one: one.cause),
    Column[Finding]("fix", lambda one: one.fix),
]


def parts(title: str, verdict: str, findings: Sequence[Finding]) -> Sequence[RenderableType]:
    """A verdict, and each finding under it."""
    return [headline(title, verdict), *(part for one in findings for part in _finding(one))]


def _finding(one: Finding) -> Sequence[RenderableType]:
    mark, style = MARKS[one.verdict]
    causes = [Text(f"    Why: {one.cause}", overflow="fold")] if one.cause else []
    fixes = [Text(f"    Fix: {one.fix}", overflow="fold")] if one.fix and one.verdict != "passed" else []
    return [
        Text.assemble((f"  {mark} ", style), f"{one.name}: {one.detail}", overflow="fold"),
        *causes,
        *fixes,
    ]


def code_of(verdict: str, failed: ExitCode) -> ExitCode:
    """The exit code of a verdict: what is only warned of is good, what cannot be known is partial."""
    return {"failed": failed, "unknown": ExitCode.PARTIAL}.get(verdict, ExitCode.DONE)
