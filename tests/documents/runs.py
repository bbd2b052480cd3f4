"""Marks the tests that run commands of the documents, and remembers which commands they are."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# the commands that are run, as they are printed
RUN: set[str] = set()
# the packages' own tests cut these out of their READMEs, by the file that runs them
RUN_BY_PACKAGES = {
    "packages/azure-compute-simulator/tests/installed/test_readme_example.py": [
        "pip install azure-compute-simulator pytest azure-mgmt-compute",
        "azure-compute-simulator --seed seed.json --port 8080",
    ],
    "packages/functions-testhost/tests/package/test_readme.py": [
        "pip install functions-testhost",
        "functions-testhost --app . --port 7071",
        "curl localhost:7071/api/hello/Ada",
    ],
}


def runs(*commands: str) -> Callable[[Any], Any]:
    """Calls the test once for each command, which it gets as `command`."""
    RUN.update(commands)
    return pytest.mark.parametrize("command", commands)


def shell(command: str, folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """Runs a command as a reader of the document does, and returns what it prints."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@contextmanager
def running(
    command: str, folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Iterator[str]]:
    """Starts a command that keeps running, yields its lines, and stops it as Ctrl+C does."""
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout.readline, "")
        finally:
            os.killpg(process.pid, signal.SIGINT)


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what this test run has set up for itself."""
    ours = (
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "COV_CORE_SOURCE",
        "COVERAGE_PROCESS_START",
    )
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return {**inherited, **(variables or {})}
