"""Why a task hub cannot be used, derived from the errors of SQLite and of the operating system.

TaskHubError
├── TaskHubInUseError         another host has it open
├── TaskHubUnavailableError   its file cannot be read or written now; this may pass by itself
├── TaskHubDamagedError       its file is damaged, empty, or something else than a task hub
└── TaskHubVersionError       another version of the host wrote it
"""

import errno
import sqlite3
from pathlib import Path


class TaskHubError(Exception):
    """A task hub cannot be used; the message says why and what to do. `exit_code` is that of the command."""

    exit_code = 1
    # what `/_host/health` says of it
    state = "unavailable"


class TaskHubInUseError(TaskHubError):
    """Another host has this task hub open."""

    exit_code = 3

    def __init__(self, file: Path) -> None:
        super().__init__(f"Another host is running on the task hub {file}. Stop it, or use another file.")


class TaskHubUnavailableError(TaskHubError):
    """The file cannot be read or written now: a full disk, a read-only folder, an I/O error."""

    exit_code = 4

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"The task hub {file} cannot be read or written: {reason}.")


class TaskHubDamagedError(TaskHubError):
    """The file is damaged, was emptied, or is no task hub. Only a person can mend that."""

    exit_code = 5
    state = "damaged"

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"The task hub {file} is damaged: {reason}. Put a copy back, or begin with an empty one: move away the file"
            f" and the files beside it whose names begin with {file.name}."
        )


class TaskHubVersionError(TaskHubError):
    """The file has the tables of another version of the host."""

    exit_code = 6


_READ_ONLY = "it is read-only; let this user write the file and its folder"
_FULL = "the disk is full; make room"
_REASONS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_IOERR: "the disk reports an error; look into the log of the operating system",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that it is a file, and who may read and write it",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; end that program",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; end that program",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}
_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SYSTEM_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
}


def of_sqlite(file: Path, error: sqlite3.Error) -> TaskHubError | None:
    """Returns what an error of SQLite says of the file, or None for one that the statement is to blame for."""
    if str(error).startswith("Could not decode to UTF-8"):
        # the module's own error has no code
        return TaskHubDamagedError(file, "it holds text that is none")
    # extended codes, such as that of a failed write, have the primary one in their last byte
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGES:
        return TaskHubDamagedError(file, str(error))
    return TaskHubUnavailableError(file, f"{_REASONS[code]} ({error})") if code in _REASONS else None


def of_system(file: Path, error: OSError) -> TaskHubUnavailableError:
    """Returns what an error of the operating system says of the file."""
    reason = _SYSTEM_REASONS.get(error.errno or 0)
    return TaskHubUnavailableError(file, f"{reason} ({error.strerror})" if reason else str(error.strerror))
