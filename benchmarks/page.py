"""Writes docs/performance.md and its pictures from the kept figures and a template."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import aims, estate
from benchmarks.contenders import REPEATS, REPEATS_AT
from benchmarks.figures import Kept, Run, load
from benchmarks.gallerist import EARLIER_BUILDS, NAME
from local.stack import ROOT

TEMPLATE = Path(__file__).parent / "performance.md"
PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "pictures"
_MARK = "<!-- Written by `make bench` from benchmarks/performance.md and benchmarks/figures.json; do not edit. -->\n"
_NOTHING = "Nothing was measured yet."


def write_all() -> None:
    """Writes the page and draws its pictures."""
    from benchmarks import plots  # noqa: PLC0415 # drawing needs matplotlib, which nothing else does

    kept = load()
    PAGE.write_text(render(kept), encoding="utf-8")
    plots.draw([one.run for one in kept], PICTURES)


def render(kept: Sequence[Kept]) -> str:
    """The page with these figures."""
    values = _facts() | _tables(kept) | {"day": max((one.measured for one in kept), default="no day")}
    text = TEMPLATE.read_text(encoding="utf-8")
    return _MARK + re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def line(run: Run) -> str:
    """One run in one line, for the terminal."""
    ended = ", ".join(f"{count} {state}" for state, count in run.ended.items())
    return (
        f"{run.contender:<26}{run.images:>7,} images: {run.makespan_seconds:>9,.0f} s, "
        f"{run.over_bound:.3f} x the bound, {run.calls_per_image:.1f} calls, "
        f"{run.cpu_per_image_ms:.0f} ms CPU per image, "
        f"late {run.late_seconds.median:.0f} s (p95 {run.late_seconds.p95:.0f}); {ended}; "
        f"{run.wall_seconds:.0f} s of wall time"
    )


def _facts() -> dict[str, str]:
    seed, spread = estate.PACE.split(":")[1:]
    return {
        "builds": str(estate.BUILDS),
        "subscriptions": str(len(estate.SUBSCRIPTIONS)),
        "galleries": str(len(estate.GALLERIES)),
        "regions": str(len(estate.REGIONS)),
        "least": "30",
        "median": "428",
        "most": "1,005",
        "spread": f"{100 * float(spread):g}",
        "seed": seed,
        "repeats": str(REPEATS),
        "repeats_of_hours": str(REPEATS_AT["6 h"]),
        "nth": f"{EARLIER_BUILDS + 1}th",
    }


def _tables(kept: Sequence[Kept]) -> dict[str, str]:
    runs = [one.run for one in kept]
    fleets = [run for run in runs if run.images > 1]
    own = [run for run in fleets if run.contender == NAME]
    sizes = {run.images for run in own}
    shown = max((size for size in sizes if _compared(fleets, size)), default=max(sizes, default=0))
    return {
        "lone": _lone([one for one in kept if one.run.images == 1]),
        "fleets": _fleets([one for one in kept if one.run.images > 1]),
        "kinds_images": f"{shown:,}",
        "kinds": _kinds([run for run in fleets if run.images == shown]),
        "aims": _markdown(
            ("what", "measured", "aim", "reached"), aims.table(aims.aims(runs), lambda value: f"{value:,.4g}")
        ),
        "cost": _cost(own),
        "base": f"{min(sizes, default=0):,}",
        "growth": _growth(own),
    }


def _compared(runs: Iterable[Run], size: int) -> bool:
    return any(run.images == size and aims.is_script(run) for run in runs)


def _lone(kept: Sequence[Kept]) -> str:
    columns: dict[str, Callable[[Run], str]] = {
        "replication, mean s": lambda run: f"{run.replication_seconds.mean:,.0f}",
        "takes, mean s": lambda run: f"{run.makespan_seconds:,.0f}",
        "seen / replication, median": lambda run: f"{run.seen_over_replication.median:.3f}",
        "p95": lambda run: f"{run.seen_over_replication.p95:.3f}",
        "late, median s": lambda run: f"{run.late_seconds.median:.0f}",
        "calls": lambda run: f"{run.calls_per_image:.1f}",
        "status reads": lambda run: f"{run.status_reads_per_image:.1f}",
        "CPU, ms": lambda run: f"{run.cpu_per_image_ms:.0f}",
    }
    return _by_run(kept, columns)


def _fleets(kept: Sequence[Kept]) -> str:
    columns: dict[str, Callable[[Run], str]] = {
        "images": lambda run: f"{run.images:,}",
        "makespan, s": lambda run: f"{run.makespan_seconds:,.0f}",
        "/ bound": lambda run: f"{run.over_bound:.3f}",
        "late, median s": lambda run: f"{run.late_seconds.median:.0f}",
        "p95": lambda run: f"{run.late_seconds.p95:.0f}",
        "seen / replication, median": lambda run: f"{run.seen_over_replication.median:.3f}",
        "p95 of it": lambda run: f"{run.seen_over_replication.p95:.3f}",
        "calls per image": lambda run: f"{run.calls_per_image:.1f}",
        "429s": lambda run: f"{run.throttled:,}",
        "CPU per image, ms": lambda run: f"{run.cpu_per_image_ms:.0f}",
        "memory, MiB": lambda run: f"{_memory(run):.0f}",
        "not migrated": lambda run: f"{run.migrated - run.ended.get('completed', 0):,}",
        "wall time, s": lambda run: f"{run.wall_seconds:,.0f}",
    }
    return _by_run(kept, columns)


def _by_run(kept: Sequence[Kept], columns: dict[str, Callable[[Run], str]]) -> str:
    rows = (
        [one.run.contender, *(cell(one.run) for cell in columns.values()), f"{one.measured}, {one.commit}"]
        for one in kept
    )
    return _markdown(("contender", *columns, "measured"), rows)


def _kinds(runs: Sequence[Run]) -> str:
    kinds = sorted(
        {kind for run in runs for kind in run.calls}, key=lambda kind: (-runs[0].calls.get(kind, 0), kind)
    )
    rows = [[kind, *(f"{run.calls.get(kind, 0) / run.migrated:.2f}" for run in runs)] for kind in kinds]
    rows.append(["all", *(f"{run.calls_per_image:.2f}" for run in runs)])
    return _markdown(("kind", *(run.contender for run in runs)), rows)


def _cost(runs: Sequence[Run]) -> str:
    rows = (
        [
            f"{run.images:,}",
            f"{sum(run.executions.values()) / run.migrated:.1f}",
            f"{run.history_total('episodes') / run.migrated:.1f}",
            f"{run.history_total('instances') / run.migrated:.2f}",
            f"{run.history_total('events') / run.migrated:.1f}",
            f"{run.history_total('bytes') / run.migrated / 1024:.1f}",
            f"{run.longest_history:,}",
            f"{1000 * run.cpu_seconds['functions'] / run.migrated:.0f}",
            f"{1000 * run.cpu_seconds['host'] / run.migrated:.0f}",
            f"{1000 * run.cpu_seconds['simulator'] / run.migrated:.0f}",
        ]
        for run in runs
    )
    columns = (
        "images",
        "executions",
        "episodes",
        "orchestrations",
        "history events",
        "history, KiB",
        "longest history",
        "CPU of app and SDK, ms",
        "CPU of the host, ms",
        "CPU of the simulated Azure, ms",
    )
    return _markdown(columns, rows)


def _growth(runs: Sequence[Run]) -> str:
    if not runs:
        return _NOTHING
    base = runs[0]
    figures: dict[str, Callable[[Run], float]] = {
        "CPU per image": lambda run: run.cpu_per_image_ms,
        "calls per image": lambda run: run.calls_per_image,
        "history events per image": lambda run: run.history_total("events") / run.migrated,
        "history bytes per image": lambda run: run.history_total("bytes") / run.migrated,
        "memory": _memory,
    }
    rows = ([f"{run.images:,}", *(f"{of(run) / of(base):.2f}" for of in figures.values())] for run in runs)
    return _markdown(("images", *figures), rows)


def _memory(run: Run) -> float:
    """The most memory of the contender's own process."""
    return max((mib for name, mib in run.peak_memory_mib.items() if name != "simulator"), default=0.0)


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return _NOTHING
    return "\n".join([f"| {' | '.join(columns)} |", f"| {' | '.join(['---'] * len(columns))} |", *lines])
