"""What `azd` deploys, as azure.yaml tells it: the folder that the hook builds from any checkout."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.package import BACKEND, BACKENDS, ROOT, SCHEDULER, packaged_files
from tests.contract.package.checkout import copy_with_stray_files

SERVICE: dict[str, Any] = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["services"][
    "gallerist"
]
HOOKS: dict[str, dict[str, str]] = SERVICE["hooks"]["prepackage"]

# isolated and without site-packages: a machine that deploys has Python, and none of this project's requirements
BARE_PYTHON = f"""\
#!/bin/sh
exec '{sys.executable}' -I -S "$@"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_with_stray_files(tmp_path / "checkout")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `python3` has the standard library and nothing else."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "python3").write_text(BARE_PYTHON, encoding="utf-8")
    (commands / "python3").chmod(0o755)
    return f"{commands}{os.pathsep}{os.environ['PATH']}"


def test_the_hook_builds_the_folder_that_azd_deploys(checkout: Path, path: str) -> None:
    """`azd up` is enough: nobody has to run `make package` first, and no requirement has to be installed."""
    service_folder = checkout / SERVICE["project"]
    command = [HOOKS["posix"]["shell"], "-c", HOOKS["posix"]["run"]]
    done = subprocess.run(
        command, cwd=service_folder, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    deployed = service_folder / SERVICE["dist"]
    files = {file.relative_to(deployed) for file in deployed.rglob("*") if file.is_file()}
    assert files == set(packaged_files(ROOT))
    assert [file for file in files if (deployed / file).read_bytes() != (ROOT / file).read_bytes()] == []


def run_hook(checkout: Path, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the hook as azd does, which passes the variables of its environment."""
    command = [HOOKS["posix"]["shell"], "-c", HOOKS["posix"]["run"]]
    environment = {"PATH": path, **variables}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_the_hook_writes_the_backend_of_the_azd_environment_into_host_json(checkout: Path, path: str) -> None:
    """What scales the app reads host.json alone; the rest of the file stays as it is."""
    done = run_hook(checkout, path, **{BACKEND: "scheduler"})
    assert done.returncode == 0, done.stderr
    deployed = json.loads((checkout / SERVICE["dist"] / "host.json").read_text(encoding="utf-8"))
    expected = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    expected["extensions"]["durableTask"] |= SCHEDULER
    assert deployed == expected
    assert (
        "storageProvider"
        not in json.loads((checkout / "host.json").read_text(encoding="utf-8"))["extensions"]
    )
    again = run_hook(checkout, path, **{BACKEND: ""})
    assert again.returncode == 0, again.stderr
    assert (checkout / SERVICE["dist"] / "host.json").read_bytes() == (ROOT / "host.json").read_bytes()


def test_the_hook_stops_azd_when_the_backend_is_unknown(checkout: Path, path: str) -> None:
    done = run_hook(checkout, path, **{BACKEND: "sql"})
    assert done.returncode == 2
    assert f"{BACKEND} is 'sql'; use one of storage, scheduler" in done.stderr


def test_the_parameter_of_the_infrastructure_is_the_same_variable_and_has_the_same_values() -> None:
    parameters = (ROOT / "infra/main.parameters.json").read_text(encoding="utf-8")
    assert f'"durableBackend": {{ "value": "${{{BACKEND}=storage}}" }}' in parameters
    main = (ROOT / "infra/main.bicep").read_text(encoding="utf-8")
    block = main[: main.index("param durableBackend")].rpartition("@allowed(")[2]
    assert tuple(re.findall(r"'(\w+)'", block)) == BACKENDS


def test_the_scheduler_of_the_package_is_the_one_of_the_infrastructure() -> None:
    scheduler = (ROOT / "infra/modules/durable-task-scheduler.bicep").read_text(encoding="utf-8")
    assert f"taskHubName = '{SCHEDULER['hubName']}'" in scheduler
    app = (ROOT / "infra/modules/function-app.bicep").read_text(encoding="utf-8")
    assert f"{SCHEDULER['storageProvider']['connectionStringName']}:" in app


def test_the_hook_stops_azd_when_a_file_is_missing(checkout: Path, path: str) -> None:
    (checkout / "host.json").unlink()
    command = [HOOKS["posix"]["shell"], "-c", HOOKS["posix"]["run"]]
    done = subprocess.run(
        command, cwd=checkout, env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("package.py: ")
    assert "has no host.json" in done.stderr


def test_the_hook_for_windows_runs_the_same_script_and_passes_its_exit_code_on() -> None:
    """Read only: there is no PowerShell where the tests run."""
    lines = HOOKS["windows"]["run"].splitlines()
    assert HOOKS["windows"]["shell"] == "pwsh"
    assert lines[-2:] == ["& $python scripts/package.py", "exit $LASTEXITCODE"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_tests_pass_beside_stray_files(checkout: Path) -> None:
    """Logs and virtual environments in the folder fail no test that looks at the folder's content."""
    tests = ["package/test_package.py", "settings", "infra", "test_names.py", "test_version.py"]
    # the package's own environment would be installed once more, for minutes
    selection = ["-k", "not from_the_zip_alone", "-p", "no:cacheprovider", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *selection, *(f"tests/contract/{name}" for name in tests)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
