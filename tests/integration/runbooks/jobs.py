"""Runs jobs of the Python runbook in a process of any Python, on a clock that only their pauses move.

Takes the jobs as JSON on standard input, and writes what each did to standard output.
"""

import importlib.util
import io
import json
import sys
import time
import types
from contextlib import redirect_stdout
from typing import Any

VARIABLES: dict[str, str] = {}


class AutomationAssetNotFound(Exception):  # noqa: N818 # Azure's name
    """As in Azure Automation's module of assets."""


def get_automation_variable(name: str) -> str:
    """As in Azure Automation's module of assets."""
    if name not in VARIABLES:
        raise AutomationAssetNotFound(name)
    return VARIABLES[name]


def load(path: str) -> Any:
    """Returns the runbook as a module."""
    assets: Any = types.ModuleType("automationassets")
    assets.AutomationAssetNotFound = AutomationAssetNotFound
    assets.get_automation_variable = get_automation_variable
    sys.modules["automationassets"] = assets
    spec = importlib.util.spec_from_file_location("start_migrations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["start_migrations"] = module
    spec.loader.exec_module(module)
    return module


def run(runbook: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Runs one job; returns what it wrote, why it failed, and its pauses in whole seconds."""
    VARIABLES.clear()
    VARIABLES.update(job["variables"])
    slept: list[float] = []
    failure = ""
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            runbook.main(job["arguments"], slept.append, lambda: time.monotonic() + sum(slept))
        except runbook.RunbookError as error:
            failure = str(error)
    pauses = [round(seconds) for seconds in slept]
    return {"output": output.getvalue().splitlines(), "failure": failure.splitlines(), "slept": pauses}


if __name__ == "__main__":
    RUNBOOK = load(sys.argv[1])
    json.dump([run(RUNBOOK, job) for job in json.load(sys.stdin)], sys.stdout)
