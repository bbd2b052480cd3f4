"""`gallerist up`: the app on this machine against Azure, which is the simulator; `az` is a stand-in."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure_compute_simulator import SimulatorServer

from api.answers import Migration
from client import Gallerist, UnexpectedAnswerError
from domain.migration.states import ENDS, MigrationState
from local.capture import captured
from local.stack import ROOT
from tests.rehearsal.az import Az
from tests.rehearsal.conftest import written

SUBSCRIPTION = "44444444-4444-4444-8444-444444444444"
GALLERY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
IMAGE = captured(SUBSCRIPTION, "images", "web")
# of real time, in which a machine that is busy has to start a host
PATIENCE_SECONDS = 60

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2, westus2]
  replication: {{first_poll_seconds: 1, longest_poll_seconds: 1}}
"""

SEED = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Up"}],
    "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
    "resources": [{"id": GALLERY, "location": "eastus2"}, IMAGE.machine, IMAGE.image],
}


@pytest.fixture
def azure() -> Iterator[SimulatorServer]:
    """Replication stands still until the test lets it go on."""
    with SimulatorServer(SEED, "manual") as server:
        yield server


@pytest.fixture
def az(azure: SimulatorServer, tmp_path: Path) -> Az:
    return Az(tmp_path / "bin", azure.identity_endpoint, azure.identity_header, SUBSCRIPTION)


class Up:
    """A `gallerist up` in a process of its own, and what it said when it was ready."""

    def __init__(self, folder: Path, azure: SimulatorServer, az: Az, *options: str) -> None:
        hidden = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_TOKEN_CREDENTIALS")
        where = ["--folder", str(folder / "state"), "--policy", str(folder / "policy.yaml"), "--port", "0"]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "cli",
                "up",
                *where,
                "--subscription",
                SUBSCRIPTION,
                "-o",
                "json",
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **{name: value for name, value in os.environ.items() if name not in hidden},
                "PATH": f"{az.folder}{os.pathsep}{os.environ['PATH']}",
                "XDG_STATE_HOME": str(folder / "xdg"),
                "GALLERIST_ARM_ENDPOINT": azure.arm,
                "GALLERIST_ARM_AUDIENCE": "https://management.azure.com",
            },
        )

    def ready(self) -> dict[str, Any]:
        """The JSON that it prints when it is ready; it prints nothing before."""
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        found: dict[str, Any] = json.loads("".join(lines) or "{}")
        return found

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Sends a signal; returns the exit code and what stands on stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors


@contextmanager
def up(folder: Path, azure: SimulatorServer, az: Az, *options: str) -> Iterator[Up]:
    running = Up(folder, azure, az, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


def looked(gallerist: Gallerist, migration: str, wanted: frozenset[MigrationState]) -> Migration:
    """Looks again and again: the host runs in real time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := gallerist.migration(migration)).state not in wanted:
        assert time.monotonic() < deadline, found
    return found


@pytest.mark.slow
def test_a_task_hub_that_is_damaged_is_told_in_one_line(
    tmp_path: Path, azure: SimulatorServer, az: Az
) -> None:
    written(tmp_path / "policy.yaml", POLICY)
    az.sign_in()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "taskhub.sqlite").write_bytes(b"no database" * 100)
    with up(tmp_path, azure, az) as refused:
        _, errors = refused.process.communicate(timeout=PATIENCE_SECONDS)
    assert refused.process.returncode == 1, errors
    assert "is damaged: file is not a database. Put a copy back, or begin" in " ".join(errors.split())
    assert "Traceback" not in errors


@pytest.mark.slow
def test_killed_in_the_middle_of_a_migration_and_started_again_it_goes_on(
    azure: SimulatorServer, az: Az, tmp_path: Path
) -> None:
    written(tmp_path / "policy.yaml", POLICY)
    az.sign_in()
    with up(tmp_path, azure, az) as first:
        ready = first.ready()
        assert ready["url"].startswith("http://127.0.0.1:")
        assert any(text.startswith("events") for text in ready["missing"])
        key_file = Path(ready["key_file"])
        for secret in (key_file, *Path(ready["folder"]).glob("*.*")):
            assert secret.stat().st_mode & 0o077 == 0, secret
        names = {file.name for file in Path(ready["folder"]).iterdir()}
        assert {"taskhub.sqlite.keys", "taskhub.sqlite-wal", "host.log"} <= names
        with Gallerist(ready["url"]) as stranger, pytest.raises(UnexpectedAnswerError, match="401"):
            stranger.images()
        control = f"{ready['url'].removesuffix('/api')}/_host"
        assert httpx.get(f"{control}/health").json()["state"] == "healthy"
        assert httpx.post(f"{control}/worker", json={"action": "kill"}).status_code == HTTPStatus.NOT_FOUND
        with Gallerist(ready["url"], key_file.read_text(encoding="utf-8").strip()) as gallerist:
            started = gallerist.start_migration(IMAGE.image["id"])
            looked(gallerist, started.id, frozenset({MigrationState.REPLICATING}))
        assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL
    for region in ("eastus2", "westus2"):
        azure.set_progress(f"{GALLERY}/images/web/versions/1.0.0", 100, region)
    with up(tmp_path, azure, az) as second:
        ready = second.ready()
        with Gallerist(
            ready["url"], Path(ready["key_file"]).read_text(encoding="utf-8").strip()
        ) as gallerist:
            ended = looked(gallerist, started.id, ENDS)
        assert ended.state is MigrationState.COMPLETED
        code, errors = second.end(signal.SIGINT)
        assert code == 0
        assert "start it again with the same folder" in errors
    versions = [one["id"] for one in azure.state()["resources"] if "/versions/" in one["id"]]
    assert [one.rpartition("/")[2] for one in versions] == ["1.0.0"]
    assert az.tokens > 0
