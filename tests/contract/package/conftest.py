"""The package as Azure gets it: built, unpacked into an empty folder, with a virtual environment of its own."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.package import ROOT, write_folder, write_zip

# The only requirement of the embedded host that is not one of the app's.
HOST_REQUIREMENT = "croniter"


@dataclass(frozen=True)
class Runtime:
    """A virtual environment of requirements.txt alone, and a folder with the embedded host."""

    python: Path
    host: Path


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that `make package` builds."""
    folder = tmp_path_factory.mktemp("package")
    files = write_folder(ROOT, folder / "app")
    write_zip(folder / "app", files, folder / "gallerist.zip")
    return folder / "gallerist.zip"


@pytest.fixture
def app(package: Path, tmp_path: Path) -> Path:
    """A folder that holds the content of the zip and nothing else."""
    folder = tmp_path / "app"
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """The environment is kept under build/, and installed again only when requirements.txt or Python changes."""
    requirements = ROOT / "requirements.txt"
    host_requirement = next(
        line
        for line in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{HOST_REQUIREMENT}==")
    )
    content = requirements.read_bytes() + host_requirement.encode() + sys.version.encode()
    folder = ROOT / "build" / f"package-{hashlib.sha256(content).hexdigest()[:12]}"
    runtime = Runtime(folder / "bin" / "python", folder / "host")
    ready = folder / "ready"
    if not ready.exists():
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = [str(runtime.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "--requirement", str(requirements))
        run(*pip, "--no-deps", "--target", str(runtime.host), host_requirement)
        ready.touch()
    _copy_host(runtime.host)
    return runtime


def _copy_host(folder: Path) -> None:
    """Copies the embedded host's code as it is now, so that nothing else of this project is importable."""
    target = folder / "functions_testhost"
    shutil.rmtree(target, ignore_errors=True)
    source = ROOT / "packages" / "functions-testhost" / "src" / "functions_testhost"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
