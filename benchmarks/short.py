"""A small fleet whose figures are compared with the expected ones. All are counts, or times of the one clock.

`python -m benchmarks --update-short` rewrites the expected figures, after a change that is meant to change them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks import estate, gallerist
from benchmarks.figures import Run, write

EXPECTED = Path(__file__).parent / "short.json"
# two builds of each of four families: a definition is shared, and both galleries are used
FAMILIES, BUILDS = 4, 2
# what may be added before it counts as growth: a tenth
TOLERANCE = 1.1


def measure() -> Run:
    """Migrates the small fleet in one batch."""
    return gallerist.run([image for builds in estate.rounds(FAMILIES, BUILDS) for image in builds])


def figures(run: Run) -> dict[str, float]:
    """The figures that must not grow."""
    values = {
        "calls per image": run.calls_per_image,
        "status reads per image": run.status_reads_per_image,
        "seen / replication, median": run.seen_over_replication.median,
        "seen / replication, p95": run.seen_over_replication.p95,
        "makespan / bound": run.over_bound,
        "executions per image": sum(run.executions.values()) / run.migrated,
        "history events per image": run.history_total("events") / run.migrated,
        "history bytes per image": run.history_total("bytes") / run.migrated,
        "longest history": run.longest_history,
    }
    return {name: round(value, 3) for name, value in values.items()}


def expected() -> dict[str, float]:
    """Reads the expected figures."""
    document: dict[str, float] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return document


def grown(measured: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Returns a sentence for each figure that is more than a tenth above what is expected, or that is not expected."""
    return [
        f"{name}: {value:g}, expected {limits[name]:g} and at most a tenth more"
        if name in limits
        else f"{name}: {value:g}, of which nothing is expected"
        for name, value in measured.items()
        if value > TOLERANCE * limits.get(name, 0)
    ]


def update() -> Mapping[str, float]:
    """Measures, and writes the expected figures."""
    measured = figures(measure())
    write(measured, EXPECTED)
    return measured
