"""docs/reliability.md shows the figures that are kept, and says what was not run."""

import json
from pathlib import Path
from typing import Any

from tests.torture.worlds import kept
from torture.bugs import BUGS
from torture.figures import Figures, load_all, read_fuzz, to_json
from torture.page import PAGE, render
from torture.plan import plan
from torture.promises import PROMISES, Broken
from torture.run import Run


def figures(broken: list[Broken]) -> dict[str, Any]:
    run = Run(plan(7, 4), kept().world, 12.5, 3.2, [0.0, 2.0, 5.0], {"503": 4}, {"during activity": 2})
    return to_json(Figures.of(run, broken))


def test_the_page_is_written_from_the_committed_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load_all())


def test_without_figures_the_page_says_that_nothing_was_run() -> None:
    page = render({})
    assert page.count("Nothing was run yet.") >= 3
    assert all(promise.text in page for promise in PROMISES)


def test_the_page_counts_what_was_broken_and_names_bugs_that_were_not_caught() -> None:
    kept_figures = {
        "seeds": {"day": "2026-01-01", "commit": "abc", "value": [figures([Broken("none lost", "", "x")])]},
        "bugs": {
            "day": "2026-01-01",
            "commit": "abc",
            "value": [
                {"bug": BUGS[0].name, "promise": "none twice", "caught": True, "sentence": "two |\n of it"},
                {"bug": BUGS[1].name, "promise": "none twice", "caught": False, "sentence": "nothing"},
            ],
        },
    }
    lines = render(kept_figures).splitlines()
    assert next(line for line in lines if line.startswith("| **none lost**")).endswith("| 1 |")
    assert any(BUGS[0].name in line and "| yes | two \\| of it |" in line for line in lines)
    assert any(BUGS[1].name in line and "| **no** |" in line for line in lines)
    assert any(BUGS[2].name in line and "| not run |" in line for line in lines)
    assert "Measured on 2026-01-01 at commit `abc`." in lines


def test_figures_that_were_kept_are_the_same_figures() -> None:
    document = json.loads(json.dumps(figures([Broken("none lost", "", "x")])))
    loaded = Figures.load(document)
    assert to_json(loaded) == document
    assert (loaded.kills, loaded.seconds_between_kills) == (3, 2.5)


def test_what_the_fuzz_leaves_is_added_up_for_each_seed(tmp_path: Path) -> None:
    assert read_fuzz(tmp_path) == {}
    for seed, part, unforeseen in ((7, "a", 0), (7, "b", 2), (8, "a", 0)):
        text = json.dumps({"surface": "the API", "seed": seed, "requests": 10, "unforeseen": unforeseen})
        (tmp_path / str(seed)).mkdir(exist_ok=True)
        (tmp_path / str(seed) / f"{part}.json").write_text(text, encoding="utf-8")
    added = read_fuzz(tmp_path)
    assert added == {
        "fuzz 7": {"surfaces": {"the API": 20}, "requests": 20, "unforeseen": 2},
        "fuzz 8": {"surfaces": {"the API": 10}, "requests": 10, "unforeseen": 0},
    }
    lines = render(
        {name: {"day": "2026-01-01", "commit": "abc", "value": one} for name, one in added.items()}
    ).splitlines()
    assert "| requests | seed 7 | seed 8 |" in lines
    assert "| unforeseen 5xx and answers of the wrong form | 2 | 0 |" in lines
    assert "| at commit | `abc` | `abc` |" in lines
