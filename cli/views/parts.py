"""What the views share: a line for the state, for a wait, for an error, and a bar."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from cli.output import STYLES, shown, styled
from domain.results import CurrentWait, Failure

WHOLE = 100
BAR_WIDTH = 24


class Bar(NamedTuple):
    """How much is done. It can be read without colours, and without Unicode."""

    share: float

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Draws what is done with a thick line, and the rest with a thin one."""
        done, rest = ("#", "-") if options.ascii_only else ("━", "─")
        length = round(self.share * BAR_WIDTH)
        yield Text.assemble((done * length, "green"), (rest * (BAR_WIDTH - length), "dim"))


def headline(name: str, state: str, *details: str) -> Text:
    """The name, the state in its colour, and what else is worth a word."""
    line = Text.assemble((name, "bold"), "  ", (state, STYLES.get(state, "cyan")), overflow="fold")
    for detail in details:
        if detail:
            line.append(f"  {detail}")
    return line


def waiting(wait: CurrentWait | None) -> list[RenderableType]:
    """What it waits for, and until when."""
    if wait is None:
        return []
    then = f"waits until {clock(wait.until)}" + (f" for attempt {wait.attempt}" if wait.attempt else "")
    return [Text(f"  {then}: {wait.reason}", style="dim", overflow="fold")]


def clock(moment: datetime) -> str:
    """A moment in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def failure(found: Failure | None, indent: str = "  ") -> list[RenderableType]:
    """An error with its cause and its fix."""
    if found is None:
        return []
    texts = (("", f"{found.code}: {found.message}"), ("Why: ", found.cause), ("Fix: ", found.fix))
    return [Text(f"{indent}{name}{text}", overflow="fold") for name, text in texts if text]


def reason(why: str | None, fix: str | None, indent: str = "  ") -> list[RenderableType]:
    """Why it ended or stopped, and what to do about it."""
    found: list[RenderableType] = [Text(f"{indent}{why}", overflow="fold")] if why else []
    return [*found, Text(f"{indent}Fix: {fix}", overflow="fold")] if fix else found


def warnings(texts: Iterable[str]) -> list[RenderableType]:
    """Warnings, a line each."""
    return [Text(f"  ! {text}", style="yellow", overflow="fold") for text in texts]


def bars(rows: Sequence[tuple[str, float, float, str]]) -> Table:
    """A bar each: its name, how much is done of how much, and a word about it."""
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold")
    table.add_column(width=BAR_WIDTH)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for name, done, total, word in rows:
        share = done / total if total else 0
        table.add_row(Text(f"  {name}"), Bar(share), Text(f"{share:.0%}"), styled(word))
    return table


def listed(name: str, values: Iterable[object]) -> list[RenderableType]:
    """A name with values under it."""
    texts = [shown(value) for value in values]
    return (
        [Text(name, style="bold"), *(Text(f"  {text}", overflow="fold") for text in texts)] if texts else []
    )
