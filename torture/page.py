"""Writes docs/reliability.md from the kept figures and a template."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.stack import ROOT
from torture.bugs import BUGS
from torture.estate import BAKE_HOURS, KINDS, RINGS, SOAK_DAYS
from torture.figures import FUZZ_PART, Figures, keep, load_all, read_fuzz
from torture.plan import SHARE_OF_FAULTS
from torture.promises import PROMISES

TEMPLATE = Path(__file__).parent / "reliability.md"
PAGE = ROOT / "docs" / "reliability.md"
_MARK = (
    "<!-- Written by `make torture` from torture/reliability.md and torture/figures.json; do not edit. -->\n"
)
_NOTHING = "Nothing was run yet."


def write() -> Path:
    """Writes the page, with what `make fuzz` left if it was run here; returns its path."""
    kept = load_all()
    for part, fuzz in read_fuzz().items():
        if fuzz != kept.get(part, {}).get("value"):
            keep(**{part: fuzz})
    PAGE.write_text(render(load_all()), encoding="utf-8")
    return PAGE


def render(kept: Mapping[str, Any]) -> str:
    """The page with these figures."""
    runs = [Figures.load(one) for one in kept.get("seeds", {}).get("value", [])]
    values = {
        "share": f"{100 * SHARE_OF_FAULTS:g}",
        "bake": f"{BAKE_HOURS:g}",
        "soak": f"{24 * SOAK_DAYS:g}",
        "rings": str(len(RINGS)),
        "kinds": str(len(KINDS)),
        "promises": _promises(runs),
        "seeds": _seeds(runs),
        "made": _made(kept, "seeds"),
        "ends": _ends(runs),
        "faults": _counts(("answers of Azure that failed", "times"), _sum(one.faults for one in runs)),
        "disturbances": _counts(
            ("what else happened", "times"), _sum(one.disturbances | _deaths(one) for one in runs)
        ),
        "histories": _counts(("orchestrator", "longest history, events"), _longest(runs)),
        "bugs": _bugs(kept),
        "bugs_made": _made(kept, "bugs"),
        "fuzz": _fuzz(kept),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return _MARK + re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def _made(kept: Mapping[str, Any], part: str) -> str:
    if part not in kept:
        return _NOTHING
    return f"Measured on {kept[part]['day']} at commit `{kept[part]['commit']}`."


def _promises(runs: Sequence[Figures]) -> str:
    rows = []
    for promise in PROMISES:
        broken = sum(1 for one in runs for broken in one.broken if broken.promise == promise.name)
        rows.append([f"**{promise.name}**", promise.text, str(broken) if runs else "not run"])
    return _table(("promise", "what it says", "broken"), rows)


def _seeds(runs: Sequence[Figures]) -> str:
    if not runs:
        return _NOTHING
    columns: dict[str, Callable[[Figures], str]] = {
        "seed": lambda one: str(one.seed),
        "images": lambda one: f"{one.images:,}",
        "kills of the host": lambda one: str(one.kills),
        "one each, s": lambda one: f"{one.seconds_between_kills:.1f}",
        "deaths of the worker": lambda one: str(sum(one.deaths.values())),
        "requests to Azure": lambda one: f"{one.requests:,}",
        "failed": lambda one: f"{sum(one.faults.values()):,}",
        "other disturbances": lambda one: f"{sum(one.disturbances.values()):,}",
        "versions": lambda one: f"{one.versions:,}",
        "deleted images": lambda one: str(one.deletions),
        "longest history": lambda one: str(max(one.longest_histories.values(), default=0)),
        "simulated days": lambda one: f"{one.days:.1f}",
        "seconds": lambda one: f"{one.seconds:,.0f}",
        "promises": lambda _: str(len(PROMISES)),
        "broken": lambda one: str(len(one.broken)),
    }
    return _table(tuple(columns), [[cell(one) for cell in columns.values()] for one in runs])


def _ends(runs: Sequence[Figures]) -> str:
    names = {name for one in runs for name in one.ends}
    rows = []
    for name in sorted(names):
        ends = _sum(one.ends.get(name, {}) for one in runs)
        rows.append([f"`{name}`", ", ".join(f"{count:,} {end}" for end, count in ends.items())])
    return _table(("orchestrator", "ends"), rows) if rows else _NOTHING


def _deaths(run: Figures) -> dict[str, int]:
    return {f"worker died {where}": count for where, count in run.deaths.items()}


def _longest(runs: Sequence[Figures]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in runs:
        for name, longest in one.longest_histories.items():
            found[f"`{name}`"] = max(found.get(f"`{name}`", 0), longest)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _bugs(kept: Mapping[str, Any]) -> str:
    caught = {one["bug"]: one for one in kept.get("bugs", {}).get("value", [])}
    rows = []
    for bug in BUGS:
        one = caught.get(bug.name)
        found = "not run" if one is None else ("yes" if one["caught"] else "**no**")
        sentence = " ".join(one["sentence"].split()) if one else ""
        rows.append([bug.name, bug.breaks, found, sentence.replace("|", "\\|")[:200]])
    return _table(("what is removed", "promise", "caught", "what was reported first"), rows)


def _fuzz(kept: Mapping[str, Any]) -> str:
    parts = {name.removeprefix(FUZZ_PART): kept[name] for name in sorted(kept) if name.startswith(FUZZ_PART)}
    if not parts:
        return "`make fuzz` has left no figures yet."
    values = [part["value"] for part in parts.values()]
    surfaces = sorted({surface for value in values for surface in value["surfaces"]})
    rows = [
        [surface, *(f"{value['surfaces'].get(surface, 0):,}" for value in values)] for surface in surfaces
    ]
    rows += [
        ["all", *(f"{value['requests']:,}" for value in values)],
        ["unforeseen 5xx and answers of the wrong form", *(str(value["unforeseen"]) for value in values)],
        ["measured on", *(part["day"] for part in parts.values())],
        ["at commit", *(f"`{part['commit']}`" for part in parts.values())],
    ]
    return _table(("requests", *(f"seed {seed}" for seed in parts)), rows)


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(found.most_common())


def _counts(head: tuple[str, str], counts: Mapping[str, int]) -> str:
    return _table(head, [[name, f"{count:,}"] for name, count in counts.items()]) if counts else _NOTHING


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
