"""A process that has imported the app and the packages which it and the simulator use, and forks instead of importing.

Most of the time in which a test's app starts goes into these imports. Python's own `multiprocessing` forks like this,
too, but imports the main module of the caller, which here is pytest, into every process that it starts.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

_OF_OTHERS = (
    "azure.durable_functions",
    "azure.identity.aio",
    "azure.mgmt.compute.aio",
    "azure_compute_simulator",
    "croniter",
    "functions_testhost",
    "pydantic",
    "yaml",
)
_OF_THE_APP = ("activities", "dashboard", "entities", "orchestrators", "triggers")
# they read settings when they are imported, so each process does that itself
_WITH_SETTINGS = ("triggers",)
# a command with its environment
_LONGEST_REQUEST = 1 << 20


@dataclass
class ForkedProcess:
    """A process that was forked, used like a `subprocess.Popen` with a pipe as standard output."""

    pid: int
    stdout: IO[str]
    # refers to this process alone, also when its id is used again
    _descriptor: int

    def wait(self, timeout: float | None = None) -> None:
        """Waits for the end.

        Raises:
            subprocess.TimeoutExpired: the process runs on after `timeout` seconds.
        """
        ended, _, _ = select.select([self._descriptor], [], [], timeout)
        if not ended:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)

    def communicate(self, timeout: float | None = None) -> None:
        """Waits for the end, and closes what is left of the process."""
        self.wait(timeout)
        self.stdout.close()
        os.close(self._descriptor)

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless the process has ended."""
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            return

    def terminate(self) -> None:
        """Asks the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the process as a crash would."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """Starts processes of modules by forks of one process, which the first start starts and `close` ends.

    All of them run in `folder`, that of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._requests: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def where_possible(cls, folder: Path) -> Self | None:
        """Returns None where the system cannot refer to a process but by its id, as only Linux can."""
        return cls(folder) if hasattr(os, "pidfd_open") else None

    def start(
        self,
        module: str,
        arguments: list[str],
        environment: Mapping[str, str],
        log: IO[str],
        *,
        other_app: bool = False,
    ) -> ForkedProcess:
        """Runs a module as `python -m` does.

        `environment` is all of its environment, and `log` its standard error. Its exit code is lost. A process with
        `other_app` imports the app itself: it is one of another folder.
        """
        requests = self._requests = self._requests or self._open()
        reading, writing = os.pipe()
        request = {
            "module": module,
            "arguments": arguments,
            "environment": dict(environment),
            "other_app": other_app,
        }
        try:
            socket.send_fds(requests, [json.dumps(request).encode()], [writing, log.fileno()])
            answer, descriptors, _, _ = socket.recv_fds(requests, 64, 1)
        except BaseException:
            # a signal, say: nobody would know of the process that was asked for
            os.close(reading)
            self.close()
            raise
        finally:
            os.close(writing)
        return ForkedProcess(int(answer), os.fdopen(reading, encoding="utf-8"), descriptors[0])

    def close(self) -> None:
        """Ends the process that forks; what it has started runs on, except for what no `start` has returned."""
        if self._requests is None or self._process is None:
            return
        with self._requests as requests:
            self._requests = None
            requests.shutdown(socket.SHUT_WR)
            while descriptors := socket.recv_fds(requests, 64, 1)[1]:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)
                os.close(descriptors[0])
        self._process.wait()

    def _open(self) -> socket.socket:
        own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST_REQUEST)
        with its:
            self._process = subprocess.Popen(  # noqa: S603 # this interpreter, our own module
                [sys.executable, "-m", "local.forks", str(its.fileno())],
                cwd=self._folder,
                pass_fds=[its.fileno()],
            )
        return own


def main() -> None:
    """Forks for each request on the socket whose number is the argument, until nobody is at its other end."""
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        requests.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LONGEST_REQUEST)
        for module in _OF_OTHERS:
            importlib.import_module(module)
        for module in _OF_THE_APP:
            importlib.import_module(module)
        _forget(*_WITH_SETTINGS)
        # what all have in common is neither collected nor copied
        gc.freeze()
        # nobody asks for exit codes; without this, what ended would stay as a zombie
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        # whoever presses Ctrl+C ends the caller, and that ends this process
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            message, descriptors, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 2)
            if not message:
                return
            if child := os.fork():
                _answer(requests, child, descriptors)
                continue
            break
    request = json.loads(message)
    if request["other_app"]:
        # another app may have packages of the same names
        _forget(*(file.parent.name for file in Path().glob("*/__init__.py")))
    _become(request, *descriptors)


def _answer(requests: socket.socket, child: int, descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
    process = os.pidfd_open(child)
    socket.send_fds(requests, [str(child).encode()], [process])
    os.close(process)


def _forget(*packages: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


def _become(request: dict[str, Any], output: int, errors: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for descriptor, standard in ((output, 1), (errors, 2)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["module"], *request["arguments"]]
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit:
        # the command has said why
        pass
    except Exception:  # noqa: BLE001 # it ends here, as it would in a process of its own
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # taking apart what was imported takes as long as a short test
    os._exit(0)


if __name__ == "__main__":
    main()
