"""The command `functions-testhost` as a process of its own, which a test can kill."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx
from testhost_folders import APPS


class HostProcess:
    """The host in its own process, ready when the block is entered. `prefix` is a command that runs it."""

    def __init__(self, database: Path, ledger: Path, *options: str, prefix: tuple[str, ...] = ()) -> None:
        arguments = ["--app", str(APPS / "ledger"), "--port", "0", "--database", str(database), *options]
        self.command = [*prefix, sys.executable, "-m", "functions_testhost", *arguments]
        self._environment = {**os.environ, "LEDGER": str(ledger)}

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        self.description = json.loads(self.process.stdout.readline())
        self.http = httpx.Client(base_url=self.description["url"], timeout=10)
        return self

    def refusal(self) -> tuple[int, str]:
        """Runs a host that cannot serve. Returns its exit code and the last line of its error output."""
        done = subprocess.run(
            self.command, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr.splitlines()[-1]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()

    def start(self, name: str) -> None:
        answer = self.http.post(f"/runtime/webhooks/durabletask/orchestrators/mixture/{name}")
        assert answer.status_code == 202, answer.text

    def health(self) -> dict[str, Any]:
        return dict(self.http.get("/_host/health").json())

    def wait_until_idle(self) -> None:
        while not self.http.get("/_host/status").json()["idle"]:
            pass

    def instances(self) -> dict[str, dict[str, Any]]:
        listed = self.http.get("/runtime/webhooks/durabletask/instances?top=1000").json()
        return {instance["instanceId"]: instance for instance in listed}
