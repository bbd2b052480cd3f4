"""Virtual environments in which only the README's `pip install` line has run.

`make test` uses one that is kept. The slow tests make fresh ones, of a wheel, for each Python that is here.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from simulator_readme import PACKAGE, code_block

# in a repository of several packages the environment is kept in the repository's build folder
BUILD = (PACKAGE.parents[1] if PACKAGE.parent.name == "packages" else PACKAGE) / "build"
KEPT = "kept"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(
    scope="session", params=[KEPT, *(pytest.param(python, marks=pytest.mark.slow) for python in PYTHONS)]
)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of the environment's commands."""
    pip, install, package, *others = code_block("console", "pip install azure-compute-simulator").split()
    assert (pip, install, package) == ("pip", "install", "azure-compute-simulator")
    if request.param == KEPT:
        return _kept(others)
    return _fresh(request.param, tmp_path_factory.mktemp(f"python{request.param}"), others)


def _kept(others: list[str]) -> Path:
    """The environment is created for each content of pyproject.toml and for each `pip install` line.

    A change of the source only installs the package again, without its dependencies.
    """
    metadata = (PACKAGE / "pyproject.toml").read_bytes()
    folder = BUILD / f"azure-compute-simulator-{_digest(metadata, *others, sys.version)}"
    commands = folder / "bin"
    installed = folder / "installed"
    source = _digest(*(path.read_bytes() for path in sorted((PACKAGE / "src").rglob("*.py"))))
    if not installed.exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _pip(commands, "install", str(PACKAGE), *others)
    elif installed.read_text(encoding="utf-8") != source:
        _pip(commands, "install", "--force-reinstall", "--no-deps", str(PACKAGE))
    installed.write_text(source, encoding="utf-8")
    return commands


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


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
    return digest.hexdigest()[:12]


def _pip(commands: Path, command: str, *words: str) -> None:
    _run(str(commands / "python"), "-m", "pip", command, "--quiet", "--disable-pip-version-check", *words)


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(command)}: {finished.stdout}{finished.stderr}"
