"""Where the app's folder stands on the import path: first here, last in Azure, with a warning where that matters."""

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

SCRIPT_MODULE = "function_app"


def put_first(folder: Path) -> None:
    """Puts the app's folder first, so that its own packages win wherever the host was started.

    The worker puts it last (its `sys.path.append`), behind the installed packages. Doing the same here would let the
    packages of this process win: those of the current folder and of every editable install beside the host.
    """
    entry = str(folder)
    sys.path[:] = [entry, *(other for other in sys.path if other != entry)]


def find_conflicts(folder: Path) -> Iterator[str]:
    """Yields a sentence for each of the app's own top-level modules whose name another one has.

    Call it when the app has been imported. Only modules that something has imported are looked at.
    """
    elsewhere = [entry for entry in sys.path if Path(entry or ".").resolve() != folder]
    for name in sorted(_own_names(folder)):
        module = sys.modules.get(name)
        if module is None:
            continue
        origin = _origin(module)
        if not origin.is_relative_to(folder):
            yield f"'{name}' was imported from {origin}, not from the app's folder: rename the app's"
        elif other := _find(name, elsewhere):
            yield f"'{name}' exists in {other} too, which wins in Azure if it is installed there: rename the app's"


def _own_names(folder: Path) -> set[str]:
    modules = {file.stem for file in folder.glob("*.py")}
    packages = {file.parent.name for file in folder.glob("*/*.py")}
    return (modules | packages) - {SCRIPT_MODULE}


def _origin(module: ModuleType) -> Path:
    """Returns the file of a module, or the folder of a package without `__init__.py`."""
    if module.__file__:
        return Path(module.__file__).resolve()
    return Path(next(iter(getattr(module, "__path__", [])), "built-in")).resolve()


def _find(name: str, entries: list[str]) -> str | None:
    """Returns the file that `name` would be imported from; a package without `__init__.py` never wins."""
    spec = PathFinder.find_spec(name, entries)
    return spec.origin if spec and spec.loader else None
