"""Builds what is deployed: the folder `dist/app`, and a zip of the same files.

The lists below name everything that Azure gets, and nothing else is taken: notes, logs, virtual environments and
editors' files may lie anywhere in the checkout.

`--backend`, or else the environment variable GALLERIST_DURABLE_BACKEND, says where Durable Functions keeps its state.
It is written into the package's host.json: what scales the app reads that file, not the app settings that could
override it (Azure/azure-functions-durable-extension, issues 2622 and 2803).

`azd` runs this file with whatever Python 3 the machine has (see azure.yaml), so it imports the standard library only,
nothing of this project, and keeps to the syntax of Python 3.9.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

FILES = ("function_app.py", "host.json", "policy.yaml", "requirements.txt")
"""Single files, relative to the root."""

PACKAGES = (
    "activities",
    "adapters",
    "api",
    "dashboard",
    "domain",
    "entities",
    "orchestrators",
    "services",
    "triggers",
)
"""Python packages, of which every module is taken, and of their data files those of the page."""

BACKEND = "GALLERIST_DURABLE_BACKEND"
"""The environment variable; `azd` passes every variable of its environment to a hook."""

BACKENDS = ("storage", "scheduler")
"""Azure Storage, which host.json names as it stands, and the Durable Task Scheduler."""

SCHEDULER: dict[str, Any] = {
    # the name of the task hub in infra/modules/durable-task-scheduler.bicep
    "hubName": "gallerist",
    "storageProvider": {
        "type": "azureManaged",
        "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    },
}
"""What the scheduler replaces of `extensions.durableTask`."""

# The earliest date that a zip can hold. One date for every entry: the same files always make the same zip.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


class IncompleteSourceError(Exception):
    """A file or package of the lists above is not in the source folder."""


def main() -> int:
    """Builds both and prints where they are."""
    dist, backend = ROOT / "dist", chosen_backend()
    try:
        files = write_folder(ROOT, dist / "app", backend)
    except IncompleteSourceError as error:
        sys.stderr.write(f"package.py: {error}\n")
        return 1
    suffix = "" if backend == "storage" else f"-{backend}"
    package = dist / f"gallerist-{version(ROOT)}{suffix}.zip"
    write_zip(dist / "app", files, package)
    sys.stdout.write(
        f"{dist / 'app'}: {len(files)} files for the backend {backend}\n"
        f"{package}: {package.stat().st_size // 1024} KiB\n"
    )
    return 0


def chosen_backend() -> str:
    """Returns the backend of the command line, or else of the environment, or else Azure Storage."""
    parser = argparse.ArgumentParser(prog="package.py", description="Builds dist/app and a zip of it.")
    parser.add_argument("--backend", choices=BACKENDS, help=f"default: {BACKEND}, or else storage")
    chosen = parser.parse_args().backend or os.environ.get(BACKEND) or "storage"
    if chosen not in BACKENDS:
        parser.error(f"{BACKEND} is '{chosen}'; use one of {', '.join(BACKENDS)}")
    return str(chosen)


def version(root: Path) -> str:
    """Returns the version that `domain/about.py` states."""
    stated: str = runpy.run_path(str(root / "domain" / "about.py"))["VERSION"]
    return stated


def page(root: Path) -> list[str]:
    """Returns the files of the page that `dashboard/files.py` names; none if that is missing."""
    names = root / "dashboard" / "files.py"
    served = runpy.run_path(str(names))["NAMES"] if names.is_file() else ()
    return [f"dashboard/static/{name}" for name in served]


def packaged_files(root: Path) -> list[Path]:
    """Returns the files of the package, relative to `root` and sorted.

    Raises:
        IncompleteSourceError: `root` lacks a file or package of the lists.
    """
    files = [*FILES, *page(root)]
    missing = [name for name in files if not (root / name).is_file()]
    missing += [name for name in PACKAGES if not (root / name / "__init__.py").is_file()]
    if missing:
        message = f"{root} has no {', '.join(missing)}; add what is missing, or correct the lists in scripts/package.py"
        raise IncompleteSourceError(message)
    modules = [module for name in PACKAGES for module in _modules(root / name)]
    return sorted([Path(name) for name in files] + [module.relative_to(root) for module in modules])


def _modules(package: Path) -> list[Path]:
    """Returns every file that Python can import from the package and its sub-packages."""
    modules = []
    for folder, folders, names in os.walk(package):
        inside = Path(folder)
        # a folder without an __init__.py is not part of the package: a virtual environment, say
        folders[:] = [name for name in folders if (inside / name / "__init__.py").is_file()]
        modules += [inside / name for name in names if _is_module(inside / name)]
    return modules


def _is_module(file: Path) -> bool:
    # editors put their own files beside the one that is open, such as `.#plan.py`
    return file.suffix == ".py" and file.stem.isidentifier()


def write_folder(root: Path, target: Path, backend: str = "storage") -> list[Path]:
    """Replaces the folder `target` with the package's files for a backend; returns them, relative to `target`."""
    files = packaged_files(root)
    if target.exists():
        shutil.rmtree(target)
    for file in files:
        copy = target / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, copy)
    if backend == "scheduler":
        _name_scheduler(target / "host.json")
    return files


def _name_scheduler(host_json: Path) -> None:
    document = json.loads(host_json.read_text(encoding="utf-8"))
    document["extensions"]["durableTask"].update(SCHEDULER)
    # the same bytes on every machine, also on Windows
    host_json.write_bytes((json.dumps(document, indent=2) + "\n").encode("utf-8"))


def write_zip(root: Path, files: list[Path], target: Path) -> None:
    """Writes these files of the folder `root` into the zip `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # stored, not compressed: builds of zlib differ in what they make of the same bytes
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as package:
        for file in files:
            entry = zipfile.ZipInfo(file.as_posix(), _ZIP_DATE)
            entry.external_attr = _READABLE_FILE
            # zipfile writes 0 on Windows
            entry.create_system = _UNIX
            package.writestr(entry, (root / file).read_bytes())


if __name__ == "__main__":
    sys.exit(main())
