"""The Python runbook does what the table says with every answer that the API can give."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.runbooks.answers import CASES, Server, check, serve
from tests.integration.runbooks.conftest import RUNBOOK

JOBS = Path(__file__).parent / "jobs.py"


def run_jobs(python: str, server: Server, names: list[str]) -> list[dict[str, list[Any]]]:
    """Runs the jobs of these cases one after the other in one process; returns what each did."""
    jobs = [
        {
            "variables": {"GalleristUrl": f"{server.api(name)}/", "GalleristTimeoutSeconds": "1"},
            "arguments": CASES[name].arguments,
        }
        for name in names
    ]
    done = subprocess.run(
        [python, str(JOBS), str(RUNBOOK)], input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    results: list[dict[str, list[Any]]] = json.loads(done.stdout)
    return results


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture(scope="module")
def results(server: Server) -> dict[str, dict[str, list[Any]]]:
    """What the job of each case did."""
    return dict(zip(CASES, run_jobs(sys.executable, server, list(CASES)), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_job_does_what_the_table_says(
    name: str, server: Server, results: dict[str, dict[str, list[Any]]]
) -> None:
    """The PowerShell runbook is held against the same table."""
    check(name, results[name], server)


def test_it_runs_on_the_oldest_python_that_it_names() -> None:
    """Azure Automation offers Python 3.10."""
    python = shutil.which("python3.10")
    if python is None or subprocess.run([python, "-V"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Python 3.10")
    with serve() as server:
        names = ["names in another case", "it fails"]
        results = run_jobs(python, server, names)
    assert [result["output"] for result in results] == [CASES[name].output for name in names]
