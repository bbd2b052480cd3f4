"""While its task hub cannot be used, the host says so; afterwards what it had accepted goes on by itself.

The faults are real: SQLite's own limits, a limit of the operating system on the process, a full or read-only disk.
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from functions_testhost.clock import Clock
from testhost_client import Serve, TestClient
from testhost_process import HostProcess

API = "/runtime/webhooks/durabletask"
READ_ONLY = "it is read-only; let this user write the file and its folder"


@contextmanager
def full(client: TestClient) -> Iterator[None]:
    """Lets the file grow by no more than a few requests: then SQLite reports a full disk."""
    store = client.host._hub.store
    with store.guard:
        (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
        store.connection.execute(f"PRAGMA max_page_count={pages + 30}")
    yield
    with store.guard:
        store.connection.execute("PRAGMA max_page_count=1000000")


@contextmanager
def read_only(client: TestClient) -> Iterator[None]:
    """Lets SQLite refuse every change."""
    store = client.host._hub.store
    with store.guard:
        store.connection.execute("PRAGMA query_only=ON")
    yield
    with store.guard:
        store.connection.execute("PRAGMA query_only=OFF")


def start(client: TestClient, name: str) -> httpx.Response:
    return client.http.post(f"{API}/orchestrators/mixture/{name}", json="x" * 20_000)


def health(client: TestClient) -> dict[str, Any]:
    answer = client.http.get("/_host/health")
    seen = dict(answer.json())
    assert answer.status_code == (200 if seen["state"] == "healthy" else 503)
    return seen


def wait_for_health(read: Callable[[], dict[str, Any]], state: str) -> None:
    while read()["state"] != state:
        pass


def assert_problem(answer: httpx.Response, reason: str) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert (problem["title"], problem["status"]) == ("The task hub is unavailable", 503)
    assert reason in problem["detail"]
    assert problem["Message"] == problem["detail"]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEDGER", str(tmp_path / "ledger"))
    return tmp_path / "ledger"


def test_on_a_full_disk_nothing_accepted_is_lost_and_work_goes_on_with_room_again(
    serve: Serve, ledger: Path
) -> None:
    client = serve("ledger")
    reason = "the disk is full; make room (database or disk is full)"
    with full(client):
        answers = {f"m{number}": start(client, f"m{number}") for number in range(10)}
        refused = [answer for answer in answers.values() if answer.status_code != 202]
        assert refused
        for answer in refused:
            assert_problem(answer, reason)
        state = health(client)
        assert (state["state"], state["abandoned"], state["notices"]) == ("unavailable", 0, [])
        assert reason in state["reason"]
        assert state["since"]
    accepted = [name for name, answer in answers.items() if answer.status_code == 202]
    assert accepted
    assert start(client, "later").status_code == 202
    for name in (*accepted, "later"):
        assert client.wait(name)["runtimeStatus"] == "Completed"
    assert client.http.get("/_host/status").json()["instances"] == {"Completed": 2 * (len(accepted) + 1)}
    assert health(client) == {**health(client), "state": "healthy", "reason": "", "since": None}
    lines = ledger.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 5 * (len(accepted) + 1), "nothing ran twice"


def test_the_result_of_an_activity_waits_for_the_task_hub(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is not done again because its result could not be stored."""
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setenv("LEDGER", str(tmp_path / "fifo"))
    client = serve("ledger")
    lines: list[str] = []
    # whoever opens a named pipe waits for the other side
    client.http.post(f"{API}/orchestrators/child/c", json='"one"')
    while (seen := client.http.get("/_host/status").json())["activities"] != 1 or seen["in_flight"] != 1:
        pass
    with read_only(client):
        lines += (tmp_path / "fifo").read_text().splitlines()
        wait_for_health(lambda: health(client), "unavailable")
        while client.http.get("/_host/status").json()["in_flight"]:
            pass
        assert client.status("c")["runtimeStatus"] == "Running"
    assert client.wait("c")["output"] == "one child"
    assert lines == ["one child"]


def test_every_way_to_change_something_is_refused_with_the_reason(serve: Serve, ledger: Path) -> None:
    client = serve(clock=Clock("manual"))
    client.start("waiting", instance_id="w")
    client.wait_until_idle()
    with read_only(client):
        answers = [
            client.http.post(f"{API}/orchestrators/echo"),
            client.raise_event("w", "Go"),
            *(client.manage("w", operation) for operation in ("terminate", "suspend", "restart")),
            client.http.delete(f"{API}/instances", params={"createdTimeFrom": "2020-01-01"}),
            client.http.post(f"{API}/entities/counter/k?op=add"),
            client.http.post("/_host/clock", json={"advance_seconds": 1}),
            # functions of the app that get nothing but an error from the SDK's client
            client.http.post("/api/start/echo"),
        ]
        for answer in answers:
            assert_problem(answer, READ_ONLY)
        assert client.status("w")["runtimeStatus"] == "Running"
        assert client.http.get("/api/hello/bob").status_code == 200
        for function in ("broken", "explained"):
            assert_problem(client.http.put(f"/api/{function}"), READ_ONLY)
    answer = client.http.put("/api/broken")
    assert (answer.status_code, answer.text) == (500, ""), "that is a failure of the app alone"
    assert client.http.put("/api/explained").text == "failed, and the log says why"
    assert health(client)["state"] == "healthy"


def test_timers_entities_and_orchestrations_go_on_after_a_fault(serve: Serve, ledger: Path) -> None:
    client = serve("ledger")
    names = [f"n{number}" for number in range(8)]
    for name in names:
        start(client, name)
        with read_only(client):
            wait_for_health(lambda: health(client), "unavailable")
    for name in names:
        assert client.wait(name)["runtimeStatus"] == "Completed"
    assert client.http.get("/_host/status").json()["instances"] == {"Completed": 16}
    assert len(set(ledger.read_text().splitlines())) == 5 * len(names)
    assert health(client)["abandoned"] == 0


def test_damage_that_is_found_while_the_host_runs_stops_all_changes(serve: Serve, tmp_path: Path) -> None:
    client = serve(clock=Clock("manual"))
    client.start("waiting", "x" * 50_000, "w")
    client.wait_until_idle()
    store = client.host._hub.store
    with store.guard:
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # it forgets the pages that it has read
        store.connection.execute("PRAGMA shrink_memory")
    with (tmp_path / "hub.db").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom((tmp_path / "hub.db").stat().st_size - 4096))
    answers = [client.http.post(f"{API}/orchestrators/echo") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[-1].json()["title"] == "The task hub is damaged"
    assert health(client)["state"] == "damaged"
    assert "is damaged: database disk image is malformed. Put a copy back" in health(client)["reason"]


def test_changes_that_were_lost_are_among_the_notices(serve: Serve, tmp_path: Path) -> None:
    client = serve(clock=Clock("manual"))
    client.start("waiting", instance_id="w")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for suffix in ("", ".lock"):
        shutil.copy(tmp_path / f"hub.db{suffix}", crashed)
    with HostProcess(crashed / "hub.db", tmp_path / "ledger") as host:
        state = host.health()
        assert state["state"] == "healthy"
        assert "of its changes: its write-ahead log was cut, damaged or deleted" in state["notices"][0]
        assert state["task_hub"] == str(crashed / "hub.db")


def test_after_errors_of_the_disk_work_goes_on(tmp_path: Path) -> None:
    """A limit of the operating system lets writes fail, also in the middle of a commit."""
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger", "--clock", "skip") as host:
        limits = resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE)
        host.start("a")
        resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (8192, limits[1]))
        refused = host.http.post(f"{API}/orchestrators/mixture/b")
        assert_problem(refused, "the disk reports an error")
        assert host.health()["state"] == "unavailable"
        resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, limits)
        host.start("b")
        while host.http.get("/_host/status").json()["instances"] != {"Completed": 4}:
            assert len(host.instances()) <= 4
        assert host.health()["state"] == "healthy"
        assert host.stop() == 0


# at the start


@pytest.mark.parametrize(
    ("spoil", "code", "reason"),
    [
        (lambda file: file.mkdir(), 4, "cannot be read or written: Is a directory."),
        (lambda file: file.write_bytes(b"no database" * 100), 5, "is damaged: file is not a database."),
        (lambda file: file.with_name("hub.db.keys").touch(), 5, "is damaged: it holds no keys;"),
    ],
    ids=["a folder", "no database", "no keys"],
)
def test_the_command_says_why_it_cannot_use_the_file(
    tmp_path: Path, spoil: Callable[[Path], None], code: int, reason: str
) -> None:
    spoil(tmp_path / "hub.db")
    exit_code, line = HostProcess(tmp_path / "hub.db", tmp_path / "ledger").refusal()
    assert exit_code == code
    assert reason in line


# on a disk of its own


@pytest.fixture
def may_mount(tmp_path: Path) -> None:
    """Whether this user may mount a disk that only one process sees."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs `unshare` and the right to mount in a namespace of its own")


def mounted(folder: Path, *steps: str) -> tuple[str, ...]:
    script = " && ".join([*steps, 'exec "$@"'])
    return ("unshare", "-rm", "sh", "-c", script.replace("FOLDER", f"'{folder}'"), "sh")


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
def test_a_read_only_disk_is_refused(tmp_path: Path) -> None:
    read_only_disk = mounted(tmp_path, "mount --bind FOLDER FOLDER", "mount -o remount,ro,bind FOLDER")
    for _ in range(2):
        host = HostProcess(tmp_path / "hub.db", tmp_path / "ledger", prefix=read_only_disk)
        assert host.refusal() == (
            4,
            f"The task hub {tmp_path / 'hub.db'} cannot be read or written: {READ_ONLY} (Read-only file system).",
        )
        with HostProcess(tmp_path / "hub.db", tmp_path / "ledger") as writable:
            assert writable.stop() == 0


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
def test_a_disk_that_is_full_and_gets_room_again(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    small = mounted(disk, "mount -t tmpfs -o size=600k none FOLDER")
    with HostProcess(disk / "hub.db", tmp_path / "ledger", "--clock", "skip", prefix=small) as host:
        seen_from_outside = Path(f"/proc/{host.process.pid}/root{disk}")
        filler = seen_from_outside / "filler"
        filler.write_bytes(b"x" * 100_000)
        answers = [host.http.post(f"{API}/orchestrators/mixture/m{number}") for number in range(60)]
        accepted = sum(answer.status_code == 202 for answer in answers)
        assert 0 < accepted < 60
        assert_problem(answers[-1], "the disk is full")
        wait_for_health(host.health, "unavailable")
        subprocess.run(
            [
                *("nsenter", "-t", str(host.process.pid), "-U", "-m", "--preserve-credentials"),
                *("mount", "-o", "remount,size=50m", str(disk)),
            ],
            check=True,
        )
        while (counts := host.http.get("/_host/status").json()["instances"]) != {"Completed": 2 * accepted}:
            assert sum(counts.values()) <= 2 * accepted
        wait_for_health(host.health, "healthy")


def test_a_full_disk_at_the_start_is_refused(tmp_path: Path) -> None:
    """A limit of the operating system stands for it: the file cannot be made."""
    # a process that is measured would have no room for its figures
    prefix = ("env", "-u", "COVERAGE_PROCESS_CONFIG", "sh", "-c", 'ulimit -f 4; exec "$@"', "sh")
    host = HostProcess(tmp_path / "hub.db", tmp_path / "ledger", prefix=prefix)
    code, line = host.refusal()
    assert code == 4
    assert line.startswith(f"The task hub {tmp_path / 'hub.db'} cannot be read or written: the disk")
