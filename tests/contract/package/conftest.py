"""The package as Azure gets it: built, unpacked into an empty folder, and with an environment of its own."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.package import ROOT, build_package

# The only thing that the embedded host needs beyond what the app needs itself.
HOST_EXTRA = "croniter"


@dataclass(frozen=True)
class Runtime:
    """An environment of requirements.txt alone, and beside it what the embedded host brings along."""

    python: Path
    host: Path


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that `make package` builds."""
    target = tmp_path_factory.mktemp("package") / "gallerist.zip"
    build_package(ROOT, target)
    return target


@pytest.fixture
def app(package: Path, tmp_path: Path) -> Path:
    """An empty folder with what is in the zip."""
    folder = tmp_path / "app"
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """Installed once for every content of requirements.txt, and kept under build/."""
    requirements = ROOT / "requirements.txt"
    extra = next(
        line
        for line in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{HOST_EXTRA}==")
    )
    content = requirements.read_bytes() + extra.encode() + sys.version.encode()
    folder = ROOT / "build" / f"package-{hashlib.sha256(content).hexdigest()[:12]}"
    runtime = Runtime(folder / "bin" / "python", folder / "host")
    ready = folder / "ready"
    if not ready.exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = [str(runtime.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "--requirement", str(requirements))
        run(*pip, "--no-deps", "--target", str(runtime.host), extra)
        ready.touch()
    _bring_host(runtime.host)
    return runtime


def _bring_host(folder: Path) -> None:
    """The embedded host as it is now, and nothing else of this project."""
    target = folder / "functions_testhost"
    shutil.rmtree(target, ignore_errors=True)
    source = ROOT / "packages" / "functions-testhost" / "src" / "functions_testhost"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
