"""Runs Microsoft's own worker library over an app, to compare it with this host.

The library needs Python 3.13 and is installed once, in a virtual environment of its own under `build/`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.app import App
from functions_testhost.sdk import orchestrator_context
from testhost_folders import BUILD

DRIVER = Path(__file__).parent / "testhost_worker_driver.py"
RUNTIME = "azure-functions-runtime==1.3.0"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Call = dict[str, Any]


@dataclass(frozen=True)
class Worker:
    """The worker library in an environment of its own."""

    python: Path

    def run(self, folder: Path, *calls: Call) -> dict[str, Any]:
        """Indexes an app and makes the calls.

        Returns `functions` (the bindings by name) and `results` in the order of the calls, or a `failure`.
        """
        environment = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "VIRTUAL_ENV")}
        done = subprocess.run(
            [str(self.python), str(DRIVER), str(folder)],
            input=json.dumps(calls),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


def install_worker(name: str, requirements: list[str]) -> Worker:
    """Installs the worker library behind an app's own requirements, unless `build/<name>` has it already.

    `requirements` are arguments of `pip install`. Skips the test when there is no Python 3.13, or when the library
    cannot be installed.
    """
    python = find_python("3.13")
    if python is None:
        pytest.skip("there is no Python 3.13 on this machine, and Microsoft's worker library needs it")
    files = [Path(word).read_bytes() for word in requirements if Path(word).is_file()]
    content = b"\0".join([*(word.encode() for word in requirements), *files, RUNTIME.encode()])
    wanted = hashlib.sha256(content).hexdigest()
    environment = BUILD / name
    worker = Worker(environment / "bin" / "python")
    marker = environment / "installed"
    if marker.exists() and marker.read_text() == wanted:
        return worker
    pip = [str(worker.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [python, "-m", "venv", "--clear", str(environment)],
        [*pip, *requirements],
        [*pip, RUNTIME],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{RUNTIME} cannot be installed here: {done.stderr[-300:]}")
    marker.write_text(wanted)
    return worker


def find_python(version: str) -> str | None:
    """Returns a Python of this version. A name on the path may be an empty shim, so each candidate is run."""
    installed = (Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python{version}")
    candidates = [sys.executable, shutil.which(f"python{version}"), *(str(python) for python in installed)]
    return next((python for python in candidates if python and _version(python) == version), None)


def _version(python: str) -> str:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def http_call(
    function: str,
    *,
    method: str = "GET",
    url: str = "http://host/",
    params: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: str = "",
) -> Call:
    """Builds a call of an HTTP function whose trigger parameter is `req`."""
    request = {
        "method": method,
        "url": url,
        "headers": {},
        "query": query or {},
        "params": params or {},
        "body": body,
    }
    return {"function": function, "inputs": {"req": {"kind": "http", "value": request}}}


def durable_call(function: str, parameter: str, text: str) -> Call:
    """Builds a call of a durable function with JSON text."""
    return {"function": function, "inputs": {parameter: {"kind": "string", "value": text}}}


def first_episode(app: App, orchestrator: str, body: Any) -> str:
    """Returns the argument of an orchestrator's first call."""
    started = history.execution_started(
        NOW,
        orchestrator=orchestrator,
        version="1.0",
        instance_id="i",
        execution_id="x",
        input_text=json.dumps(json.dumps(body)),
        parent=None,
    )
    assert orchestrator in app.orchestrators
    return orchestrator_context(
        history=[history.orchestrator_started(NOW), started],
        instance_id="i",
        input_text=started["Input"],
        parent_instance_id=None,
    )


def bindings(app: App) -> dict[str, list[dict[str, Any]]]:
    """Returns the bindings of each function, as the worker reports them."""
    return {function.name: list(function.bindings) for function in app.functions.values()}
