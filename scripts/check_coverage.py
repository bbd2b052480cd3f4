"""Compares the measured coverage with the figure in the README."""

import json
import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
_FIGURE = re.compile(r"Tests cover (\d+(?:\.\d)?) % of the app's lines and branches")
_TOLERANCE_IN_POINTS = 1.0


def main(arguments: list[str], readme: Path = README) -> int:
    """Prints both figures. Returns 1 if the README has none, or one that is off by more than a point."""
    report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    measured: float = report["totals"]["percent_covered"]
    problem = figure_problem(readme.read_text(encoding="utf-8"), measured)
    sys.stdout.write(f"coverage: {measured:.1f} % measured; {problem or 'the README agrees'}\n")
    return 1 if problem else 0


def figure_problem(readme: str, measured: float) -> str | None:
    """Returns what is wrong with the README's figure and how to correct it, or None."""
    stated = stated_figure(readme)
    if stated is None:
        return (
            "README.md states no figure; "
            f'add the sentence "Tests cover {measured:.0f} % of the app\'s lines and branches"'
        )
    if abs(stated - measured) > _TOLERANCE_IN_POINTS:
        return f"README.md states {stated:g} %; write the measured figure there"
    return None


def stated_figure(readme: str) -> float | None:
    stated = _FIGURE.search(readme)
    return float(stated[1]) if stated else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
