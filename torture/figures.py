"""What a run came to, as figures that are kept and shown."""

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Self

from local.measured import measured_commit
from local.stack import ROOT
from torture.promises import Broken
from torture.run import Run
from torture.world import is_accepted

# what docs/reliability.md shows
COMMITTED = ROOT / "torture" / "figures.json"
# the part that `make fuzz` is kept as, with its seed behind
FUZZ_PART = "fuzz "
# what `make fuzz` leaves
FUZZ = ROOT / "build" / "fuzz"
WRITTEN = ("torture/figures.json", "docs/reliability.md")
# what an operation of the seed's resources does not count as
_ENDS_OF = ("migrate_image", "promote_version", "retire_image", "migrate_batch")


@dataclass(frozen=True)
class Figures:
    """One seed. `faults` are failed answers by kind, `disturbances` what else the plan had, by what it is."""

    seed: int
    images: int
    migrations: int
    arrivals: dict[str, int]
    kills: int
    seconds_between_kills: float
    deaths: dict[str, int]
    faults: dict[str, int]
    disturbances: dict[str, int]
    requests: int
    versions: int
    deletions: int
    ends: dict[str, dict[str, int]]
    longest_histories: dict[str, int]
    cpu_seconds: dict[str, float]
    days: float
    seconds: float
    broken: list[Broken] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run, broken: list[Broken]) -> Self:
        """The figures of a run, with what was judged."""
        world = run.world
        gaps = [later - sooner for sooner, later in itertools.pairwise(run.kills)]
        own = [one for one in world.requests if "azsdk" in one["agent"]]
        return cls(
            seed=run.plan.seed,
            images=len(world.fleet),
            migrations=len([one for one in world.instances if one.name == "migrate_image"]),
            arrivals=dict(Counter(image.arrival for image in world.fleet)),
            kills=len(run.kills),
            seconds_between_kills=round(median(gaps), 1) if gaps else 0.0,
            deaths={name: count for name, count in run.deaths.items() if count},
            faults=run.faults,
            disturbances=dict(
                Counter(note.subject for note in world.of_kind("disturbed") if note.subject != "worker dies")
            ),
            requests=len(own),
            versions=len(world.of_type("Microsoft.Compute/galleries/images/versions")),
            deletions=len(
                [
                    one
                    for one in own
                    if one["method"] == "DELETE"
                    and "/Microsoft.Compute/images/" in one["path"]
                    and is_accepted(one)
                ]
            ),
            ends=_ends(run),
            longest_histories=world.longest_histories,
            cpu_seconds={name: round(seconds, 1) for name, seconds in run.cpu.items()},
            days=run.days,
            seconds=run.seconds,
            broken=broken,
        )

    @classmethod
    def load(cls, document: dict[str, Any]) -> Self:
        """Reads figures that were kept."""
        broken = [Broken(**one) for one in document["broken"]]
        return cls(**{**document, "broken": broken})


def _ends(run: Run) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {name: Counter() for name in _ENDS_OF}
    for instance in run.world.instances:
        if instance.name in found:
            told = instance.output if isinstance(instance.output, dict) else {}
            found[instance.name][str(told.get("state") or instance.status)] += 1
    return {name: dict(counts) for name, counts in found.items()}


def keep(**parts: Any) -> None:
    """Replaces these parts of what is committed, and says of each when and at which commit it was made."""
    kept = load_all()
    made = {"day": datetime.now(UTC).date().isoformat(), "commit": measured_commit(WRITTEN)}
    for name, value in parts.items():
        kept[name] = {**made, "value": value}
    COMMITTED.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def load_all() -> dict[str, Any]:
    """What is committed, by part."""
    if not COMMITTED.exists():
        return {}
    kept: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return kept


def read_fuzz(folder: Path = FUZZ) -> dict[str, dict[str, Any]]:
    """What the last `make fuzz` left: for each part that is kept, one for a seed, the sum over its surfaces."""
    left: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(folder.glob("*/*.json")):
        part = json.loads(file.read_text(encoding="utf-8"))
        left[f"{FUZZ_PART}{part['seed']}"].append(part)
    return {
        name: {
            "surfaces": {
                surface: sum(part["requests"] for part in parts if part["surface"] == surface)
                for surface in sorted({part["surface"] for part in parts})
            },
            "requests": sum(part["requests"] for part in parts),
            "unforeseen": sum(part["unforeseen"] for part in parts),
        }
        for name, parts in left.items()
    }


def to_json(figures: Figures) -> dict[str, Any]:
    """The figures as they are kept."""
    return asdict(figures)
