"""Measures a fleet on the one clock: `python -m benchmarks.fleet 200`.

Simulated seconds and requests are the same on every machine. CPU seconds are those of the two processes, read from
/proc, so the command needs Linux. The figures are also written to build/bench/fleet-<images>.json.
"""

import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.answers import Batch
from benchmarks import estate
from client import Gallerist
from domain.fleet.states import BatchState
from local.stack import MODULES, ROOT, START, Stack, temporary_folder

IMAGES = 200
RESULTS = ROOT / "build" / "bench"
# the clock is moved in steps, and the batch is looked at after each
STEP = timedelta(hours=1)
LONGEST = timedelta(days=3)
_LIST = re.compile(r"(?:^|/)providers/Microsoft\.\w+/(.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Figures:
    """What one run took."""

    images: int
    state: str
    counts: dict[str, int]
    simulated_seconds: float
    wall_seconds: float
    cpu_seconds: dict[str, float]
    requests: dict[str, int]
    throttled: int


def main(arguments: list[str] | None = None) -> int:
    """Runs the fleet, prints a table and writes the figures; returns 0 if every image was migrated."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("images", type=int, nargs="?", default=IMAGES, help=f"default: {IMAGES}")
    figures = run(parser.parse_args(arguments).images)
    sys.stdout.write(table(figures))
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"fleet-{figures.images}.json"
    file.write_text(json.dumps(asdict(figures), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"written to {file.relative_to(ROOT)}\n")
    return 0 if figures.counts == {"completed": figures.images} else 1


def run(images: int) -> Figures:
    """Migrates this many images in one batch, with as many at once as the API allows."""
    with (
        temporary_folder() as folder,
        Stack(Path(folder), estate.seed(images), estate.POLICY, estate.REPLICATION, one_clock=True) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        wall, processor = time.monotonic(), cpu_seconds()
        batch = migrate(stack, gallerist)
        took = {name: round(seconds - processor[name], 2) for name, seconds in cpu_seconds().items()}
        requests = stack.control("GET", "requests")
        return Figures(
            images=images,
            state=batch.state,
            counts=batch.counts,
            simulated_seconds=(batch.updated - datetime.fromisoformat(START)).total_seconds(),
            wall_seconds=round(time.monotonic() - wall, 2),
            cpu_seconds=took,
            requests=requests_by_kind(requests),
            throttled=sum(entry["status"] == 429 for entry in requests),  # noqa: PLR2004 # too many requests
        )


def migrate(stack: Stack, gallerist: Gallerist) -> Batch:
    """Starts the batch and lets time pass until it ends. Returns it as it then is."""
    started = gallerist.start_batch([estate.SCOPE])
    passed = timedelta(0)
    while (batch := gallerist.batch(started.id)).state is BatchState.RUNNING and passed < LONGEST:
        stack.let_pass(STEP)
        passed += STEP
    return batch


def cpu_seconds() -> dict[str, float]:
    """The processor seconds that the host and the simulator have used, by their names."""
    seconds = {}
    for process in _children():
        command = (process / "cmdline").read_bytes().decode().split("\0")
        name = next((name for name, module in MODULES.items() if module in command), None)
        if name is not None:
            # the process's name, in parentheses, may contain spaces; the two times are fields 14 and 15
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            seconds[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _children() -> Iterable[Path]:
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text(encoding="utf-8").split():
            yield Path("/proc", child)


def requests_by_kind(requests: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Counts the requests by method and resource type, the most frequent first."""
    return dict(Counter(_kind(entry["method"], entry["path"]) for entry in requests).most_common())


def _kind(method: str, path: str) -> str:
    """A request without the names in it: `GET galleries/images/versions`, or `LIST` where the last name is missing."""
    path = path.partition("?")[0]
    found = _LIST.search(path)
    if found is None:
        return f"{method} {path.strip('/').split('/')[-1]}"
    parts = found[1].split("/")
    kind = "LIST" if method == "GET" and len(parts) % 2 else method
    return f"{kind} {'/'.join(parts[::2])}"


def table(figures: Figures) -> str:
    """The figures for people: totals, and each figure per image."""
    rows = [
        ("simulated seconds", figures.simulated_seconds),
        ("wall seconds", figures.wall_seconds),
        *((f"CPU seconds, {name}", seconds) for name, seconds in figures.cpu_seconds.items()),
        ("requests", sum(figures.requests.values())),
        *((f"  {kind}", count) for kind, count in figures.requests.items()),
        ("answered with 429", figures.throttled),
    ]
    counts = ", ".join(f"{count} {state}" for state, count in sorted(figures.counts.items())) or "none"
    lines = [
        f"{figures.images} images: the batch is {figures.state}; ended: {counts}",
        f"{'':<44}{'all':>12}{'per image':>12}",
        *(f"{label:<44}{value:>12,.1f}{value / figures.images:>12,.3f}" for label, value in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
