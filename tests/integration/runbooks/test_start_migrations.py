"""The Python runbook starts migrations, waits for them, and fails the job if an image was not migrated."""

import ast
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from client import Gallerist
from local.stack import Stack
from tests.integration.callers import COMPUTE, SUBSCRIPTION, Time
from tests.integration.runbooks.conftest import RUNBOOK


@pytest.fixture
def time(stack: Stack) -> Time:
    return Time(stack)


@pytest.mark.usefixtures("account")
def test_one_image_is_migrated(runbook: ModuleType, time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    """The runbook waits as long as Retry-After says, and stops when the migration ends."""
    runbook.main([f"{COMPUTE}/images/one"], time.sleep)
    assert capsys.readouterr().out.splitlines() == [
        f"{COMPUTE}/images/one: started",
        f"{COMPUTE}/images/one: completed",
        "1 of 1 managed images are migrated",
    ]
    assert set(time.slept) == {10}


@pytest.mark.usefixtures("account")
def test_the_images_of_a_subscription_that_match_are_migrated(
    runbook: ModuleType, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    runbook.main([SUBSCRIPTION, "many-*"], time.sleep)
    out = capsys.readouterr().out
    assert "many-1: completed" in out
    assert "many-2: completed" in out
    assert "2 of 2 managed images are migrated" in out


@pytest.mark.usefixtures("account")
def test_the_job_fails_with_the_reason_if_an_image_is_blocked(
    runbook: ModuleType, time: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other images are migrated."""
    with pytest.raises(runbook.RunbookError) as failure:
        runbook.main([SUBSCRIPTION, "*OO*"], time.sleep)
    assert "1 of 2 managed images are migrated" in capsys.readouterr().out
    assert f"{COMPUTE}/images/too-large: blocked: " in str(failure.value)
    assert "/images/good" not in str(failure.value)


@pytest.mark.usefixtures("account")
def test_a_migration_that_is_already_running_is_waited_for(
    runbook: ModuleType, time: Time, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The runbook can be run again at any time."""
    image = f"{COMPUTE}/images/running"
    with Gallerist(stack.api, stack.host["keys"]["function"]) as gallerist:
        gallerist.start_migration(image)
    runbook.main([image], time.sleep)
    assert capsys.readouterr().out.splitlines()[:2] == [f"{image}: already running", f"{image}: completed"]


@pytest.mark.usefixtures("account")
def test_the_job_fails_if_an_image_cannot_be_started(runbook: ModuleType, time: Time) -> None:
    with pytest.raises(runbook.RunbookError, match=r"images/none: HTTP 404: .* does not exist"):
        runbook.main([f"{COMPUTE}/images/none"], time.sleep)
    assert time.slept == []


@pytest.mark.parametrize("arguments", [[], [""], ["a", "b", "c"]])
@pytest.mark.usefixtures("account")
def test_wrong_parameters_are_explained(runbook: ModuleType, arguments: list[str]) -> None:
    with pytest.raises(runbook.RunbookError, match="pass a managed image's id, or a subscription's id"):
        runbook.main(arguments)


def test_the_job_fails_without_the_key(stack: Stack, assets: Path) -> None:
    """Azure Automation sees an exit code other than 0, and the reason in the last lines."""
    done = run_job([f"{COMPUTE}/images/one"], assets, {"GalleristUrl": stack.api})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"{COMPUTE}/images/one: HTTP 401")


def test_the_job_fails_without_the_url_of_the_api(assets: Path) -> None:
    done = run_job([SUBSCRIPTION], assets, {})
    assert done.returncode == 1
    assert "the Automation account has no variable GalleristUrl" in done.stderr.splitlines()[-1]


def run_job(
    arguments: list[str], assets: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(assets), **variables}
    return subprocess.run(
        [sys.executable, str(RUNBOOK), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )


class Entra(BaseHTTPRequestHandler):
    """The identity endpoint of Azure Automation, and an API that demands an Entra token, in one server."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/identity":
            known = self.headers["X-IDENTITY-HEADER"] == "secret" and self.headers["Metadata"] == "True"
            self._send(200 if known else 401, {"access_token": f"token for {query}"})
        else:
            token = self.headers["Authorization"] == "Bearer token for resource=api%3A%2F%2Fgallerist"
            allowed = token and "x-functions-key" not in self.headers
            self._send(200 if allowed else 401, {"images": []})

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


@pytest.fixture
def entra() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Entra) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_with_an_entra_token_the_runbook_needs_and_sends_no_key(entra: str, assets: Path) -> None:
    variables = {
        "GalleristUrl": f"{entra}/api",
        "GalleristAudience": "api://gallerist",
        "IDENTITY_ENDPOINT": f"{entra}/identity",
        "IDENTITY_HEADER": "secret",
    }
    done = run_job([SUBSCRIPTION], assets, variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 of 0 managed images are migrated\n"


def test_the_runbook_parses_on_the_oldest_python_that_it_names() -> None:
    ast.parse(RUNBOOK.read_text(encoding="utf-8"), feature_version=(3, 10))
