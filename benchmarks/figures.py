"""What was measured of one contender and one size, and the file that keeps it."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from local.measured import measured_commit
from local.stack import ROOT

# the figures that docs/performance.md shows; each run replaces those of its own sizes and contenders alone
COMMITTED = ROOT / "benchmarks" / "figures.json"
RESULTS = ROOT / "build" / "bench"
# what a run writes itself
WRITTEN = ("benchmarks/figures.json", "docs/performance.md", "docs/pictures")
# how a version is looked at
STATUS_READS = ("GET galleries/images/versions", "LIST galleries/images/versions", "GET capsOperations")


@dataclass(frozen=True)
class Spread:
    """How a figure is spread over the images."""

    median: float
    p95: float
    most: float
    mean: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The spread of these values; nearest ranks, no interpolation."""
        ordered = sorted(values)
        if not ordered:
            return cls(math.nan, math.nan, math.nan, math.nan)
        return cls(
            _rounded(ordered[_rank(0.5, len(ordered))]),
            _rounded(ordered[_rank(0.95, len(ordered))]),
            _rounded(ordered[-1]),
            _rounded(sum(ordered) / len(ordered)),
        )


@dataclass(frozen=True)
class Run:
    """One contender with one number of images.

    Seconds are simulated, but for those of processors and walls. `late_seconds` is the time from a replication's end
    until the contender knew of it, `seen_over_replication` that from the write until then over the replication time.
    With `repeats`, so many images were migrated one after the other, and the makespan is the mean of theirs.
    `calls` counts requests to ARM by kind. `history` has what was written by each orchestrator.
    """

    contender: str
    images: int
    ended: dict[str, int]
    makespan_seconds: float
    bound_seconds: float
    late_seconds: Spread
    seen_over_replication: Spread
    replication_seconds: Spread
    calls: dict[str, int]
    throttled: int
    cpu_seconds: dict[str, float]
    peak_memory_mib: dict[str, float]
    wall_seconds: float
    executions: dict[str, int] = field(default_factory=dict)
    history: dict[str, dict[str, int]] = field(default_factory=dict)
    repeats: int = 1
    real_time: bool = False

    @property
    def migrated(self) -> int:
        """All images of the run."""
        return self.images * self.repeats

    @property
    def over_bound(self) -> float:
        """The makespan over the lower bound."""
        return self.makespan_seconds / self.bound_seconds if self.bound_seconds else math.nan

    @property
    def calls_per_image(self) -> float:
        """Requests to ARM per image."""
        return sum(self.calls.values()) / self.migrated

    @property
    def status_reads_per_image(self) -> float:
        """Reads of versions and of their operations per image. Some of them are for something else than the status."""
        return sum(self.calls.get(kind, 0) for kind in STATUS_READS) / self.migrated

    @property
    def cpu_per_image_ms(self) -> float:
        """The contender's own processor time per image, in milliseconds; not that of the simulated Azure."""
        own = sum(seconds for name, seconds in self.cpu_seconds.items() if name != "simulator")
        return 1000 * own / self.migrated

    def history_total(self, name: str) -> int:
        """The sum of a figure over all orchestrators: `events`, `bytes`, `episodes` or `instances`."""
        return sum(written[name] for written in self.history.values())

    @property
    def longest_history(self) -> int:
        """The longest history of one execution, in events."""
        return max((written["longest"] for written in self.history.values()), default=0)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `asdict` wrote."""
        spreads = {
            name: Spread(**document[name])
            for name in ("late_seconds", "seen_over_replication", "replication_seconds")
        }
        return cls(**{name: value for name, value in document.items() if name not in _KEPT} | spreads)


# what the file keeps of a run besides the run itself
_KEPT = ("measured", "commit")


@dataclass(frozen=True)
class Kept:
    """A run with the day and the commit at which it was measured."""

    run: Run
    measured: str
    commit: str

    def as_json(self) -> dict[str, Any]:
        """The run as the file has it."""
        return {"measured": self.measured, "commit": self.commit} | asdict(self.run)


def load(file: Path = COMMITTED) -> list[Kept]:
    """Reads the runs of a file, by size; none if there is no file."""
    if not file.exists():
        return []
    entries = json.loads(file.read_text(encoding="utf-8"))
    return [Kept(Run.parse(entry), entry["measured"], entry["commit"]) for entry in entries]


def merge(runs: Sequence[Run], file: Path = COMMITTED) -> list[Kept]:
    """Replaces the runs of the same contenders and sizes in a file, and leaves the others."""
    day, commit = datetime.now(UTC).date().isoformat(), measured_commit(WRITTEN)
    kept = {(one.run.images, one.run.contender): one for one in load(file)}
    kept |= {(run.images, run.contender): Kept(run, day, commit) for run in runs}
    ordered = [kept[key] for key in sorted(kept)]
    write([one.as_json() for one in ordered], file)
    return ordered


def write(document: Any, file: Path) -> None:
    """Writes a JSON file, and its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1, sort_keys=False) + "\n", encoding="utf-8")


def _rank(part: float, count: int) -> int:
    return max(0, math.ceil(part * count) - 1)


def _rounded(value: float) -> float:
    return round(value, 4)
