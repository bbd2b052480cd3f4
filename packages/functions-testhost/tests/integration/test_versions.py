"""An instance of a version that the host does not run waits for one that does, or fails, as on the extension."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from functions_testhost.clock import Clock, Mode
from functions_testhost.server import HostServer
from testhost_client import TestClient
from testhost_folders import APPS


class Deploy(Protocol):
    """Stops the host that runs, and starts one with this host.json on the same task hub."""

    def __call__(self, default: str, clock: Mode = "manual", **settings: str) -> TestClient: ...


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Deploy]:
    app = shutil.copytree(APPS / "patterns", tmp_path / "app")
    with ExitStack() as running:

        def start(default: str, clock: Mode = "manual", **settings: str) -> TestClient:
            running.close()
            durable = {"hubName": "Versions", "defaultVersion": default, **settings}
            document = {"version": "2.0", "extensions": {"durableTask": durable}}
            (app / "host.json").write_text(json.dumps(document), encoding="utf-8")
            host = HostServer(app, tmp_path / "hub.db", clock=Clock(clock))
            return running.enter_context(TestClient(running.enter_context(host)))

        yield start


def start(client: TestClient, orchestrator: str, instance_id: str, version: str) -> None:
    """Starts an instance of this version, and lets what is due happen."""
    address = f"/runtime/webhooks/durabletask/orchestrators/{orchestrator}/{instance_id}"
    assert client.http.post(address, params={"version": version}).status_code == 202
    let_pass(client, 0)


def let_pass(client: TestClient, seconds: float) -> None:
    client.http.post("/_host/clock", json={"run_seconds": seconds}).raise_for_status()


def seen(client: TestClient, instance_id: str) -> tuple[str, list[str]]:
    """Returns the status of an instance, and its history."""
    found = client.status(instance_id, showHistory="true")
    return found["runtimeStatus"], [row["EventType"] for row in found["historyEvents"]]


def times_put_back(caplog: pytest.LogCaptureFixture, instance_id: str) -> int:
    return sum(record.getMessage().startswith(f"{instance_id} waits: ") for record in caplog.records)


def test_an_instance_of_a_newer_version_waits_for_a_newer_host(deploy: Deploy) -> None:
    client = deploy("1.0")
    start(client, "one", "newer", "2.0")
    start(client, "one", "older", "0.9")
    assert seen(client, "newer") == ("Pending", [])
    assert seen(client, "older")[0] == "Completed"

    client = deploy("2.0")
    let_pass(client, 2)

    assert seen(client, "newer")[0] == "Completed"


def test_an_instance_that_waits_is_tried_again_later_and_later(
    deploy: Deploy, caplog: pytest.LogCaptureFixture
) -> None:
    """After 2, 4, 8, 16 and 32 seconds (seen), and not once when nothing else is due on a clock that skips."""
    caplog.set_level(logging.WARNING)
    client = deploy("1.0")
    start(client, "one", "newer", "2.0")
    counts = []
    for seconds in (1, 1, 4, 8, 16, 32):
        let_pass(client, seconds)
        counts.append(times_put_back(caplog, "newer"))
    assert counts == [1, 2, 3, 4, 5, 6]
    assert "newer waits: its version is '2.0', and defaultVersion of host.json is '1.0'" in caplog.text


def test_a_restart_does_not_shorten_the_wait(deploy: Deploy, caplog: pytest.LogCaptureFixture) -> None:
    client = deploy("1.0")
    start(client, "one", "newer", "2.0")
    let_pass(client, 2)
    client = deploy("1.0")
    let_pass(client, 3)
    caplog.set_level(logging.WARNING)
    caplog.clear()

    let_pass(client, 1)
    let_pass(client, 7)
    assert times_put_back(caplog, "newer") == 1
    let_pass(client, 1)

    assert times_put_back(caplog, "newer") == 2


def test_time_does_not_pass_for_what_waits_for_another_host(
    deploy: Deploy, caplog: pytest.LogCaptureFixture
) -> None:
    """A clock that skips would run away, and a wait until something is due would never end."""
    caplog.set_level(logging.WARNING)
    client = deploy("1.0", "skip")
    start(client, "one", "newer", "2.0")
    client.run("sleeping", 3600)
    # once when it came, and once after the hour, to which the clock went in one step
    assert times_put_back(caplog, "newer") == 2

    client = deploy("1.0", "manual")
    moved = client.http.post("/_host/clock", json={"run_to_next": True}).json()["moved"]

    assert not moved


def test_an_instance_that_has_begun_keeps_its_messages(deploy: Deploy) -> None:
    client = deploy("2.0")
    start(client, "waiting", "begun", "2.0")
    start(client, "waiting", "terminated", "2.0")

    client = deploy("1.0")
    assert client.raise_event("begun", "Go", 1).status_code == 202
    assert client.manage("terminated", "terminate", reason="enough").status_code == 202
    let_pass(client, 60)
    assert [seen(client, name) for name in ("begun", "terminated")] == [("Running", ["ExecutionStarted"])] * 2

    client = deploy("2.0")
    let_pass(client, 60)
    assert seen(client, "begun")[0] == "Completed"
    assert seen(client, "terminated")[0] == "Terminated"


def test_an_instance_that_has_not_begun_loses_its_events(deploy: Deploy) -> None:
    client = deploy("1.0")
    start(client, "waiting", "newer", "2.0")
    assert client.raise_event("newer", "Go", 1).status_code == 202
    let_pass(client, 0)

    client = deploy("2.0")
    let_pass(client, 60)

    assert seen(client, "newer") == ("Running", ["ExecutionStarted"])


def test_a_termination_before_it_has_begun_is_shown_and_has_no_effect(deploy: Deploy) -> None:
    client = deploy("1.0")
    for name in ("runs", "again", "purged"):
        start(client, "one", name, "2.0")
        client.manage(name, "terminate", reason="enough")
    let_pass(client, 0)
    assert client.status("runs")["runtimeStatus"] == "Terminated"
    # a new start and a purge take the first start away
    start(client, "one", "again", "1.0")
    assert client.http.delete("/runtime/webhooks/durabletask/instances/purged").status_code == 200

    client = deploy("2.0")
    let_pass(client, 60)

    assert (client.status("runs")["runtimeStatus"], client.status("runs")["output"]) == ("Completed", 42)
    assert client.status("again")["version"] == "1.0"
    assert client.http.get("/runtime/webhooks/durabletask/instances/purged").status_code == 404


def test_the_strategy_fail_fails_what_is_newer(deploy: Deploy) -> None:
    client = deploy("1.0", versionFailureStrategy="Fail")
    start(client, "one", "newer", "2.0")
    found: dict[str, Any] = client.status("newer", showHistory="true", showHistoryOutput="true")
    assert (found["runtimeStatus"], found["output"]) == (
        "Failed",
        "VersionMismatch: Orchestration version did not comply with Worker Versioning",
    )
    last = found["historyEvents"][-1]
    assert (last["Result"], last["FailureDetails"]["ErrorType"]) == (None, "VersionMismatch")


def test_an_empty_version_is_one(deploy: Deploy) -> None:
    client = deploy("1.0", versionMatchStrategy="Strict")
    start(client, "one", "empty", "")
    assert client.status("empty")["version"] == ""
    assert client.status("empty")["runtimeStatus"] == "Pending"
