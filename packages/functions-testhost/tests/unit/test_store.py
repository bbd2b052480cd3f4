"""A task hub whose file is damaged, emptied, of another version or somebody else's is refused at the start."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from functions_testhost.hub_errors import (
    TaskHubDamagedError,
    TaskHubError,
    TaskHubUnavailableError,
    TaskHubVersionError,
)
from functions_testhost.instances import Start
from functions_testhost.key_file import load_keys
from functions_testhost.keys import Keys
from functions_testhost.store import VERSION
from functions_testhost.tables import Query
from functions_testhost.task_hub import TaskHub

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


def start(hub: TaskHub, count: int) -> None:
    for number in range(count):
        hub.start(Start("anything", f"i{number:03}", '"' + "x" * 1000 + '"'), NOW)


def use(file: Path, count: int = 3) -> None:
    """Makes a task hub that has been used and closed."""
    hub = TaskHub(file)
    start(hub, count)
    hub.close()


def crash(file: Path, count: int = 3) -> Path:
    """Returns the task hub of a host that was killed: what it accepted is in the write-ahead log alone."""
    hub = TaskHub(file)
    start(hub, count)
    copy = file.parent / "copy"
    copy.mkdir()
    for one in file.parent.glob("hub.db*"):
        shutil.copy(one, copy)
    hub.close()
    return copy / file.name


def instances(file: Path) -> int:
    hub = TaskHub(file)
    found = len(hub.query(Query()))
    hub.close()
    return found


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def refusal(file: Path, kind: type[TaskHubError]) -> str:
    """Returns the message of the refusal, which is one line, and checks that the file stays as it is."""
    before = file.read_bytes()
    with pytest.raises(kind) as refused:
        TaskHub(file)
    assert file.read_bytes() == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


# emptied, cut, damaged


def test_a_file_that_was_emptied_is_refused(file: Path) -> None:
    use(file)
    os.truncate(file, 0)
    message = refusal(file, TaskHubDamagedError)
    assert message.startswith(f"The task hub {file} is damaged: it is empty, and had 3 changes")
    assert message.endswith("move away the file and the files beside it whose names begin with hub.db.")


@pytest.mark.parametrize("loss", [lambda file: os.truncate(file, 0), Path.unlink], ids=["emptied", "gone"])
def test_a_write_ahead_log_without_its_file_is_refused(file: Path, loss: Callable[[Path], None]) -> None:
    """SQLite would take it for a new file and delete the log. So even a host that left no mark is recognised."""
    left = crash(file)
    left.with_name("hub.db.lock").unlink()
    loss(left)
    with pytest.raises(TaskHubDamagedError, match=r"it is empty or gone, and hub\.db-wal still has changes"):
        TaskHub(left)
    assert left.with_name("hub.db-wal").stat().st_size


def test_a_file_that_is_gone_gives_a_new_task_hub_and_a_warning(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    use(file)
    file.unlink()
    assert instances(file) == 0
    assert "is gone since a host last used it: an empty one begins" in caplog.text


def test_an_empty_file_that_no_host_has_used_gives_a_new_task_hub(file: Path) -> None:
    file.touch()
    assert instances(file) == 0


def cut(log_file: Path) -> None:
    os.truncate(log_file, log_file.stat().st_size // 2)


def spoil(log_file: Path) -> None:
    with log_file.open("r+b") as opened:
        opened.seek(log_file.stat().st_size // 2)
        opened.write(b"garbage" * 1000)


@pytest.mark.parametrize("loss", [cut, spoil, Path.unlink], ids=["cut", "spoiled", "deleted"])
def test_changes_that_are_lost_with_the_write_ahead_log_are_reported(
    file: Path, loss: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    left = crash(file, 30)
    loss(left.with_name("hub.db-wal"))
    hub = TaskHub(left)
    lost = 30 - len(hub.query(Query()))
    assert lost > 0
    [notice] = hub.store.notices
    assert notice.startswith(f"The task hub {left} lacks the last {lost} of its changes: its write-ahead log")
    assert notice in caplog.text
    hub.close()
    assert TaskHub(left).store.notices == [], "the notice appears once"


def test_nothing_is_lost_by_a_crash(file: Path) -> None:
    hub = TaskHub(crash(file, 30))
    assert (len(hub.query(Query())), hub.store.notices) == (30, [])
    hub.close()


def test_a_file_with_garbage_in_the_middle_is_refused(file: Path) -> None:
    use(file, 100)
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 3)
        opened.write(os.urandom(size // 3))
    assert f"The task hub {file} is damaged: " in refusal(file, TaskHubDamagedError)


def test_a_file_that_is_no_database_is_refused(file: Path) -> None:
    file.write_bytes(b"a text, and no database" * 100)
    assert f"The task hub {file} is damaged: file is not a database" in refusal(file, TaskHubDamagedError)


@pytest.mark.parametrize("name", ["hub.db", "hub.db.lock"])
def test_a_folder_in_the_place_of_a_file_is_refused(file: Path, name: str) -> None:
    file.with_name(name).mkdir()
    with pytest.raises(TaskHubUnavailableError, match=r"hub\.db cannot be read or written: Is a directory"):
        TaskHub(file)


def test_links_that_name_each_other_are_refused(file: Path) -> None:
    file.symlink_to(file.with_name("other"))
    file.with_name("other").symlink_to(file)
    with pytest.raises(TaskHubUnavailableError, match="cannot be read or written"):
        TaskHub(file)


# versions


def test_a_file_of_a_later_version_is_refused(file: Path) -> None:
    use(file)
    change(file, f"PRAGMA user_version={VERSION + 1}")
    assert f"(schema {VERSION + 1}, and this one has {VERSION})" in refusal(file, TaskHubVersionError)


@pytest.mark.parametrize("version", [0, VERSION])
def test_a_file_with_another_column_is_refused(file: Path, version: int) -> None:
    use(file)
    change(file, "ALTER TABLE activities ADD COLUMN extra TEXT")
    change(file, f"PRAGMA user_version={version}")
    assert "the columns of 'activities' are sequence," in refusal(file, TaskHubVersionError)


def test_a_file_that_lacks_a_table_is_refused(file: Path) -> None:
    use(file)
    change(file, "DROP TABLE entities")
    assert "has other tables than a task hub of this version: it has no table entities." in refusal(
        file, TaskHubVersionError
    )


def test_a_database_of_another_program_is_refused(file: Path) -> None:
    change(file, "CREATE TABLE mine (value)")
    assert "it has no table activities, entities" in refusal(file, TaskHubVersionError)


def test_a_file_of_a_time_without_versions_is_used(file: Path) -> None:
    use(file)
    change(file, "PRAGMA user_version=0")
    assert instances(file) == 3
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


# who can read what


def modes(folder: Path) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}


def test_every_file_is_private_and_one_that_is_not_becomes_so(file: Path) -> None:
    hub = TaskHub(file)
    load_keys(hub)
    names = {"hub.db", "hub.db-wal", "hub.db-shm", "hub.db.lock", "hub.db.keys"}
    assert modes(file.parent) == dict.fromkeys(names, "0o600")
    for one in file.parent.iterdir():
        one.chmod(0o644)
    hub.close()
    file.with_name("hub.db-wal").touch(0o644)
    hub = TaskHub(file)
    start(hub, 1)
    assert modes(file.parent) == dict.fromkeys(names, "0o600")
    hub.close()


def test_keys_in_the_task_hub_of_an_earlier_version_move_to_their_own_file(file: Path) -> None:
    hub, keys = TaskHub(file), Keys()
    hub.store_value("keys", keys.to_json())
    assert load_keys(hub) == keys
    for one in (file, file.with_name("hub.db-wal")):
        assert keys.master.encode() not in one.read_bytes()
    assert keys.master in file.with_name("hub.db.keys").read_text()
    assert load_keys(hub) == keys
    hub.close()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"master": "a"}'])
def test_a_file_without_its_keys_is_refused(file: Path, content: str) -> None:
    hub = TaskHub(file)
    file.with_name("hub.db.keys").write_text(content)
    with pytest.raises(TaskHubDamagedError, match=r"hub\.db\.keys is damaged: it holds no keys"):
        load_keys(hub)
    hub.close()


# while it is open


def test_a_file_that_was_moved_takes_no_more_changes_until_it_is_back(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite would go on writing into the file that nobody finds any more."""
    caplog.set_level(logging.INFO)
    hub = TaskHub(file)
    file.rename(file.with_name("moved"))
    for _ in range(2):
        with pytest.raises(TaskHubUnavailableError, match="No such file or directory"):
            start(hub, 1)
    file.touch()
    with pytest.raises(TaskHubUnavailableError, match="another file is in its place"):
        start(hub, 1)
    file.unlink()
    file.with_name("moved").rename(file)
    assert hub.store.look() is None
    start(hub, 1)
    assert [record.getMessage().partition(f"{file} ")[2][:22] for record in caplog.records] == [
        "cannot be read or writ",
        "cannot be read or writ",
        "can be used again",
    ], "each fault is logged once"
    hub.close()


def test_a_file_that_is_emptied_takes_no_more_changes(file: Path) -> None:
    hub = TaskHub(file)
    os.truncate(file, 0)
    for _ in range(2):
        with pytest.raises(TaskHubDamagedError, match="it was emptied while the host ran"):
            start(hub, 1)
    hub.close()


def test_a_change_that_another_program_holds_up_can_be_repeated(file: Path) -> None:
    hub = TaskHub(file)
    start(hub, 20)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TaskHubUnavailableError, match="another program keeps it locked"):
            start(hub, 1)
    hub.start(Start("anything", "later"), NOW)
    assert len(hub.query(Query())) == 21
    hub.close()


def test_a_host_without_the_table_of_what_was_put_back_uses_the_same_file(file: Path) -> None:
    """A host of schema 1 that knows no versions wrote the file, or uses it next: neither is refused."""
    use(file)
    change(file, "DROP TABLE put_back")
    assert instances(file) == 3
    change(file, "CREATE TABLE of_a_later_host (anything TEXT)")
    assert instances(file) == 3
