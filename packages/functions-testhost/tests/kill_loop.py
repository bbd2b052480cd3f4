"""Runs a host again and again on one task hub, each time killed by SIGKILL before a random SQL statement.

A script, not a test: it forks, so it must have no threads. It prints how many hosts were killed.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
from functions_testhost.app import load_app
from functions_testhost.clock import Clock
from functions_testhost.instances import Start
from functions_testhost.server import HostServer
from functions_testhost.task_hub import TaskHub

APP = Path(__file__).parent / "apps" / "ledger"
SECONDS_AT_MOST = 25.0
MOST_STATEMENTS = 60


def main(database: Path, instances: int, kills: int, seed: int) -> None:
    """Starts instances, lets hosts die while they work on them, and lets the last host finish."""
    hub = TaskHub(database)
    for number in range(instances):
        hub.start(Start("mixture", f"e{number}"), datetime.now(UTC))
    hub.close()
    load_app(APP)
    random_source = random.Random(seed)
    deadline = time.monotonic() + SECONDS_AT_MOST
    killed = sum(1 for _ in lives(database, random_source, kills, deadline))
    sys.stdout.write(str(killed))


def lives(database: Path, random_source: random.Random, kills: int, deadline: float) -> Iterator[int]:
    """Runs one host after the other. Yields the number of each that was killed; the last one finishes."""
    for number in range(kills):
        if time.monotonic() > deadline:
            break
        if finished(database, random_source.randint(1, MOST_STATEMENTS)):
            return
        yield number
    if not finished(database, sys.maxsize):
        sys.exit("The last host, which was not killed, did not finish.")


def finished(database: Path, statements: int) -> bool:
    """Runs a host that dies before a given statement. Returns whether it finished before that."""
    child = os.fork()
    if child == 0:
        host = HostServer(APP, database, clock=Clock("skip"))
        with host:
            host._hub.store.connection.set_trace_callback(Countdown(statements))
            while not is_done(host.url):
                pass
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    if os.waitstatus_to_exitcode(status):
        sys.exit("A host ended without being killed.")
    return True


def is_done(url: str) -> bool:
    """Returns whether every instance has completed."""
    status = httpx.get(f"{url}/_host/status").json()
    return set(status["instances"]) == {"Completed"}


class Countdown:
    """Kills the process at the given call."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def __call__(self, _statement: str) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(argument) for argument in sys.argv[2:]))
