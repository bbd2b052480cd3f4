"""Virtual environments in which only the README's `pip install` line has run, one for each Python that is here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from simulator_readme import PACKAGE, code_block

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="session", params=[pytest.param(python, marks=pytest.mark.slow) for python in PYTHONS])
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of the environment's commands."""
    pip, install, package, *others = code_block("console", "pip install azure-compute-simulator").split()
    assert (pip, install, package) == ("pip", "install", "azure-compute-simulator")
    return _fresh(request.param, tmp_path_factory.mktemp(f"python{request.param}"), others)


def _fresh(version: str, folder: Path, others: list[str]) -> Path:
    """The package is installed as anybody gets it: from a wheel."""
    _run(_python(version), "-m", "venv", str(folder / "venv"))
    commands = folder / "venv" / "bin"
    _pip(commands, "wheel", "--no-deps", "--wheel-dir", str(folder), str(PACKAGE))
    [wheel] = folder.glob("*.whl")
    _pip(commands, "install", str(wheel), *others)
    return commands


def _python(version: str) -> str:
    """Returns a Python of this version. A name on the path may be an empty shim, so each candidate is run."""
    installed = (Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python{version}")
    candidates = [shutil.which(f"python{version}"), *(str(python) for python in installed)]
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in [sys.executable if version == THIS else None, *candidates]:
        if python is not None:
            done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                return python
    pytest.skip(f"there is no Python {version} on this machine")


def _pip(commands: Path, command: str, *words: str) -> None:
    _run(str(commands / "python"), "-m", "pip", command, "--quiet", "--disable-pip-version-check", *words)


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(command)}: {finished.stdout}{finished.stderr}"
