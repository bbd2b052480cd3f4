"""How data reaches the caller: as a table, JSON, YAML or TSV on stdout. Everything else goes to stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from cli.errors import CliError
from cli.printable import Printable, printable

Row = TypeVar("Row")
# wide enough for every resource id: a table that is read by another program is never folded
_NEVER_FOLDED = 10_000
_FIRST_COLUMN = 24
# a narrower column is hard to read
_FOLDED = 8
_GAP = 2
STYLES = {
    "blocked": "yellow",
    "cancelled": "red",
    "completed": "green",
    "failed": "red",
    "partial": "magenta",
    "skipped": "cyan",
    "unverified": "magenta",
}


class Format(StrEnum):
    """The formats of the option `--output`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    TSV = "tsv"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column of a list. `text` is what the table shows, `full` what TSV has instead, such as a whole id."""

    name: str
    text: Callable[[Row], object]
    full: Callable[[Row], object] | None = None
    # never folded in a narrow terminal: a word that a person looks for
    whole: bool = False

    def in_full(self, row: Row) -> object:
        """The value without abbreviation."""
        return (self.full or self.text)(row)


def shown(value: object) -> str:
    """A value as a table and TSV show it: nothing for None, a time without fractions, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(one) for one in value)
    return str(value)


def styled(value: object) -> Text:
    """A value in the colour of its state. Never read as markup: it may come from Azure."""
    text = shown(value)
    return Text(text, style=STYLES.get(text, ""), overflow="fold")


class Rows:
    """A table without lines: one row each, long texts folded, none cut, however narrow the terminal is."""

    def __init__(self, names: Sequence[str], cells: list[list[Text]], whole: Sequence[bool]) -> None:
        self._names = names
        self._cells = cells
        self._whole = whole

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Draws it, with the words that a person looks for in one piece where there is room."""
        widths = [max(cell.cell_len for cell in column) for column in zip(*self._lines, strict=True)]
        kept = [
            whole or (not place and widths[0] <= _FIRST_COLUMN) for place, whole in enumerate(self._whole)
        ]
        least = sum(width if keep else min(width, _FOLDED) for width, keep in zip(widths, kept, strict=True))
        fits = least + _GAP * (len(widths) - 1) <= options.max_width
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for name, keep in zip(self._names, kept, strict=True):
            table.add_column(name.upper(), overflow="fold", no_wrap=keep and fits)
        for row in self._cells:
            table.add_row(*row)
        yield table

    @property
    def _lines(self) -> list[list[Text]]:
        return [[Text(name) for name in self._names], *self._cells]


def table_of(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Rows:
    """A table of rows."""
    cells = [[styled(column.text(row)) for column in columns] for row in rows]
    return Rows([column.name for column in columns], cells, [column.whole for column in columns])


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and values below each other; those without a value are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, "", [], {}):
            table.add_row(name, styled(value))
    return table


def plain(data: object) -> Any:
    """The data as JSON has it."""
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 # not for `--help`

    return to_jsonable_python(data)


def _console(*, error: bool) -> Console:
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _NEVER_FOLDED
    console = Console(stderr=error, width=width, highlight=False, emoji=False, markup=False)
    console.push_render_hook(Printable())
    return console


@dataclass
class Output:
    """Where and how a command shows what it found."""

    format: Format = Format.TABLE
    query: str | None = None
    out: Console = field(default_factory=lambda: _console(error=False))
    err: Console = field(default_factory=lambda: _console(error=True))

    @property
    def for_people(self) -> bool:
        """Whether a person reads the output, and not a program."""
        return self.format is Format.TABLE and self.query is None

    def list(self, data: object, rows: Sequence[Row], columns: Sequence[Column[Row]]) -> None:
        """Shows a list. `data` is what JSON, YAML and `--query` have, the rows what the table and TSV have."""
        if self.for_people:
            self.show(table_of(rows, columns))
        elif self.format is Format.TSV and self.query is None:
            self._lines([column.in_full(row) for column in columns] for row in rows)
        else:
            self.data(data)

    def thing(self, data: object, *parts: RenderableType) -> None:
        """Shows one thing: its data to programs, these parts to people."""
        if not self.for_people:
            self.data(data)
            return
        for part in parts:
            self.show(part)

    def data(self, data: object) -> None:
        """Writes data in the format asked for, or the part of it that `--query` selects."""
        found = self._selected(plain(data))
        if self.format is Format.JSON:
            self._write(json.dumps(found, indent=2, ensure_ascii=False))
        elif self.format is Format.YAML:
            import yaml  # noqa: PLC0415 # not for `--help`

            self._write(yaml.safe_dump(found, sort_keys=False, allow_unicode=True).rstrip())
        elif self.format is Format.TSV:
            self._lines(_rows_of(found))
        else:
            self.show(_table_of_any(found))

    def show(self, part: RenderableType) -> None:
        """Shows a part to a person; without a terminal, without the blanks that fill up a table's lines."""
        if self.out.is_terminal:
            self.out.print(part)
            return
        with self.out.capture() as capture:
            self.out.print(part)
        for line in capture.get().splitlines():
            self._write(line.rstrip())

    def document(self, data: object) -> None:
        """Shows data that has a form of its own: as YAML where a table is asked for."""
        if self.for_people:
            import yaml  # noqa: PLC0415 # not for `--help`

            self._write(yaml.safe_dump(plain(data), sort_keys=False, allow_unicode=True).rstrip())
        else:
            self.data(data)

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Shows that something takes a while, and lets the caller say how far it is; only on a terminal."""
        if not self.err.is_terminal:
            yield lambda _: None
            return
        with self.err.status(Text(text)) as status:
            yield lambda now: status.update(Text(now))

    def note(self, text: str) -> None:
        """Tells a person something that is not data."""
        # in the order in which they were written, also where both go to one file
        self.out.file.flush()
        self.err.print(Text(text))

    def _selected(self, data: Any) -> Any:
        if self.query is None:
            return data
        import jmespath  # noqa: PLC0415 # not for `--help`

        try:
            return jmespath.search(self.query, data)
        except jmespath.exceptions.JMESPathError as error:
            raise CliError(
                "--query is not a JMESPath expression",
                why=" ".join(str(error).split()),
                fix="The language is described at https://jmespath.org.",
                command="gallerist images --query 'images[].name' -o tsv",
            ) from None

    def _lines(self, rows: Iterable[Iterable[object]]) -> None:
        for row in rows:
            self._write("\t".join(" ".join(shown(value).split()) for value in row))

    def _write(self, text: str) -> None:
        self.out.file.write(f"{printable(text)}\n")


def _rows_of(data: Any) -> list[list[object]]:
    """What TSV makes of any data: a line for each element, a field for each value of it."""
    elements = data if isinstance(data, list) else [data]
    return [_fields_of(element) for element in elements if element is not None]


def _fields_of(element: Any) -> list[object]:
    if isinstance(element, dict):
        return list(element.values())
    return element if isinstance(element, list) else [element]


def _getter(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda row: row.get(name)


def _table_of_any(data: Any) -> RenderableType:
    """What a table makes of the result of a query, which may be anything."""
    if isinstance(data, list) and data and all(isinstance(one, dict) for one in data):
        names = list(dict.fromkeys(name for one in data for name in one))
        return table_of(data, [Column[dict[str, Any]](name, _getter(name)) for name in names])
    if isinstance(data, dict):
        return facts(data.items())
    return Text("\n".join(shown(one) for one in (data if isinstance(data, list) else [data])))
