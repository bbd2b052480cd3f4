"""One clock for the host and another program: the host moves it through everything that is due at either."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from functions_testhost import AppError, HostServer
from functions_testhost.clock import Clock
from testhost_client import TestClient
from testhost_folders import APPS

START = datetime(2026, 1, 5, tzinfo=UTC)


def after(**parts: float) -> datetime:
    return START + timedelta(**parts)


class Peer:
    """A program whose clock the host moves. It records the moves, and acts at the moments in `due`."""

    def __init__(self) -> None:
        self.now = START
        self.due: list[datetime] = []
        self.moves: list[datetime] = []
        self.act: Callable[[], None] = lambda: None
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.answer(self)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.move_to(datetime.fromisoformat(body["to"]))
                peer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}/time"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def move_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)
        self.moves.append(self.now)
        if self.due and self.due[0] <= self.now:
            self.due.pop(0)
            self.act()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        following = min(self.due).isoformat() if self.due else None
        data = json.dumps({"now": self.now.isoformat(), "next": following}).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


@pytest.fixture
def host(peer: Peer, tmp_path: Path) -> Iterator[TestClient]:
    """A host with a manual clock that shares the peer's time."""
    clock = Clock("manual", peer=peer.url)
    with (
        HostServer(APPS / "patterns", tmp_path / "hub.db", clock=clock) as server,
        TestClient(server) as client,
    ):
        yield client


def pass_time(host: TestClient, seconds: float) -> dict[str, Any]:
    response = host.http.post("/_host/clock", json={"run_seconds": seconds})
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_the_host_starts_at_the_peers_time_and_stands_still(host: TestClient) -> None:
    first = host.http.get("/_host/clock").json()
    assert first["now"].startswith("2026-01-05T00:00:00")
    assert host.http.get("/_host/clock").json() == first


def test_time_passes_through_what_is_due_at_the_host_and_at_the_peer_in_order(
    host: TestClient, peer: Peer
) -> None:
    peer.due = [after(minutes=10), after(minutes=90)]
    sleeper = host.start("sleeping", 3600)
    pass_time(host, 7200)
    assert peer.moves == [after(minutes=10), after(hours=1), after(minutes=90), after(hours=2)]
    assert host.status(sleeper)["runtimeStatus"] == "Completed"


def test_what_the_peer_sends_happens_at_the_moment_that_it_is_due(host: TestClient, peer: Peer) -> None:
    peer.due = [after(minutes=10)]
    peer.act = lambda: httpx.post(f"{host.host.url}/api/start/one/late", json=None).raise_for_status()
    pass_time(host, 3600)
    assert host.status("late")["createdTime"].startswith("2026-01-05T00:10:00")
    assert host.status("late")["runtimeStatus"] == "Completed"


def test_time_stops_at_the_end_of_the_run_although_something_is_due_later(
    host: TestClient, peer: Peer
) -> None:
    sleeper = host.start("sleeping", 3600)
    assert pass_time(host, 1800)["now"].startswith("2026-01-05T00:30:00")
    assert peer.now == after(minutes=30)
    assert host.status(sleeper)["runtimeStatus"] == "Running"


def to_next(host: TestClient) -> dict[str, Any]:
    response = host.http.post("/_host/clock", json={"run_to_next": True})
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_time_passes_to_the_next_moment_at_which_something_is_due_at_either(
    host: TestClient, peer: Peer
) -> None:
    peer.due = [after(minutes=10)]
    sleeper = host.start("sleeping", 3600)

    first, second, third = to_next(host), to_next(host), to_next(host)

    assert [first["now"][:16], second["now"][:16]] == ["2026-01-05T00:10", "2026-01-05T01:00"]
    assert host.status(sleeper)["runtimeStatus"] == "Completed"
    assert (third["moved"], third["now"]) == (False, second["now"])


def test_no_time_passes_while_the_work_of_the_present_moment_is_done(host: TestClient) -> None:
    instance = host.start("chain", 5)
    assert pass_time(host, 0)["now"].startswith("2026-01-05T00:00:00")
    assert host.status(instance)["runtimeStatus"] == "Completed"


def test_a_jump_moves_the_peer_too(host: TestClient, peer: Peer) -> None:
    host.http.post("/_host/clock", json={"advance_seconds": 60}).raise_for_status()
    assert peer.now == after(minutes=1)


def test_a_clock_with_a_peer_cannot_become_real(host: TestClient) -> None:
    response = host.http.post("/_host/clock", json={"mode": "real"})
    assert response.status_code == 400
    assert "must skip or be manual" in response.json()["error"]


def test_a_skipping_clock_moves_the_peer(peer: Peer, tmp_path: Path) -> None:
    clock = Clock("skip", peer=peer.url)
    with (
        HostServer(APPS / "patterns", tmp_path / "hub.db", clock=clock) as server,
        TestClient(server) as client,
    ):
        client.run("sleeping", 3600)
    assert peer.now >= after(hours=1)


def test_a_host_that_continues_moves_the_peer_to_its_time(peer: Peer, tmp_path: Path) -> None:
    database = tmp_path / "hub.db"
    with (
        HostServer(APPS / "patterns", database, clock=Clock("manual", peer=peer.url)) as server,
        TestClient(server) as client,
    ):
        pass_time(client, 3600)
    with (
        Peer() as fresh,
        HostServer(APPS / "patterns", database, clock=Clock("manual", peer=fresh.url)),
    ):
        assert fresh.now == after(hours=1)


def test_a_peer_that_does_not_answer_is_an_error_that_names_it(tmp_path: Path) -> None:
    clock = Clock("manual", peer="http://127.0.0.1:1/time")
    with (
        pytest.raises(AppError, match=r"The clock's peer at http://127\.0\.0\.1:1/time does not answer"),
        HostServer(APPS / "patterns", tmp_path / "hub.db", clock=clock),
    ):
        pass


def test_a_real_clock_cannot_have_a_peer() -> None:
    with pytest.raises(ValueError, match="must skip or be manual"):
        Clock("real", peer="http://127.0.0.1:1/time")


@pytest.mark.parametrize(
    "change", [{"run_seconds": -1}, {"run_seconds": "long"}, {"run_seconds": True}, {"run_to_next": 1}]
)
def test_a_wrong_change_is_refused(paused: TestClient, change: dict[str, object]) -> None:
    response = paused.http.post("/_host/clock", json=change)
    assert response.status_code == 400


def test_time_can_pass_without_a_peer(paused: TestClient) -> None:
    """Timers fire at their own time, not late."""
    sleeper = paused.start("sleeping", 60)
    pass_time(paused, 3600)
    assert paused.status(sleeper)["runtimeStatus"] == "Completed"
