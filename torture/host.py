"""Lets the host work until it is done, or until it is killed in the middle of a request to Azure."""

import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from torture.disturbances import Disturbance
from torture.record import Record
from torture.stack import TorturedStack

Answer = TypeVar("Answer")

# the torture's own requests meet no fault
APP_AGENT = "azsdk"
# of real time, between two looks whether a request hangs
LOOK_SECONDS = 0.04
STILL_SECONDS = 0.3


class HostIsDeadError(Exception):
    """The host was killed while it carried out this call: whether it did is unknown."""


class TorturedHost:
    """The host, which dies as the plan says. All calls of it go through `call`, because any of them may be its last."""

    def __init__(self, stack: TorturedStack, record: Record, kills: Iterable[Disturbance]) -> None:
        self.stack = stack
        self.record = record
        self._kills = deque(kills)
        self._armed = 0
        self._still: deque[Disturbance] = deque()
        self._calls = ThreadPoolExecutor(1, thread_name_prefix="host-call")
        # of real time
        self.killed_at: list[float] = []
        self.deaths: Counter[str] = Counter()
        # processor seconds of the lives of the host
        self.cpu: Counter[str] = Counter()

    def __enter__(self) -> Self:
        # a host that starts again serves the address that Event Grid knows
        self.stack.host_options = ["--port", self.stack.host["url"].rpartition(":")[2]]
        self._arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls.shutdown(wait=False, cancel_futures=True)

    def call(self, action: Callable[[], Answer]) -> Answer:
        """Calls the host.

        Raises:
            HostIsDeadError: it died meanwhile, and was started again.
        """
        future: Future[Answer] = self._calls.submit(action)
        while not _is_done(future):
            if self._armed and self._hangs():
                self._meet_the_hanging_request(future)
        try:
            return future.result()
        except httpx.TransportError as error:
            raise HostIsDeadError from error

    def let_pass(self, duration: timedelta) -> None:
        """Lets time pass, however often the host dies on the way."""
        until = self.stack.now() + duration
        while True:
            try:
                left = max(until - self.stack.now(), timedelta())
                self.call(lambda left=left: self.stack.let_pass(left))  # type: ignore[misc]
            except HostIsDeadError:
                continue
            return

    def stand_still(self, disturbance: Disturbance) -> None:
        """Lets Azure stand still at a request that comes, instead of the next kill."""
        self._still.append(disturbance)
        self._disarm()
        self._arm()

    def restart(self) -> None:
        """Kills the host while it has nothing to do, and starts it again."""
        self.count_deaths()
        self.stack.kill_host()
        self.stack.start_host()

    def calm(self) -> None:
        """Nothing dies from now on. What the worker still had to die of is gone."""
        self._kills.clear()
        self._still.clear()
        self._disarm()
        self.restart()

    def let_worker_die(self, fields: dict[str, Any]) -> None:
        """Sets what the worker dies of; it is forgotten when the host is killed."""
        body = {"kind": "worker-dies", **fields}
        self.stack.http.post(f"{self.stack.host['url']}/_host/faults", json=body).raise_for_status()

    def count_deaths(self) -> None:
        """Takes in what only this life of the host knows: the calls in which its worker died, and its histories."""
        faults = self.stack.http.get(f"{self.stack.host['url']}/_host/faults").raise_for_status().json()
        for fault in faults:
            self.deaths[f"during {fault['during']}"] += fault["times"] - fault["remaining"]
        cpu = self.stack.http.get(f"{self.stack.host['url']}/_host/cpu").raise_for_status().json()
        self.cpu.update({name: cpu[f"{name}_seconds"] for name in ("functions", "host")})
        written = self.stack.http.get(f"{self.stack.host['url']}/_host/history").raise_for_status().json()
        for name, tally in written.items():
            longest = self.record.world.longest_histories
            longest[name] = max(longest.get(name, 0), tally["longest"])

    def _arm(self) -> None:
        """Lets a request of the app hang, at which the host is killed or Azure stands still."""
        for fault in self._next_faults():
            self.stack.control("POST", "faults", {"agent": APP_AGENT, **fault})
            self._armed += 1

    def _next_faults(self) -> list[dict[str, Any]]:
        if self._still:
            return [{"kind": "hang", "skip": self._still[0].fields["skip"]}]
        if not self._kills:
            return []
        kill = self._kills[0].fields
        kind = "unanswered" if kill["after_work"] else "hang"
        count = {"kind": kind, "skip": kill["requests"]}
        if not kill["path"]:
            return [count]
        # whichever comes first
        return [{"kind": kind, "method": kill["method"], "path": kill["path"], "skip": kill["skip"]}, count]

    def _disarm(self) -> None:
        self.stack.control("DELETE", "faults/hanging")
        self._armed = 0

    def _hangs(self) -> bool:
        faults = self.stack.control("GET", "faults")["requests"]
        return len([one for one in faults if one["kind"] in ("hang", "unanswered")]) < self._armed

    def _meet_the_hanging_request(self, call: "Future[Any]") -> None:
        if self._still:
            self._stand_still(self._still.popleft())
        else:
            self._kill(self._kills.popleft(), call)
        self._arm()

    def _stand_still(self, disturbance: Disturbance) -> None:
        simulator = self.stack.process_ids()["simulator"]
        os.kill(simulator, signal.SIGSTOP)
        time.sleep(STILL_SECONDS)
        os.kill(simulator, signal.SIGCONT)
        self.record.note_in_a_request("stood still", "azure", disturbance.fields)
        self._disarm()

    def _kill(self, kill: Disturbance, call: "Future[Any]") -> None:
        self.count_deaths()
        self.stack.kill_host()
        self.killed_at.append(time.monotonic())
        _is_done(call, wait=True)
        self._disarm()
        self.record.note_in_a_request("host killed", "host", kill.fields)
        self.stack.start_host()


def _is_done(future: "Future[Any]", *, wait: bool = False) -> bool:
    try:
        future.exception(timeout=None if wait else LOOK_SECONDS)
    except TimeoutError:
        return False
    return True
