"""The files of a task hub: who may open them, that they are private, and whether they are still what they were.

Beside the file lies `<file>.lock`. The host that has it locked is the only one, and writes into it how many changes the
task hub has had. So the next host sees when the file was emptied or has lost changes.
"""

import fcntl
import logging
import os
import re
from pathlib import Path

from functions_testhost.hub_errors import (
    TaskHubDamagedError,
    TaskHubInUseError,
    TaskHubUnavailableError,
    of_system,
)

log = logging.getLogger(__name__)

PRIVATE = 0o600
# one length for all, so that it is written in place: that works on a full disk, too
MARK = "functions-testhost: a task hub with {:020d} changes\n"
MARKED = re.compile(rb"functions-testhost: a task hub with (\d{20}) changes\n")
# of the file itself, and of those that SQLite keeps beside it
SUFFIXES = ("", "-wal", "-shm", ".lock", ".keys")


class HubFile:
    """A locked file of a task hub. Symbolic links count as the file that they name.

    Raises:
        TaskHubInUseError: another host holds the lock.
        TaskHubUnavailableError: a file cannot be opened or made.
        TaskHubDamagedError: the file was emptied, or only the one beside it is left.
    """

    def __init__(self, file: Path) -> None:
        try:
            self.path = file.resolve()
        except (OSError, RuntimeError) as error:
            raise TaskHubUnavailableError(file, str(error)) from error
        try:
            self._lock = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
        except OSError as error:
            raise of_system(self.path, error) from error
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            marked = MARKED.match(os.pread(self._lock, 100, 0))
            # None: no host has marked it yet
            self.changes_before = int(marked[1]) if marked else None
            self._check_emptied()
            # SQLite gives the files that it makes beside it the same mode
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE))
            self._make_private()
            self._identity = self._read_identity()
        except BlockingIOError:
            raise TaskHubInUseError(self.path) from None
        except OSError as error:
            raise of_system(self.path, error) from error

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @property
    def keys(self) -> Path:
        """The file of the host's keys."""
        return self._beside(".keys")

    def _check_emptied(self) -> None:
        """Refuses an empty file that a host has used.

        SQLite would take it for a new one, and delete what its write-ahead log still has.
        """
        is_gone = not self.path.exists()
        if not is_gone and self.path.stat().st_size:
            return
        log_file = self._beside("-wal")
        if log_file.exists() and log_file.stat().st_size:
            raise TaskHubDamagedError(
                self.path, f"it is empty or gone, and {log_file.name} still has changes"
            )
        if is_gone and self.changes_before is not None:
            log.warning("The task hub %s is gone since a host last used it: an empty one begins", self.path)
            self.changes_before = None
        if self.changes_before is not None:
            raise TaskHubDamagedError(
                self.path, f"it is empty, and had {self.changes_before} changes when a host last used it"
            )

    def _make_private(self) -> None:
        for suffix in SUFFIXES:
            file = self._beside(suffix)
            if not file.exists() or not file.stat().st_mode & 0o077:
                continue
            try:
                file.chmod(PRIVATE)
            except OSError as error:
                log.warning("Others can read %s, and this cannot be changed: %s", file, error.strerror)

    def _read_identity(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def check_in_place(self) -> None:
        """Raises when the file was moved, deleted, replaced or emptied since it was opened.

        SQLite notices nothing of it, and what is written then is lost with the process.

        Raises:
            TaskHubUnavailableError: another file or none is in its place.
            TaskHubDamagedError: it is empty.
        """
        try:
            found = self.path.stat()
        except OSError as error:
            raise of_system(self.path, error) from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise TaskHubUnavailableError(self.path, "another file is in its place; put the first one back")
        if not found.st_size:
            raise TaskHubDamagedError(self.path, "it was emptied while the host ran")

    def mark(self, changes: int) -> None:
        """Notes how many changes the task hub has had. Without it only the next host's look at them is less exact."""
        try:
            os.pwrite(self._lock, MARK.format(changes).encode(), 0)
        except OSError as error:
            log.debug("%s cannot be written: %s", self._beside(".lock"), error)

    def close(self) -> None:
        """Releases the lock."""
        os.close(self._lock)
