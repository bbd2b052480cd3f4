"""Runs the app: the simulated Azure and the embedded host as two processes that start and stop together."""

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, NamedTuple, Self, TypeVar

import httpx

from local.forks import ForkedProcess, Forks

ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 10
# of real time: what is due in a day of a fleet takes minutes of work
_LONGEST_RUN_SECONDS = 1800
# of virtual time: longer than any deadline of a migration
LONGEST_WAIT = timedelta(days=60)
MODULES = {"simulator": "azure_compute_simulator", "host": "functions_testhost"}


Seen = TypeVar("Seen")

# where the one clock begins, so that every run has the same dates
START = "2026-01-05T00:00:00+00:00"

# it runs each hour, and most of what a test waits for takes longer
_NO_GAUGE = {"AzureWebJobs.gauge.Disabled": "true"}
_NO_NIGHTS = {f"AzureWebJobs.{timer}.Disabled": "true" for timer in ("forget_history", "keep_versions")}


class StartError(Exception):
    """A process did not start; the message has its output."""


class NothingDueError(Exception):
    """Nothing happens any more by itself, and what was waited for has not happened."""


class CpuSeconds(NamedTuple):
    """Processor seconds since the start of the processes; waiting takes none.

    `functions` are those of the app's own functions, `host` those of everything else in the host's process.
    """

    functions: float
    host: float
    simulator: float

    def since(self, before: "CpuSeconds") -> "CpuSeconds":
        """Returns what was used since an earlier reading."""
        return CpuSeconds(*(now - then for now, then in zip(self, before, strict=True)))


@dataclass
class Stack:
    """The app with a simulated Azure on one machine; all of its files are in `folder`.

    `seed` is the simulator's seed, `policy` the text of the policy file and `transitions` the simulator's pace.
    `simulator_options` and `host_options` are further arguments of their command lines.
    """

    # of all stacks, while `forking` is entered
    _forks: ClassVar[Forks | None] = None

    folder: Path
    seed: Mapping[str, Any]
    policy: str
    transitions: str = "immediate"
    simulator_options: list[str] = field(default_factory=list)
    host_options: list[str] = field(default_factory=list)
    app: Path = ROOT
    # app and simulator share one virtual time, which stands still between calls of `let_pass` and `until`
    one_clock: bool = False
    # without the app there is only the simulated Azure
    with_host: bool = True
    # the one clock's first moment
    start: str = START
    # the clocks run fast or skip, so an hourly sweep would interfere, and what runs each two minutes is seldom needed
    sweep_schedule: str = "0 0 0 1 1 *"
    recovery_schedule: str = "0 0 0 1 1 *"
    proof_sweep_schedule: str = "0 0 0 1 1 *"
    # Whether what the app does each night is done. Any other clock than the one clock begins at the time of day, so the
    # hour would decide whether a night is among the time that passes.
    nightly: bool = False
    # whether the app says each hour how the fleet stands
    gauge: bool = False
    simulator: dict[str, Any] = field(default_factory=dict, init=False)
    host: dict[str, Any] = field(default_factory=dict, init=False)
    # one for all calls: opening a client costs more than most calls
    http: httpx.Client = field(init=False, repr=False)
    _processes: dict[str, subprocess.Popen[str] | ForkedProcess] = field(default_factory=dict, init=False)
    _files: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(timeout=_LONGEST_RUN_SECONDS)

    def __enter__(self) -> Self:
        try:
            self._write_files()
            self.start_simulator()
            if self.with_host:
                self.start_host()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @classmethod
    @contextmanager
    def forking(cls) -> Iterator[None]:
        """Starts the processes of all stacks by forks while the context lasts, where the system can.

        Whoever starts many enters it: a start then takes half of the processor time.
        """
        before = cls._forks
        forks = cls._forks = before or Forks.where_possible(ROOT)
        try:
            yield
        finally:
            cls._forks = before
            if forks is not None and forks is not before:
                forks.close()

    @property
    def api(self) -> str:
        """The address of the app's HTTP API."""
        return f"{self.host['url']}/api"

    def start_simulator(self) -> None:
        """Starts the simulated Azure on a free port."""
        seed = str(self.folder / "seed.json")
        arguments = ["--port", "0", "--seed", seed, "--transitions", self.transitions]
        if self.one_clock:
            arguments += ["--standing", "--start", self.start]
        self.simulator = self._start("simulator", [*arguments, *self.simulator_options], {})
        if "ca_file" in self.simulator:
            trusted = ssl.create_default_context(cafile=self.simulator["ca_file"])
            self.http.close()
            self.http = httpx.Client(timeout=_LONGEST_RUN_SECONDS, verify=trusted)

    def start_host(self) -> None:
        """Starts the app on a free port, against the simulated Azure."""
        arguments = ["--app", str(self.app), "--port", "0", "--database", str(self.folder / "taskhub.sqlite")]
        if self.one_clock:
            arguments += ["--clock", "manual", "--clock-peer", f"{self.simulator['control']}/time"]
        self.host = self._start("host", [*arguments, *self.host_options], self.app_settings())

    def app_settings(self) -> dict[str, str]:
        """Returns the settings that point the app to the simulated Azure."""
        return {
            **({} if self.one_clock or self.nightly else _NO_NIGHTS),
            **({} if self.gauge else _NO_GAUGE),
            "GALLERIST_ARM_ENDPOINT": self.simulator["arm"],
            "GALLERIST_ARM_AUDIENCE": "https://management.azure.com",
            "GALLERIST_POLICY_FILE": str(self.folder / "policy.yaml"),
            "GALLERIST_EVIDENCE_FOLDER": str(self.folder / "evidence"),
            "GALLERIST_SUBSCRIPTIONS": " ".join(entry["id"] for entry in self.seed["subscriptions"]),
            "GALLERIST_SWEEP_SCHEDULE": self.sweep_schedule,
            "GALLERIST_RECOVERY_SCHEDULE": self.recovery_schedule,
            "GALLERIST_PROOF_SWEEP_SCHEDULE": self.proof_sweep_schedule,
            # the app compares the age of histories with the real time
            "GALLERIST_KEEP_DAYS": "0" if self.one_clock else "90",
            "GALLERIST_TIME_STANDS": str(self.one_clock).lower(),
            # nobody signs in on one machine, and the only key is that of whoever runs the stack
            "GALLERIST_ALLOW_KEYS_TO_APPROVE": "true",
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "IDENTITY_ENDPOINT": self.simulator["identity_endpoint"],
            "IDENTITY_HEADER": self.simulator["identity_header"],
        }

    def subscribe_to_events(self, schema: str = "EventGridSchema") -> None:
        """Creates an event subscription, with its handshake, that delivers the writes of all resources to the app."""
        body = {
            "endpoint": f"{self.host['event_grid']}?functionName=image_events",
            "schema": schema,
            "includedEventTypes": [
                "Microsoft.Resources.ResourceWriteSuccess",
                "Microsoft.Resources.ResourceWriteFailure",
            ],
        }
        self.control("PUT", "event-subscriptions/gallerist", body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the simulator's control plane."""
        response = self.http.request(method, f"{self.simulator['control']}/{path}", json=body)
        if response.is_error:
            raise StartError(f"the simulator refused {method} {path}: {response.text}")
        return response.json() if response.content else None

    def let_pass(self, duration: timedelta) -> None:
        """Lets time pass on the one clock; returns when everything that was due has happened."""
        self._move_clock(run_seconds=duration.total_seconds())

    def let_next_happen(self) -> datetime | None:
        """Moves the one clock to the next moment at which something is due, and returns it; None if nothing is."""
        answer = self._move_clock(run_to_next=True)
        return datetime.fromisoformat(answer["now"]) if answer["moved"] else None

    def until(self, look: Callable[[], Seen | None], within: timedelta = LONGEST_WAIT) -> Seen:
        """Lets time pass on the one clock until `look` returns something truthy, and returns that.

        Time goes from one moment at which something is due to the next. `look` sees each moment when nothing is left to
        do in it, so what it sees does not depend on the machine.

        Raises:
            NothingDueError: nothing is due any more.
            TimeoutError: `within` has passed on the one clock.
        """
        self.let_pass(timedelta())
        deadline = self.now() + within
        while not (seen := look()):
            moment = self.let_next_happen()
            if moment is None:
                raise NothingDueError(f"{look.__qualname__} returned nothing, and nothing is due any more")
            if moment > deadline:
                raise TimeoutError(f"{look.__qualname__} returned nothing within {within} of virtual time")
        return seen

    def now(self) -> datetime:
        """Returns the time of the host, which on the one clock is the simulator's, too."""
        return datetime.fromisoformat(self._host("GET", "clock")["now"])

    def cpu(self) -> CpuSeconds:
        """Returns the processor seconds that app, host and simulator have used so far."""
        host, simulator = self._host("GET", "cpu"), self.control("GET", "cpu")
        return CpuSeconds(host["functions_seconds"], host["host_seconds"], simulator["process_seconds"])

    def process_ids(self) -> dict[str, int]:
        """Returns the ids of the processes, by `simulator` and `host`."""
        return {name: process.pid for name, process in self._processes.items()}

    def _move_clock(self, **change: float) -> dict[str, Any]:
        return self._host("POST", "clock", change)

    def _host(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = self.http.request(method, f"{self.host['url']}/_host/{path}", json=body)
        answer: dict[str, Any] = response.raise_for_status().json()
        return answer

    def kill_host(self) -> None:
        """Kills the host, as a crash would."""
        process = self._processes.pop("host")
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def stop_host(self) -> None:
        """Stops the host in good order, as a deployment does."""
        self._end("host")

    def stop(self) -> None:
        """Stops the processes, the host first."""
        # a process stops at once when nobody is connected to it
        self.http.close()
        for name in ("host", "simulator"):
            self._end(name)
        self._files.close()

    def _end(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

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
        process = self._run(MODULES[name], arguments, {**os.environ, **settings}, log)
        self._processes[name] = process
        assert process.stdout is not None  # noqa: S101 # requested above
        line = process.stdout.readline()
        if not line.startswith("{"):
            process.wait(timeout=_STOP_SECONDS)
            raise StartError(f"{name} did not start: {line}{self.log(name)}")
        ready: dict[str, Any] = json.loads(line)
        return ready

    def _run(
        self, module: str, arguments: list[str], environment: Mapping[str, str], log: IO[str]
    ) -> subprocess.Popen[str] | ForkedProcess:
        if self._forks is not None:
            return self._forks.start(module, arguments, environment, log, other_app=self.app != ROOT)
        return subprocess.Popen(  # noqa: S603 # this interpreter, our own module
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=environment,
        )


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Returns a temporary folder for one stack."""
    return tempfile.TemporaryDirectory(prefix="gallerist-")
