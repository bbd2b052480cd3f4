"""The command ``python -m functions_testhost``: one line when ready, 0 after SIGTERM, else the reason."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from testhost_client import APPS

ROOT = Path(__file__).parents[3]


def command(app: str, database: Path, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "functions_testhost",
        "--app",
        str(APPS / app),
        "--database",
        str(database),
        *options,
    ]


def environment(**values: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **values}


def refused(app: str, database: Path, *options: str, **values: str) -> str:
    """Run a host that cannot serve, and give what it says."""
    done = subprocess.run(
        command(app, database, *options),
        env=environment(**values),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_in_one_line_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    settings = tmp_path / "local.settings.json"
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": {"HOURLY": "0 0 * * * *", "TZ": "Mars"}}))
    options = ("--port", "0", "--settings", str(settings), "--clock", "manual")
    with subprocess.Popen(
        command("timers", tmp_path / "hub.db", *options),
        cwd=tmp_path,
        env=environment(TZ="UTC"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line: dict[str, Any] = json.loads(process.stdout.readline())
        assert line["url"].startswith("http://127.0.0.1:")
        assert line["routes"] == [{"function": "show", "methods": [], "url": f"{line['url']}/api/calls"}]
        assert line["event_grid"] == f"{line['url']}/runtime/webhooks/EventGrid"
        assert line["durable"] == f"{line['url']}/runtime/webhooks/durabletask"
        assert line["functions"] == ["broken", "hourly", "often", "show"]
        assert httpx.get(f"{line['url']}/api/calls").status_code == 200
        process.send_signal(number)
        rest, errors = process.communicate()
        assert (process.returncode, rest) == (0, "")
        assert "Traceback" not in errors
        assert "Unclosed" not in errors


def test_an_app_that_cannot_be_served_is_a_1_with_the_reason(tmp_path: Path) -> None:
    assert f"There is no function_app.py in {tmp_path}" in refused(str(tmp_path), tmp_path / "hub.db")
    assert "names the setting 'HOURLY', which is not set" in refused("timers", tmp_path / "hub.db")


def test_a_port_that_is_taken_is_a_1_with_the_reason(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = refused("ledger", tmp_path / "hub.db", "--port", port)
    assert f"Port {port} cannot be opened" in message
