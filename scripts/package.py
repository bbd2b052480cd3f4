"""Builds what is deployed: the folder `dist/app`, and a zip of the same files.

The lists below name everything that Azure gets, and nothing else is taken: notes, logs, virtual environments and
editors' files may lie anywhere in the checkout.

`azd` runs this file with whatever Python 3 the machine has (see azure.yaml), so it imports the standard library only,
nothing of this project, and keeps to the syntax of Python 3.9.
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import zipfile
from pathlib import Path

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

# The earliest date that a zip can hold. One date for every entry: the same files always make the same zip.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


class IncompleteSourceError(Exception):
    """A file or package of the lists above is not in the source folder."""


def main() -> int:
    """Builds both and prints where they are."""
    dist = ROOT / "dist"
    try:
        files = write_folder(ROOT, dist / "app")
    except IncompleteSourceError as error:
        sys.stderr.write(f"package.py: {error}\n")
        return 1
    package = dist / f"gallerist-{version(ROOT)}.zip"
    write_zip(dist / "app", files, package)
    sys.stdout.write(f"{dist / 'app'}: {len(files)} files\n{package}: {package.stat().st_size // 1024} KiB\n")
    return 0


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


def write_folder(root: Path, target: Path) -> list[Path]:
    """Replaces the folder `target` with a copy of the package's files; returns them, relative to `target`."""
    files = packaged_files(root)
    if target.exists():
        shutil.rmtree(target)
    for file in files:
        copy = target / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, copy)
    return files


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
