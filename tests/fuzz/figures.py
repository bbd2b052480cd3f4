"""Leaves what was sent as figures, for the page on reliability: one file per test, where `make fuzz` says."""

import json
import os
import re
from pathlib import Path

FOLDER = os.environ.get("GALLERIST_FUZZ_FIGURES")


def leave(surface: str, seed: int, requests: int, unforeseen: int, part: str = "") -> None:
    """Leaves how many requests a surface got, and how many kinds of answers to them were unforeseen."""
    if FOLDER is None:
        return
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", f"{surface} {part}").strip("-")
    figures = {"surface": surface, "seed": seed, "requests": requests, "unforeseen": unforeseen}
    (Path(FOLDER) / f"{name}.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
