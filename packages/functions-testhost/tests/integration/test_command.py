"""The command `functions-testhost` prints one line when it is ready, exits with 0 on a signal, else with the reason."""

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
from testhost_folders import APPS


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
    return {**os.environ, **values}


def error_output(app: str, database: Path, *options: str, **values: str) -> str:
    """Runs a host that cannot serve, and returns its error output."""
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
def test_the_command_prints_one_line_when_ready_and_exits_with_0_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
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


def test_the_command_exits_with_1_and_the_reason_when_the_app_cannot_be_served(tmp_path: Path) -> None:
    assert f"There is no function_app.py in {tmp_path}" in error_output(str(tmp_path), tmp_path / "hub.db")
    assert "names the setting 'HOURLY', which is not set" in error_output("timers", tmp_path / "hub.db")


def test_the_command_exits_with_1_and_the_reason_when_a_file_cannot_be_read(tmp_path: Path) -> None:
    settings = tmp_path / "local.settings.json"
    options = ("--settings", str(settings))
    assert f"The settings file {settings} cannot be read" in error_output(
        "ledger", tmp_path / "hub.db", *options
    )
    settings.write_text("{")
    assert f"The settings file {settings} cannot be read: Expecting" in error_output(
        "ledger", tmp_path / "hub.db", *options
    )
    (tmp_path / "function_app.py").write_text("import azure.functions as func\napp = func.FunctionApp()\n")
    (tmp_path / "host.json").write_text("no json")
    message = error_output(str(tmp_path), tmp_path / "hub.db")
    assert f"{tmp_path / 'host.json'} cannot be used: Expecting value" in message


def test_an_app_that_raises_while_it_is_loaded_is_shown_in_its_own_words(tmp_path: Path) -> None:
    script = tmp_path / "function_app.py"
    script.write_text("\n\nraise ValueError('line 3 of the policy: unknown key')\n")
    message = error_output(str(tmp_path), tmp_path / "hub.db")
    assert f"{script} cannot be loaded. It raises ValueError:\nline 3 of the policy: unknown key\n" in message
    assert f"({script}, line 3; --log-level debug shows the traceback)" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--app", "no-such-folder", "argument --app: there is no folder no-such-folder"),
        ("--database", "no-such-folder/hub", "argument --database: there is no folder no-such-folder"),
        ("--time-scale", "0", "argument --time-scale: must be positive, not 0"),
        ("--clock", "slow", "argument --clock: invalid choice: 'slow'"),
    ],
)
def test_the_command_rejects_a_wrong_option_with_the_reason(option: str, value: str, reason: str) -> None:
    command = [sys.executable, "-m", "functions_testhost", option, value]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr


def test_the_command_exits_with_1_and_the_reason_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = error_output("ledger", tmp_path / "hub.db", "--port", port)
    assert f"Port {port} cannot be opened" in message
