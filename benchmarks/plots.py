"""Draws the pictures of docs/performance.md, for light and for dark pages."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.figures import Run
from benchmarks.gallerist import NAME

# the two modes of the pages that show the pictures: text and lines, and a colour for each contender
MODES = {
    "light": ("#1f2328", "#d0d7de", ("#0969da", "#bc4c00", "#8250df", "#1a7f37")),
    "dark": ("#e6edf3", "#30363d", ("#58a6ff", "#f0883e", "#bc8cff", "#3fb950")),
}
_MARKS = "osD^"
_INCHES = (8.0, 5.2)
_DOTS_PER_INCH = 110

PANELS: dict[str, Callable[[Run], float]] = {
    "makespan / bound": lambda run: run.over_bound,
    "calls to ARM per image": lambda run: run.calls_per_image,
    "CPU per image, ms": lambda run: run.cpu_per_image_ms,
    "memory, MiB": lambda run: max(
        (mib for name, mib in run.peak_memory_mib.items() if name != "simulator"), default=0.0
    ),
}


def draw(runs: Sequence[Run], folder: Path) -> None:
    """Writes a picture for each mode, of the fleets among these runs."""
    folder.mkdir(parents=True, exist_ok=True)
    by_contender: dict[str, list[Run]] = {}
    for run in runs:
        if run.images > 1:
            by_contender.setdefault(run.contender, []).append(run)
    # Gallerist has the first colour
    names = sorted(by_contender, key=lambda name: (name != NAME, name))
    for mode, (ink, lines, colours) in MODES.items():
        styles = zip(names, colours, _MARKS, strict=False)
        with mpl.rc_context({"text.color": ink, "axes.labelcolor": ink, "font.size": 9}):
            figure = Figure(figsize=_INCHES, layout="constrained")
            panels = list(figure.subplots(2, 2).flat)
            for panel in panels:
                _frame(panel, ink, lines)
            for name, colour, mark in styles:
                _add(panels, by_contender[name], colour, mark)
            sizes = sorted({run.images for found in by_contender.values() for run in found})
            _label(figure, panels, sizes)
            # no time and no version in the file: the same figures make the same file
            figure.savefig(
                folder / f"performance-{mode}.png",
                dpi=_DOTS_PER_INCH,
                transparent=True,
                metadata={"Software": None},
            )


def _add(panels: list[Any], runs: list[Run], colour: str, mark: str) -> None:
    sizes = [run.images for run in runs]
    for panel, value in zip(panels, PANELS.values(), strict=True):
        panel.plot(
            sizes,
            [value(run) for run in runs],
            color=colour,
            marker=mark,
            markersize=4,
            label=runs[0].contender,
        )


def _frame(panel: Any, ink: str, lines: str) -> None:
    panel.set_xscale("log")
    panel.grid(color=lines, linewidth=0.6)
    panel.tick_params(colors=ink)
    for edge in panel.spines.values():
        edge.set_color(lines)


def _label(figure: Figure, panels: list[Any], sizes: list[int]) -> None:
    for panel, title in zip(panels, PANELS, strict=True):
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("images")
        panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
        panel.minorticks_off()
        panel.margins(x=0.1, y=0.15)
        panel.set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
