"""What `azd` deploys, as azure.yaml tells it: the folder that the hook builds from any checkout."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.package import ROOT, packaged_files
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
