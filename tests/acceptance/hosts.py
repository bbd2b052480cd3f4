"""The hosts that the acceptance tests run on: the embedded one, and the real Durable extension with Azurite."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx

from local.stack import ROOT, Stack
from tests.acceptance.gate import Gate

# `make test-extension` says where the tools are, and installs the rest
TOOLS = Path(os.environ.get("EXTENSION_TOOLS", "."), "durable-host").resolve()
INSTALLED = ROOT / "build" / "extension"
DURABLE = "AzureFunctionsJobHost__extensions__durableTask__"
EXTENSION_SETTINGS = {
    # messages that a killed host had taken come back after this time; the extension takes no less
    f"{DURABLE}storageProvider__controlQueueVisibilityTimeout": "00:01:00",
    f"{DURABLE}storageProvider__workItemQueueVisibilityTimeout": "00:01:00",
    # the tests count in the host's log the calls that are in progress
    "DURABLE_HOST_LOG": "Information",
}
STARTS = 3
# how often interrupted instances are looked for: in Azure it is GALLERIST_RECOVERY_SCHEDULE
TICK_SECONDS = 20
PORT_TAKEN = re.compile("EADDRINUSE|address already in use|AddressBinder", re.IGNORECASE)
# One second on the embedded host is this long for the app; the simulator's clock is its own.
EMBEDDED_TIME_SCALE = 30


class RunningHost(Protocol):
    """A host that serves one app. Its addresses stay the same when it starts again."""

    @property
    def name(self) -> str:
        """`embedded` or `extension`."""

    @property
    def url(self) -> str:
        """The address of the host."""

    @property
    def event_grid_url(self) -> str:
        """The Event Grid webhook, without `?functionName=`."""

    @property
    def durable_url(self) -> str:
        """The management API of Durable Functions."""

    def kill(self) -> None:
        """Kills the host, as when its machine fails."""

    def restart(self) -> None:
        """Starts the host again on the same storage. Stops it in good order first if it runs."""

    def kill_worker(self) -> None:
        """Kills the process that runs the app's functions."""

    def restart_worker(self) -> None:
        """Starts the process that runs the app's functions again."""

    def hang_worker(self) -> None:
        """Stops the worker's process without ending it, as when its machine swaps."""

    def lose_activity(self, call: Callable[[], object], function: str, *, after_effects: bool) -> None:
        """Lets `call` start something, and kills the worker when that runs the activity, which is `acts`."""

    def run_timer(self, function: str) -> None:
        """Runs a timer function now."""

    def tick(self) -> None:
        """Runs the timer functions that are due while a test waits, where the host runs none by itself."""

    def calls_in_progress(self, function: str) -> int:
        """Counts the calls of the function that the worker has not answered."""


@dataclass
class HostedApp(Stack):
    """An app, the simulated Azure, and a gate between the two."""

    nightly: bool = True
    gate: Gate = field(init=False)
    """Requests of the app to Azure Resource Manager pass it."""

    def start_simulator(self) -> None:
        super().start_simulator()
        self.gate = Gate(self.simulator["arm"])

    def app_settings(self) -> dict[str, str]:
        return {**super().app_settings(), "GALLERIST_ARM_ENDPOINT": self.gate.url}

    def stop(self) -> None:
        # the simulator stops only when nobody is connected to it
        self.gate.close()
        super().stop()

    @property
    def url(self) -> str:
        return str(self.host["url"])

    @property
    def event_grid_url(self) -> str:
        return str(self.host["event_grid"])

    @property
    def durable_url(self) -> str:
        return str(self.host["durable"])


@dataclass
class EmbeddedHost(HostedApp):
    """The embedded host. Host and worker are one process, so its control plane plays what happens to the worker."""

    name = "embedded"

    def start_host(self) -> None:
        scale = ["--time-scale", str(EMBEDDED_TIME_SCALE)]
        # the same port again after a restart, so that the host keeps its address
        port = ["--port", self.url.rpartition(":")[2]] if self.host else []
        self.host_options = [*scale, *port]
        super().start_host()

    def kill(self) -> None:
        self.kill_host()

    def restart(self) -> None:
        process = self._processes.pop("host", None)
        if process is not None:
            process.terminate()
            process.communicate()
        self.start_host()

    def kill_worker(self) -> None:
        self._post("worker", {"action": "kill"})

    def restart_worker(self) -> None:
        self._post("worker", {"action": "restart"})

    def hang_worker(self) -> None:
        self._post("worker", {"action": "pause"})

    def lose_activity(self, call: Callable[[], object], function: str, *, after_effects: bool) -> None:
        self.add_fault("worker-dies", "activity", function, after_effects=after_effects)
        call()

    def add_fault(self, kind: str, during: str, function: str, **options: Any) -> None:
        """Sets a fault of one call."""
        self._post("faults", {"kind": kind, "during": during, "function": function, **options})

    def run_timer(self, function: str) -> None:
        """Moves the clock past the next time of every timer: this host has no address that runs one."""
        self._post("clock", {"advance_seconds": timedelta(days=1).total_seconds()})

    def tick(self) -> None:
        """This host runs its timers by itself."""

    def calls_in_progress(self, function: str) -> int:
        """Counts the calls of every function: this host does not count them one by one."""
        return int(httpx.get(f"{self.url}/_host/status").raise_for_status().json()["in_flight"])

    def set_list_segments(self, segments: list[int]) -> None:
        """Sets the most instances of each page of a list."""
        self._post("switches", {"list_segments": segments})

    def set_start_seconds(self, seconds: float) -> None:
        """Sets the time within which all starts of one id are accepted."""
        self._post("switches", {"start_seconds": seconds})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/_host/{path}", json=body).raise_for_status()


@dataclass
class ExtensionHost(HostedApp):
    """Microsoft's Durable extension on the WebJobs SDK, the Python worker, and Azurite."""

    name = "extension"
    _running: ExitStack = field(default_factory=ExitStack, init=False)
    _durable: Any = field(default=None, init=False)
    _ticked: float = field(default=0.0, init=False)

    def start_host(self) -> None:
        settings = {**self.app_settings(), **EXTENSION_SETTINGS}
        self._durable = self._enter(settings)
        self.host = {
            "url": self._durable.url,
            "event_grid": self._durable.event_grid_url,
            "durable": self._durable.durable_url,
        }

    def _enter(self, settings: dict[str, str]) -> Any:
        """Starts the processes. Tries again if another process took one of their ports meanwhile."""
        for attempt in range(1, STARTS + 1):
            storage = self.folder / f"extension-{attempt}"
            try:
                return self._running.enter_context(_running(self.app, storage, settings))
            except RuntimeError as error:
                if attempt == STARTS or not PORT_TAKEN.search(str(error)):
                    raise
        raise AssertionError

    def stop(self) -> None:
        self._running.close()
        super().stop()

    def kill(self) -> None:
        self._durable.kill()

    def restart(self) -> None:
        self._durable.restart()

    def kill_worker(self) -> None:
        self._durable.kill_worker()

    def restart_worker(self) -> None:
        self._durable.restart_worker()

    def hang_worker(self) -> None:
        # the tools have no method for it
        os.kill(self._durable.worker._process.pid, signal.SIGSTOP)

    def lose_activity(self, call: Callable[[], object], function: str, *, after_effects: bool) -> None:
        with self.gate.hold("GET", "/after$" if after_effects else "/before$") as hold:
            call()
            hold.wait_for_request()
            self.kill_worker()
        self.restart_worker()

    def run_timer(self, function: str) -> None:
        httpx.post(f"{self.url}/admin/functions/{function}", timeout=60).raise_for_status()

    def tick(self) -> None:
        """The tools run no timers (their README), so this plays the one that waiting tests need."""
        if time.monotonic() - self._ticked < TICK_SECONDS:
            return
        self._ticked = time.monotonic()
        # a worker that hangs answers later
        with suppress(httpx.HTTPError):
            httpx.post(f"{self.url}/admin/functions/recover", timeout=5)

    def calls_in_progress(self, function: str) -> int:
        # a host that was killed could not log the ends of its calls, so only the log of the last start counts
        log = self._durable.log().rpartition('{"url"')[2]
        return int(log.count(f"Executing '{function}' (") - log.count(f"Executed '{function}' ("))


HOSTS: dict[str, type[EmbeddedHost | ExtensionHost]] = {"embedded": EmbeddedHost, "extension": ExtensionHost}


def missing_tools() -> str | None:
    """Returns what keeps the extension from running on this machine, or None."""
    needed = {
        "the tools": TOOLS / "durable_host.py",
        "durable-host": INSTALLED / "tools" / "bin" / "durable-host",
        "Azurite": INSTALLED / "azurite" / "node_modules" / "azurite",
        "the worker's environment": INSTALLED / "venv" / "bin" / "python",
    }
    missing = [f"{name} ({path})" for name, path in needed.items() if not path.exists()]
    return f"run `make test-extension`: {', '.join(missing)} not found" if missing else None


def extension_version() -> str:
    """Returns the version of the Durable extension, without the commit that it was built from."""
    command = [INSTALLED / "tools" / "bin" / "durable-host", "--version"]
    first, *_ = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return first.removeprefix("Durable Task extension ").partition("+")[0]


def _running(app: Path, storage: Path, settings: dict[str, str]) -> AbstractContextManager[Any]:
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    from durable_host import running  # noqa: PLC0415 # only where the tools are

    return running(
        app=app,
        storage=storage,
        env=settings,
        python=INSTALLED / "venv" / "bin" / "python",
        azurite=INSTALLED / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "azurite.js",
        host=INSTALLED / "tools" / "bin" / "durable-host",
    )
