"""Builds the zip that is deployed: every file that .funcignore leaves, and nothing else."""

import argparse
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parent.parent
DEFAULT_TARGET = ROOT / "dist" / "gallerist.zip"

# The earliest date that a zip can hold: the same files always make the same zip.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16


def main(arguments: list[str] | None = None) -> int:
    """Build the zip and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m scripts.package", description=__doc__)
    parser.add_argument("--target", type=Path, default=DEFAULT_TARGET, help="the zip to write")
    target: Path = parser.parse_args(arguments).target
    files = build_package(ROOT, target)
    sys.stdout.write(f"{target}: {len(files)} files, {target.stat().st_size // 1024} KiB\n")
    return 0


def build_package(root: Path, target: Path) -> list[Path]:
    """Write the zip of a project; returns what is in it, relative to the project's root and sorted."""
    files = sorted(packaged_files(root))
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for file in files:
            entry = zipfile.ZipInfo(file.as_posix(), _EPOCH)
            entry.external_attr = _READABLE_FILE
            package.writestr(entry, (root / file).read_bytes(), zipfile.ZIP_DEFLATED)
    return files


def packaged_files(root: Path) -> Iterator[Path]:
    """The files that .funcignore leaves, relative to the root; an ignored folder is not entered."""
    ignored = GitIgnoreSpec.from_lines((root / ".funcignore").read_text(encoding="utf-8").splitlines())
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not ignored.match_file(f"{(inside / name).as_posix()}/")]
        yield from (inside / name for name in names if not ignored.match_file((inside / name).as_posix()))


if __name__ == "__main__":
    sys.exit(main())
