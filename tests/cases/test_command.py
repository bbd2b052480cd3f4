"""`--cases` runs another folder: each file is one test with the name, the result and the line that it deserves."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.package import ROOT
from tests.cases.conftest import EXPECTED_FAILURES
from tests.cases.made_up import a_case

UNMET = [{"what": "health.http", "is": 418}]


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/cases",
        "--cases",
        str(folder),
        "-p",
        "no:cacheprovider",
        "-v",
    ]
    # wide enough for pytest to print the reasons of expected failures
    environment = {**os.environ, "COLUMNS": "300"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def write(folder: Path, name: str, case: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(case), encoding="utf-8")


@pytest.mark.slow
def test_each_file_of_a_folder_is_one_test(tmp_path: Path) -> None:
    """The table of expected failures is strict, and does not excuse a file or a step that is wrong."""
    write(tmp_path, "a", a_case(id="passes"))
    write(tmp_path, "b", a_case(id="fails", expect=UNMET))
    write(tmp_path, "c", a_case(id="fails-as-expected", seed={"unknown": []}))
    write(tmp_path, "d", a_case(id="passes-unexpectedly"))
    write(
        tmp_path, "e", a_case(id="cannot-run", steps=[{"do": "fault", "fault": {"x": 1}}, *a_case()["steps"]])
    )
    write(tmp_path, "f", {"id": "broken"})
    marked = ["fails-as-expected", "passes-unexpectedly", "cannot-run", "broken"]
    (tmp_path / EXPECTED_FAILURES).write_text(json.dumps(dict.fromkeys(marked, "known")))

    ended = run(tmp_path)

    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr
    outcomes = [line for line in ended.stdout.splitlines() if line.endswith("%]")]
    assert [outcome.rpartition("[")[0].rpartition("/")[2].strip() for outcome in outcomes] == [
        "a.json::passes the app is healthy PASSED",
        "b.json::fails the app is healthy FAILED",
        "c.json::fails-as-expected the app is healthy XFAIL (known)",
        "d.json::passes-unexpectedly the app is healthy FAILED",
        "e.json::cannot-run the app is healthy FAILED",
        "f.json::not a case FAILED",
    ]
    lines = ended.stdout.splitlines()
    assert "fails: health.http should be 418, but is 200. Expected: The app is healthy." in lines
    assert "[XPASS(strict)] known" in lines
    assert any(
        line.startswith("cannot-run: steps[0] (fault): the simulator refused POST faults: ") for line in lines
    )
    assert any(line.startswith("f.json is not a case: title: Field required; ") for line in lines)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nowhere", "--cases: there is no folder "), (".", "--cases: there is no case (*.json) in ")],
)
def test_a_folder_without_cases_is_an_error(tmp_path: Path, name: str, reason: str) -> None:
    ended = run(tmp_path / name)

    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert reason in ended.stderr
