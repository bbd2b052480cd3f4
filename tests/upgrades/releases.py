"""The packages of releases, and of the code as it is: what a deployment puts in the place of what runs."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from local.stack import ROOT
from scripts.package import write_folder

RELEASES = ROOT / "tests" / "replay" / "releases"


def newest_release() -> Path:
    """Returns the folder of what the newest release has saved."""
    return max(RELEASES.iterdir(), key=lambda folder: tuple(map(int, folder.name.split("."))))


def released_app(release: Path, folder: Path) -> Path:
    """Writes the package of a release from its code."""
    return _package(released_code(release, folder / "code"), folder / "app")


def released_code(release: Path, folder: Path) -> Path:
    """Writes the code of a release into a folder; skips the test where git does not have it."""
    described: dict[str, Any] = json.loads((release / "release.json").read_text(encoding="utf-8"))
    revision = described["revision"]
    git = shutil.which("git")
    if git is None:
        pytest.skip(f"without git, the code of release {described['version']} cannot be read")
    archived = subprocess.run([git, "archive", revision], cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(
            f"git does not have {revision}, the code of release {described['version']}: the clone is shallow, or it is"
            f" no clone ({archived.stderr.decode().strip()})"
        )
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def app_as_it_is(folder: Path, **versions: str) -> Path:
    """Writes the package of the code as it is, with these settings of versions in host.json."""
    app = _package(ROOT, folder)
    host_json = app / "host.json"
    document = json.loads(host_json.read_text(encoding="utf-8"))
    document["extensions"]["durableTask"].update(versions)
    host_json.write_text(json.dumps(document), encoding="utf-8")
    return app


def _package(code: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_folder(code, folder, "storage")
    return folder
