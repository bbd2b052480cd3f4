"""Measures what the embedded host costs per orchestration, apart from the SDK's replay: `python -m benchmarks.host`.

SDK and host seconds are processor time, so a busy machine changes them little. The host's share includes starting the
orchestrations over HTTP and polling for their end every 20 ms.
"""

import dataclasses
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions_testhost.app import App, load_app
from functions_testhost.clock import Clock
from functions_testhost.server import HostServer

from local.signals import unwind_on_sigterm

APP = Path(__file__).parent / "apps" / "load"

# orchestrator, size of each, how many at once
LOADS = [
    ("chain", 1, 1),
    ("chain", 25, 1),
    ("chain", 100, 1),
    ("fan_out", 100, 1),
    ("fan_out", 300, 1),
    ("fan_out_async", 300, 1),
    ("chain", 5, 100),
]


class Stopwatch:
    """Counts replays, and the processor seconds that the SDK spends on them."""

    def __init__(self) -> None:
        self.replays = 0
        self.seconds = 0.0

    def around(self, handle: Callable[[str], str]) -> Callable[[str], str]:
        """Returns a handle that measures each call in the time of its own thread."""

        def timed(context: str) -> str:
            begin = time.thread_time()
            try:
                return handle(context)
            finally:
                self.seconds += time.thread_time() - begin
                self.replays += 1

        return timed


@contextmanager
def measured(app: App) -> Iterator[Stopwatch]:
    """Measures every orchestrator of an app while the block lasts."""
    stopwatch, before = Stopwatch(), dict(app.orchestrators)
    for name, function in before.items():
        app.orchestrators[name] = dataclasses.replace(function, code=stopwatch.around(function.code))
    try:
        yield stopwatch
    finally:
        app.orchestrators.update(before)


def run(orchestrator: str, size: int, count: int) -> tuple[float, float, Stopwatch]:
    """Runs orchestrations to their end. Returns wall seconds, processor seconds, and the stopwatch."""
    with (
        TemporaryDirectory() as folder,
        measured(load_app(APP)) as stopwatch,
        HostServer(APP, Path(folder) / "hub.db", clock=Clock("skip")) as host,
    ):
        begin, processor = time.perf_counter(), time.process_time()
        for number in range(count):
            call(
                host.url,
                f"/runtime/webhooks/durabletask/orchestrators/{orchestrator}/{number}",
                {"size": size},
            )
        while call(host.url, "/_host/status")["instances"] != {"Completed": count}:
            time.sleep(0.02)
        return time.perf_counter() - begin, time.process_time() - processor, stopwatch


def call(url: str, path: str, body: Any = None) -> Any:
    """Sends a request to the host, and returns its JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request("GET" if data is None else "POST", path, data)
        return json.load(connection.getresponse())


def main() -> None:
    """Prints one row per load."""
    logging.disable()
    out = sys.stdout
    out.write(f"{'load':<24}{'wall s':>8}{'SDK s':>8}{'host s':>8}{'replays':>9}{'host ms each':>14}\n")
    for orchestrator, size, count in LOADS:
        wall, processor, stopwatch = run(orchestrator, size, count)
        host = processor - stopwatch.seconds
        label = f"{count} x {orchestrator}({size})"
        out.write(f"{label:<24}{wall:>8.2f}{stopwatch.seconds:>8.2f}{host:>8.2f}{stopwatch.replays:>9}")
        out.write(f"{1000 * host / count:>14.1f}\n")


if __name__ == "__main__":
    unwind_on_sigterm()
    main()
