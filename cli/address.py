"""Where a Gallerist runs on this machine: `make serve` and `gallerist up` write it down, the command line reads it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cli.errors import CliError


def folder(environ: Mapping[str, str]) -> Path:
    """The folder of the user's state, as the XDG base directory specification has it."""
    state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "gallerist"


@contextmanager
def announced(url: str, environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Lets the command line find the API at this address as long as this process serves it."""
    path = _hosts(environ) / f"{os.getpid()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"url": url, "process": os.getpid()}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def of_local_host(environ: Mapping[str, str]) -> str | None:
    """The address of the API that a running process of this machine announced last; None if there is none."""
    announcements = sorted(_hosts(environ).glob("*.json"), key=_written_at, reverse=True)
    return next((url for path in announcements if (url := _url(path))), None)


def _hosts(environ: Mapping[str, str]) -> Path:
    return folder(environ) / "hosts"


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # its process has just ended
        return 0


def _url(path: Path) -> str | None:
    """The address in an announcement, if its process still runs; one that was killed left it behind."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        url, process = str(found["url"]), int(found["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if _runs(process) else None


def _runs(process: int) -> bool:
    if os.name == "nt":
        # there, signal 0 is Ctrl+C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # it runs, and belongs to somebody else
        return True
    return True


def checked(url: str) -> str:
    """Returns the address of an API.

    Raises:
        CliError: it is no http or https address, or it holds a key.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CliError(
            f"'{url}' is not the address of an API",
            fix="Write it with its scheme and the path of the API.",
            command="gallerist images --url https://<app>.azurewebsites.net/api",
        )
    if parts.query or parts.username or parts.password:
        raise CliError(
            "the address of the API must not hold a key",
            why="addresses end up in histories and logs",
            fix="Put the key into a file, and name the file.",
            command="gallerist images --url https://<app>.azurewebsites.net/api --key-file key.txt",
        )
    return url.rstrip("/")
