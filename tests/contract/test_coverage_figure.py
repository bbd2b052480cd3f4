"""The README's figure of coverage is compared with the measured one at the end of `make coverage`."""

import json
from pathlib import Path

import pytest

from scripts.check_coverage import README, figure_problem, main, stated_figure

SENTENCE = "Tests cover 97 % of the app's lines and branches"


@pytest.mark.parametrize("measured", [96.0, 97.4, 98.0])
def test_a_figure_within_one_point_is_accepted(measured: float) -> None:
    assert figure_problem(SENTENCE, measured) is None


@pytest.mark.parametrize("measured", [95.9, 98.1])
def test_a_figure_that_is_off_by_more_than_one_point_is_refused(measured: float) -> None:
    assert figure_problem(SENTENCE, measured) == "README.md states 97 %; write the measured figure there"


def test_a_readme_without_the_figure_is_refused() -> None:
    problem = figure_problem("# Gallerist", 97.0)
    assert problem
    assert problem.startswith("README.md states no figure")
    assert "Tests cover 97 % of the app's lines and branches" in problem


def test_the_readme_states_the_figure() -> None:
    assert stated_figure(README.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize(("measured", "code"), [(97.0, 0), (80.0, 1)])
def test_the_command_fails_when_the_readme_is_wrong(
    measured: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(SENTENCE, encoding="utf-8")
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"totals": {"percent_covered": measured}}), encoding="utf-8")
    assert main([str(report)], readme) == code
    assert f"{measured} % measured" in capsys.readouterr().out
