"""A host that is killed at any moment continues when it is started again on the same task hub."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.app import App, load_app
from functions_testhost.history import Event, EventType
from functions_testhost.instances import Instance, Status
from functions_testhost.replay import Replay
from functions_testhost.sdk import orchestrator_context, run_orchestrator
from functions_testhost.tables import Query
from functions_testhost.task_hub import TaskHub
from testhost_folders import APPS
from testhost_process import HostProcess


def expected_output(name: str) -> list[Any]:
    return [f"{name} first", *(f"{name} part {n}" for n in range(3)), 1, f"{name} child"]


def assert_all_finished(host: HostProcess, names: list[str]) -> None:
    instances = host.instances()
    assert set(instances) == {*names, *(f"{name}-child" for name in names)}
    for name in names:
        assert instances[name]["output"] == expected_output(name)


def test_a_host_killed_while_a_timer_runs_continues_after_a_restart(tmp_path: Path) -> None:
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger", "--clock", "manual") as host:
        host.start("a")
        host.wait_until_idle()
        host.kill()
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger", "--clock", "manual") as host:
        assert host.instances()["a"]["runtimeStatus"] == "Running"
        host.http.post("/_host/clock", json={"advance_seconds": 3600})
        host.wait_until_idle()
        assert_all_finished(host, ["a"])
        assert host.stop() == 0
    lines = (tmp_path / "ledger").read_text().splitlines()
    assert Counter(lines) == {line: 1 for line in expected_output("a") if isinstance(line, str)}


def test_two_hosts_never_share_a_task_hub(tmp_path: Path) -> None:
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger") as host:
        (tmp_path / "link.db").symlink_to(tmp_path / "hub.db")
        (tmp_path / "folder").symlink_to(tmp_path)
        for name in ("hub.db", "link.db", "folder/hub.db"):
            assert HostProcess(tmp_path / name, tmp_path / "ledger").refusal() == (
                3,
                f"Another host is running on the task hub {tmp_path / 'hub.db'}. Stop it, or use another file.",
            )
        assert host.health()["state"] == "healthy"


def test_time_does_not_go_back_when_a_host_is_started_again(tmp_path: Path) -> None:
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger", "--time-scale", "100000") as host:
        before = host.http.get("/_host/clock").json()["now"]
        host.kill()
    with HostProcess(tmp_path / "hub.db", tmp_path / "ledger") as host:
        assert host.http.get("/_host/clock").json()["now"] > before


@pytest.mark.parametrize(("instances", "kills"), [(20, 70), pytest.param(60, 200, marks=pytest.mark.slow)])
def test_many_kills_lose_nothing_and_apply_nothing_twice(tmp_path: Path, instances: int, kills: int) -> None:
    """Every instance ends with its result, every call has one result, and every history replays to the same end."""
    database, ledger = tmp_path / "hub.db", tmp_path / "ledger"
    script = [sys.executable, str(Path(__file__).parents[1] / "kill_loop.py"), str(database)]
    environment = {**os.environ, "LEDGER": str(ledger)}
    loop = subprocess.run(
        [*script, str(instances), str(kills), "20261"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loop.returncode == 0, loop.stderr
    assert int(loop.stdout) >= kills / 2, f"only {loop.stdout} kills"
    app, hub = load_app(APPS / "ledger"), TaskHub(database)
    names = [f"e{number}" for number in range(instances)]
    assert {instance.instance_id for instance in hub.query(Query())} == {
        *names,
        *(f"{n}-child" for n in names),
    }
    for instance in hub.query(Query()):
        assert instance.status is Status.COMPLETED
        assert_replays(app, instance, hub.history(instance.instance_id))
    for name in names:
        assert hub.find(name).output == json.dumps(expected_output(name))
        assert hub.entity(f"@tally@{name}").state == "1", "one call, applied once"
    hub.close()
    assert set(ledger.read_text().splitlines()) == {
        line for name in names for line in expected_output(name) if isinstance(line, str)
    }


def assert_replays(app: App, instance: Instance, events: list[Event]) -> None:
    answered = Counter(event["TaskScheduledId"] for event in events if "TaskScheduledId" in event)
    assert set(answered.values()) == {1}, "a call had two results"
    context = orchestrator_context(
        history=events,
        instance_id=instance.instance_id,
        input_text=instance.input_text,
        parent_instance_id=None,
    )
    answer = run_orchestrator(app.orchestrators[instance.orchestrator].code, context)
    replay = Replay(instance.instance_id, instance.execution_id, answer.actions)
    replay.run(event for event in events if history.kind(event) is not EventType.EXECUTION_COMPLETED)
    assert (answer.is_done, answer.output) == (True, instance.output)
    assert (replay.finished, replay.new_decisions()) == (True, [])
