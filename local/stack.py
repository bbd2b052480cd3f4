"""Runs the app: the simulated Azure and the embedded host as two processes that start and stop together."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 10
_LONGEST_RUN_SECONDS = 1800
MODULES = {"simulator": "azure_compute_simulator", "host": "functions_testhost"}


# where the one clock begins
START = "2026-01-05T00:00:00+00:00"


class StartError(Exception):
    """A process did not start; the message has its output."""


@dataclass
class Stack:
    """The app with a simulated Azure on one machine; all of its files are in `folder`.

    `seed` is the simulator's seed, `policy` the text of the policy file and `transitions` the simulator's pace.
    `simulator_options` and `host_options` are further arguments of their command lines.
    """

    folder: Path
    seed: Mapping[str, Any]
    policy: str
    transitions: str = "immediate"
    simulator_options: list[str] = field(default_factory=list)
    host_options: list[str] = field(default_factory=list)
    app: Path = ROOT
    # app and simulator share one virtual time, which the host moves
    one_clock: bool = False
    # the clocks run fast or skip, so an hourly sweep would interfere, and what runs each two minutes is seldom needed
    sweep_schedule: str = "0 0 0 1 1 *"
    recovery_schedule: str = "0 0 0 1 1 *"
    simulator: dict[str, Any] = field(default_factory=dict, init=False)
    host: dict[str, Any] = field(default_factory=dict, init=False)
    _processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict, init=False)
    _files: ExitStack = field(default_factory=ExitStack, init=False)

    def __enter__(self) -> Self:
        try:
            self._write_files()
            self.start_simulator()
            self.start_host()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def api(self) -> str:
        """The address of the app's HTTP API."""
        return f"{self.host['url']}/api"

    def start_simulator(self) -> None:
        """Starts the simulated Azure on a free port."""
        seed = str(self.folder / "seed.json")
        arguments = ["--port", "0", "--seed", seed, "--transitions", self.transitions]
        if self.one_clock:
            arguments += ["--standing", "--start", START]
        self.simulator = self._start("simulator", [*arguments, *self.simulator_options], {})

    def start_host(self) -> None:
        """Starts the app on a free port, against the simulated Azure."""
        arguments = ["--app", str(self.app), "--port", "0", "--database", str(self.folder / "taskhub.sqlite")]
        if self.one_clock:
            arguments += ["--clock", "manual", "--clock-peer", f"{self.simulator['control']}/time"]
        self.host = self._start("host", [*arguments, *self.host_options], self.app_settings())

    def app_settings(self) -> dict[str, str]:
        """Returns the settings that point the app to the simulated Azure."""
        return {
            "GALLERIST_ARM_ENDPOINT": self.simulator["arm"],
            "GALLERIST_ARM_AUDIENCE": "https://management.azure.com",
            "GALLERIST_POLICY_FILE": str(self.folder / "policy.yaml"),
            "GALLERIST_SUBSCRIPTIONS": " ".join(entry["id"] for entry in self.seed["subscriptions"]),
            "GALLERIST_SWEEP_SCHEDULE": self.sweep_schedule,
            "GALLERIST_RECOVERY_SCHEDULE": self.recovery_schedule,
            # the app compares the age of histories with the real time
            "GALLERIST_KEEP_DAYS": "0" if self.one_clock else "90",
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "IDENTITY_ENDPOINT": self.simulator["identity_endpoint"],
            "IDENTITY_HEADER": self.simulator["identity_header"],
        }

    def subscribe_to_events(self, schema: str = "EventGridSchema") -> None:
        """Creates an event subscription, with its handshake, that delivers image writes to the app."""
        body = {
            "endpoint": f"{self.host['event_grid']}?functionName=image_events",
            "schema": schema,
            "includedEventTypes": ["Microsoft.Resources.ResourceWriteSuccess"],
        }
        self.control("PUT", "event-subscriptions/gallerist", body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the simulator's control plane."""
        response = httpx.request(method, f"{self.simulator['control']}/{path}", json=body)
        if response.is_error:
            raise StartError(f"the simulator refused {method} {path}: {response.text}")
        return response.json() if response.content else None

    def let_pass(self, duration: timedelta) -> None:
        """Lets time pass on the one clock; returns when everything that was due has happened."""
        url = f"{self.host['url']}/_host/clock"
        httpx.post(
            url, json={"run_seconds": duration.total_seconds()}, timeout=_LONGEST_RUN_SECONDS
        ).raise_for_status()

    def kill_host(self) -> None:
        """Kills the host, as a crash would."""
        process = self._processes.pop("host")
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def stop(self) -> None:
        """Stops the processes, the host first."""
        for name in ("host", "simulator"):
            process = self._processes.pop(name, None)
            if process is None:
                continue
            process.terminate()
            try:
                process.communicate(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        self._files.close()

    def log(self, name: str) -> str:
        """Returns what the process of this name has written to its error stream."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "seed.json").write_text(json.dumps(self.seed), encoding="utf-8")
        (self.folder / "policy.yaml").write_text(self.policy, encoding="utf-8")

    def _start(self, name: str, arguments: list[str], settings: Mapping[str, str]) -> dict[str, Any]:
        log: IO[str] = self._files.enter_context((self.folder / f"{name}.log").open("a", encoding="utf-8"))
        process = subprocess.Popen(  # noqa: S603 # this interpreter, our own module
            [sys.executable, "-m", MODULES[name], *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env={**os.environ, **settings},
        )
        self._processes[name] = process
        assert process.stdout is not None  # noqa: S101 # requested above
        line = process.stdout.readline()
        if not line.startswith("{"):
            process.wait(timeout=_STOP_SECONDS)
            raise StartError(f"{name} did not start: {line}{self.log(name)}")
        ready: dict[str, Any] = json.loads(line)
        return ready


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Returns a temporary folder for one stack."""
    return tempfile.TemporaryDirectory(prefix="gallerist-")
