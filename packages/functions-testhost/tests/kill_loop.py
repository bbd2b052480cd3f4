"""Runs a host again and again on one task hub, each time killed by SIGKILL before a random SQL statement.

A script, not a test: it forks, so it must have no threads. It prints how often the host was killed.
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
    """Start instances of the errand, let hosts die over them, and let the last one finish."""
    hub = TaskHub(database)
    for number in range(instances):
        hub.start(Start("errand", f"e{number}"), datetime.now(UTC))
    hub.close()
    load_app(APP)
    dice = random.Random(seed)
    deadline = time.monotonic() + SECONDS_AT_MOST
    killed = sum(1 for _ in lives(database, dice, kills, deadline))
    sys.stdout.write(str(killed))


def lives(database: Path, dice: random.Random, kills: int, deadline: float) -> Iterator[int]:
    """Run one host after the other; give the number of each that was killed, and end with one that finished."""
    for number in range(kills):
        if time.monotonic() > deadline:
            break
        if finished(database, dice.randint(1, MOST_STATEMENTS)):
            return
        yield number
    if not finished(database, sys.maxsize):
        sys.exit("A host that nobody killed did not finish.")


def finished(database: Path, statements: int) -> bool:
    """Run a host that dies before a statement; say whether it was done before that."""
    child = os.fork()
    if child == 0:
        host = HostServer(APP, database, clock=Clock("skip"))
        with host:
            host._hub._connection.set_trace_callback(Countdown(statements))
            while not is_done(host.url):
                pass
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    if os.waitstatus_to_exitcode(status):
        sys.exit("A host ended by itself.")
    return True


def is_done(url: str) -> bool:
    """Say whether every instance is over."""
    status = httpx.get(f"{url}/_host/status").json()
    return set(status["instances"]) == {"Completed"}


class Countdown:
    """Kills the process when it has been called often enough."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def __call__(self, _statement: str) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(argument) for argument in sys.argv[2:]))
