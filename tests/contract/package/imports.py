"""Which modules of a folder a module imports, found by reading the code and without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path


def import_closure(root: Path, start: str) -> set[Path]:
    """Returns the modules of `root` that the module `start` imports, directly or not, relative to `root`.

    Imports inside functions count as well. Modules that are not in `root` are installed, and are not followed.
    """
    found: set[Path] = set()
    waiting = _files(root, start)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            for name in _imported_names(root, file):
                waiting.extend(_files(root, name))
    return found


def _files(root: Path, name: str) -> list[Path]:
    """Returns the files that importing `name` runs: each package above it, then the module."""
    parts = name.split(".")
    above = [Path(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    return [file for file in [*above, Path(*parts).with_suffix(".py")] if (root / file).is_file()]


def _imported_names(root: Path, file: Path) -> Iterator[str]:
    package = file.parent.parts
    for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield module
            # what is imported from a package may be a module of it
            yield from (f"{module}.{alias.name}" for alias in node.names)
