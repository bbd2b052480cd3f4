"""The SQLite connection of a task hub: checks at the start, transactions, and whether it can be used right now.

tables.py defines the tables, task_hub.py the transactions.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions_testhost.hub_errors import TaskHubDamagedError, TaskHubError, TaskHubVersionError, of_sqlite
from functions_testhost.hub_file import HubFile
from functions_testhost.tables import ADDITIONS, SCHEMA

log = logging.getLogger(__name__)

# the version of SCHEMA; 0 is a file of a time when no version was kept
VERSION = 1
# another program may look into the file; a host waits longer than this by trying again
BUSY_SECONDS = 1.0
# a fault that lasts is met many times a second
LOG_SECONDS = 60.0
LOOK_BYTES = 64 * 1024
# the numbers that SQLite has given to queued messages: they only grow, and nearly every transaction takes one
CHANGES = "SELECT COALESCE(SUM(seq), 0) FROM sqlite_sequence"


class Store:
    """One open task hub. Several threads may share it; only one process may open it.

    Args:
        file: the SQLite file.
        survives_power_cut: whether each transaction reaches the disk before it counts. Otherwise a power cut loses the
            last ones; the end of the process never does.

    Raises:
        TaskHubError: the file cannot be used.
    """

    def __init__(self, file: Path, *, survives_power_cut: bool = False) -> None:
        self.guard = threading.RLock()
        self._logged: dict[str, float] = {}
        # until then, the caller tells why it cannot be used
        self._is_open = False
        # why the last access failed, and since when accesses fail
        self.fault: TaskHubError | None = None
        self.since: datetime | None = None
        # what the operator should know although the host runs
        self.notices: list[str] = []
        self.file = HubFile(file)
        try:
            with self._translated():
                self.connection = sqlite3.connect(
                    self.file.path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
                )
                self._prepare("FULL" if survives_power_cut else "NORMAL")
            self._is_open = True
        except BaseException:
            self.close()
            raise

    def _prepare(self, synchronous: str) -> None:
        self.connection.row_factory = sqlite3.Row
        version = self._check_version()
        (found,) = self.connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise TaskHubDamagedError(self.file.path, str(found).replace("\n", " "))
        self.connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};")
        if version != VERSION:
            self.connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")
        self.connection.executescript(f"BEGIN; {ADDITIONS} COMMIT;")
        (changes,) = self.connection.execute(CHANGES).fetchone()
        lost = (self.file.changes_before or 0) - changes
        if lost > 0:
            self._note_lost_changes(lost)
        self.file.mark(changes)

    def _check_version(self) -> int:
        """Returns the version of the file's tables; 0 for a new one. Nothing has been written before this.

        Raises:
            TaskHubVersionError: the tables are not those of this version.
        """
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        path = self.file.path
        if version > VERSION:
            raise TaskHubVersionError(
                f"The task hub {path} was written by a later version of the host (schema {version}, and this one has"
                f" {VERSION}). Use that version, or another file."
            )
        difference = _difference(_columns(self.connection))
        if difference:
            raise TaskHubVersionError(
                f"The file {path} has other tables than a task hub of this version: {difference}. Use the program that"
                " wrote it, or another file."
            )
        return int(version)

    def _note_lost_changes(self, lost: int) -> None:
        notice = (
            f"The task hub {self.file.path} lacks the last {lost} of its changes: its write-ahead log was cut, damaged"
            " or deleted, the power failed, or an older copy was put back. What had been accepted then is lost: look"
            " for it, and start it again."
        )
        self.notices.append(notice)
        log.error(notice)

    def close(self) -> None:
        """Closes the file and releases its lock."""
        with self.guard:
            if hasattr(self, "connection"):
                with contextlib.suppress(sqlite3.Error):
                    self.connection.close()
            self.file.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commits what is done in the block, or nothing of it.

        Raises:
            TaskHubError: the file cannot be used; nothing is changed.
        """
        with self.guard:
            with self._translated():
                if isinstance(self.fault, TaskHubDamagedError):
                    # more changes would only make it harder to mend
                    raise self.fault.with_traceback(None)
                self.file.check_in_place()
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self.connection
                    (changes,) = self.connection.execute(CHANGES).fetchone()
                    self.connection.execute("COMMIT")
                except BaseException:
                    # SQLite itself has rolled back after some errors
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise
                self.file.mark(changes)
            self._recovered()

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Returns all rows of a query.

        Raises:
            TaskHubError: the file cannot be read.
        """
        with self.guard, self._translated():
            return self.connection.execute(statement, values).fetchall()

    def look(self) -> TaskHubError | None:
        """Tries to write as much as a large request needs, and returns why the file cannot be used now, or None."""
        with contextlib.suppress(TaskHubError):
            # two transactions: one alone would write nothing of what it deletes again
            for text in ("x" * LOOK_BYTES, datetime.now(UTC).isoformat()):
                with self.transaction() as connection:
                    connection.execute(
                        "INSERT OR REPLACE INTO stored_values VALUES ('last look', ?)", (f'"{text}"',)
                    )
        return self.fault

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raises errors of SQLite that are the file's as what they say of it, and remembers them."""
        try:
            yield
        except TaskHubError as error:
            self._failed(error)
            raise
        except sqlite3.Error as error:
            fault = of_sqlite(self.file.path, error)
            if fault is None:
                raise
            self._failed(fault)
            raise fault from error

    def _failed(self, fault: TaskHubError) -> None:
        now = time.monotonic()
        if self._is_open and now - self._logged.get(str(fault), -LOG_SECONDS) >= LOG_SECONDS:
            self._logged[str(fault)] = now
            log.error("%s Work that was accepted waits for it", fault)
        self.since = self.since or datetime.now(UTC)
        self.fault = fault

    def _recovered(self) -> None:
        if self.fault is not None:
            log.info("The task hub %s can be used again", self.file.path)
        self.fault = self.since = None


def _columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid"
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return tables


def _difference(found: dict[str, list[str]]) -> str:
    """Describes how tables differ from those of a task hub; nothing for the same ones, and for none at all."""
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(SCHEMA)
        expected = _columns(empty)
    missing = sorted(set(expected) - set(found))
    if found and missing:
        return f"it has no table {', '.join(missing)}"
    for table in expected if found else ():
        if found[table] != expected[table]:
            return (
                f"the columns of '{table}' are {', '.join(found[table])} and not {', '.join(expected[table])}"
            )
    return ""
