"""What Gallerist aims at, and whether the kept figures reach it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Run
from benchmarks.gallerist import NAME, NAME_WITH_HINTS, NAME_WITH_HISTORY
from benchmarks.thread_pool import NAME_ALONE

_SCRIPTS = ("thread pool", NAME_ALONE)


@dataclass(frozen=True)
class Aim:
    """One figure, and the most that it may be."""

    what: str
    measured: float
    most: float

    @property
    def reached(self) -> bool:
        """Whether the figure is small enough."""
        return self.measured <= self.most


def aims(runs: Sequence[Run]) -> list[Aim]:
    """Returns the aims for which there are figures."""
    return [*_lone(runs), *_fleets(runs), *_growth(runs)]


def _lone(runs: Sequence[Run]) -> Iterator[Aim]:
    for contender, name, calls, median, p95, reads in (
        (f"{NAME}, 428 s", "one image, 428 s", 21, 1.15, 1.30, 10),
        (f"{NAME}, 6 h", "one image, 6 h", None, 1.15, 1.30, 22),
        (NAME_WITH_HISTORY, "one image, with history", 21, 1.06, 1.12, 11),
        (NAME_WITH_HINTS, "one image, with hints", 15, 1.04, 1.04, 5),
    ):
        run = _find(runs, contender, 1)
        if run is not None:
            if calls is not None:
                yield Aim(f"{name}: calls to ARM", run.calls_per_image, calls)
            yield Aim(f"{name}: status reads", run.status_reads_per_image, reads)
            yield Aim(f"{name}: seen / replication, median", run.seen_over_replication.median, median)
            yield Aim(f"{name}: seen / replication, p95", run.seen_over_replication.p95, p95)


def _fleets(runs: Sequence[Run]) -> Iterator[Aim]:
    for run in _fleets_of(runs, NAME):
        size = f"{run.images:,} images"
        yield Aim(f"{size}: makespan / bound", run.over_bound, 1.10)
        scripts = [other for other in runs if other.images == run.images and is_script(other)]
        for other in scripts:
            yield Aim(
                f"{size}: makespan / that of the {other.contender}",
                run.makespan_seconds / other.makespan_seconds,
                1.0,
            )
        if scripts:
            fewest = min(other.calls_per_image for other in scripts)
            yield Aim(f"{size}: calls / those of the script", run.calls_per_image / fewest, 0.85)
            hinted = _find(runs, NAME_WITH_HINTS, run.images)
            if hinted is not None:
                what = f"{size}, with hints"
                yield Aim(f"{what}: calls / those of the script", hinted.calls_per_image / fewest, 0.55)
                yield Aim(f"{what}: status reads", hinted.status_reads_per_image, 5)
        yield Aim(f"{size}: longest history", run.longest_history, 999)


def _growth(runs: Sequence[Run]) -> Iterator[Aim]:
    fleets = {run.images: run for run in _fleets_of(runs, NAME)}
    if 1000 in fleets:  # noqa: PLR2004 # the fleet of the aim
        functions = fleets[1000].cpu_seconds["functions"] / 1000
        yield Aim("1,000 images: CPU of app and SDK per image, ms", 1000 * functions, 60)
    if 5000 in fleets:  # noqa: PLR2004 # the fleet of the aim
        large = fleets[5000]
        yield Aim("5,000 images: memory of host and app, MiB", large.peak_memory_mib["host"], 400)
        if 100 in fleets:  # noqa: PLR2004 # the fleet of the aim
            growth = large.cpu_per_image_ms / fleets[100].cpu_per_image_ms
            yield Aim("5,000 images: CPU per image / that of 100", growth, 1.15)


def is_script(run: Run) -> bool:
    """Whether the run is one of the script."""
    return run.contender.startswith(_SCRIPTS)


def _find(runs: Iterable[Run], contender: str, images: int) -> Run | None:
    return next((run for run in runs if (run.contender, run.images) == (contender, images)), None)


def _fleets_of(runs: Iterable[Run], contender: str) -> list[Run]:
    return [run for run in runs if run.contender == contender and run.images > 1]


def table(found: Sequence[Aim], cells: Callable[[float], str]) -> Iterator[list[str]]:
    """Yields a row of the page for each aim."""
    for aim in found:
        answer = "yes" if aim.reached else "**no**"
        yield [aim.what, cells(aim.measured), f"≤ {cells(aim.most)}", answer]
