"""A virtual environment in which only the README's `pip install` line has run."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from simulator_readme import PACKAGE, code_block

# in a repository of several packages the environment is kept in the repository's build folder
BUILD = (PACKAGE.parents[1] if PACKAGE.parent.name == "packages" else PACKAGE) / "build"


@pytest.fixture(scope="session")
def environment() -> Path:
    """Returns the folder of the environment's commands.

    It is created for each content of pyproject.toml and for each `pip install` line. A change of the source only
    installs the package again, without its dependencies.
    """
    pip, install, package, *others = code_block("console", "pip install azure-compute-simulator").split()
    assert (pip, install, package) == ("pip", "install", "azure-compute-simulator")
    metadata = (PACKAGE / "pyproject.toml").read_bytes()
    folder = BUILD / f"azure-compute-simulator-{_digest(metadata, *others, sys.version)}"
    commands = folder / "bin"
    installed = folder / "installed"
    source = _digest(*(path.read_bytes() for path in sorted((PACKAGE / "src").rglob("*.py"))))
    if not installed.exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _pip_install(commands, str(PACKAGE), *others)
    elif installed.read_text(encoding="utf-8") != source:
        _pip_install(commands, "--force-reinstall", "--no-deps", str(PACKAGE))
    installed.write_text(source, encoding="utf-8")
    return commands


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
    return digest.hexdigest()[:12]


def _pip_install(commands: Path, *words: str) -> None:
    _run(str(commands / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words)


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(command)}: {finished.stdout}{finished.stderr}"
