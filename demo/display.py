"""What the demo shows: a bar per image and region while it runs, and two tables at its end."""

from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from api.answers import Migration, MigrationTarget

_COLOURS = {
    "completed": "green",
    "blocked": "yellow",
    "skipped": "cyan",
    "failed": "red",
    "partial": "magenta",
    "cancelled": "red",
}

_WHOLE = 100


class Bars:
    """Live progress: one line per image, one bar per gallery and region under it."""

    def __init__(self, console: Console) -> None:
        self._states = Progress(TextColumn("{task.description}"), console=console)
        self._regions = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f}%"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._live = Live(Group(self._states, self._regions), console=console, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, name: str, migration: Migration) -> None:
        """Updates an image's lines. A region has a bar while the version is copied there."""
        colour = _COLOURS.get(migration.state, "white")
        served = ", ".join(_served(target) for target in migration.targets)
        text = f"{name:<22} [{colour}]{migration.state:<12}[/] {served}"
        self._line(self._states, name, text, 0, visible=True)
        for target in migration.targets:
            for region in target.regions:
                key = f"{name}/{target.gallery}/{region.region}"
                text = f"{name:<22} {target.gallery:<12} {region.region:<12}"
                moving = 0 < region.progress < _WHOLE
                self._line(self._regions, key, text, region.progress, visible=moving)

    def _line(self, progress: Progress, key: str, text: str, done: int, *, visible: bool) -> None:
        if key not in self._tasks:
            self._tasks[key] = progress.add_task(text, total=_WHOLE)
        progress.update(self._tasks[key], description=text, completed=done, visible=visible)


def _served(target: MigrationTarget) -> str:
    served = sum(region.state == "Completed" for region in target.regions)
    return f"{target.gallery}: {served} of {len(target.regions)} regions" if target.regions else ""


def results(migrations: dict[str, Migration]) -> list[Table]:
    """Returns what is in the galleries now, and why some images are not."""
    done = Table(title="In the galleries")
    done.add_column("gallery\\definition\\version", no_wrap=True)
    for column in ("regions", "state", "from"):
        done.add_column(column)
    left = Table("managed image", "state", "reason", "fix", title="Not migrated", show_lines=True)
    for name, migration in sorted(migrations.items()):
        for target in migration.targets:
            if target.version:
                path = f"{target.gallery}\\{target.definition}\\{target.version}"
                regions = ", ".join(region.region for region in target.regions)
                done.add_row(Text(path), regions, _coloured(target.state), name)
        if migration.state not in ("completed", "partial"):
            left.add_row(name, _coloured(migration.state), migration.reason or "", migration.fix or "")
    return [done, left]


def _coloured(state: str) -> Text:
    return Text(state, style=_COLOURS.get(state, "white"))
