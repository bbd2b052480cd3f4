"""The Python worker as the Functions host sees it: one process, whose death or timeout ends every call in flight.

Functions run in this process, so nothing is really killed: a lost call fails at once, and what its code still does or
returns has no consequence. Source: the Functions host fails all invocations in flight when a worker exits, and starts
another. It restarts the worker when a function exceeds `functionTimeout`; the calls in flight then fail with that
exception. Seen on the extension 3.19.0: the text of a lost call, and that later calls wait for the next worker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from functions_testhost.clock import Clock
from functions_testhost.faults import During, Fault, Faults

Result = TypeVar("Result")


class CallLostError(Exception):
    """A call ended without an answer from the worker. The message is the Functions host's."""

    dotnet_type = ""


class WorkerExitError(CallLostError):
    """The worker died during the call."""

    dotnet_type = (
        "Microsoft.Azure.WebJobs.Script.Workers.WorkerProcessExitException, Microsoft.Azure.WebJobs.Script"
    )

    def __init__(self) -> None:
        super().__init__("python exited with code 137 (0x89)")


class FunctionTimeoutError(CallLostError):
    """A function ran longer than `functionTimeout`."""

    dotnet_type = "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException, Microsoft.Azure.WebJobs.Host"

    def __init__(self, timeout: timedelta, function: str) -> None:
        super().__init__(
            f"Timeout value of {_time_span(timeout)} was exceeded by function: Functions.{function}"
        )


class Call:
    """One call in flight. `lost` is set when the worker cannot answer it any more."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.lost: asyncio.Future[CallLostError] = asyncio.get_running_loop().create_future()


class Worker:
    """The worker. Its methods belong to the event loop.

    `functionTimeout` counts real time for code that runs, and the host's clock for a call that a fault lets hang.
    """

    def __init__(self, clock: Clock | None = None, timeout: timedelta | None = None) -> None:
        self.faults = Faults()
        self._clock = clock or Clock()
        self._timeout = timeout
        self._calls: set[Call] = set()
        self._hanging: dict[Call, datetime | None] = {}
        self._accepts = asyncio.Event()
        self._accepts.set()
        self._answers = asyncio.Event()
        self._answers.set()
        self.on_hang: Callable[[], None] = lambda: None

    @property
    def calls_in_flight(self) -> int:
        """The number of calls that the worker has not answered yet."""
        return len(self._calls)

    @property
    def hanging_calls(self) -> int:
        """The number of calls that hang because of a fault: nothing but time ends them."""
        return len(self._hanging)

    async def call(self, during: During, function: str, run: Callable[[], Awaitable[Result]]) -> Result:
        """Runs a function's code and returns its result. Waits while there is no worker.

        Raises:
            CallLostError: the worker died, or the call was in flight when a function exceeded `functionTimeout`.
            Exception: whatever the code raises.
        """
        await self._accepts.wait()
        call = Call(function)
        self._calls.add(call)
        work = asyncio.ensure_future(self._run(call, self.faults.take(during, function), run))
        seconds = None if self._timeout is None else self._timeout.total_seconds()
        try:
            await self._finish(call, work, seconds)
            if call.lost.done():
                raise call.lost.result()
            return work.result()
        finally:
            self._calls.discard(call)
            self._hanging.pop(call, None)
            _abandon(work)

    async def _finish(self, call: Call, work: "asyncio.Future[Result]", seconds: float | None) -> None:
        """Waits until the work has ended, the call is lost, or the timeout of real time loses it."""
        while True:
            either: set[asyncio.Future[Any]] = {work, call.lost}
            done, _ = await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            if call not in self._hanging:
                self._time_out(call)
            seconds = None

    async def _run(self, call: Call, fault: Fault | None, run: Callable[[], Awaitable[Result]]) -> Result:
        await self._answers.wait()
        if fault is None:
            result = await run()
            await self._answers.wait()
            return result
        if fault.after_effects:
            # what the function returns or raises dies with the worker
            await asyncio.gather(run(), return_exceptions=True)
        if fault.kind == "worker-dies":
            self.die()
        else:
            self._hanging[call] = None if self._timeout is None else self._clock.now() + self._timeout
            self.on_hang()
        return await asyncio.Future()

    def die(self) -> None:
        """Loses every call in flight. The next worker is there at once."""
        self._lose(WorkerExitError)

    def kill(self) -> None:
        """Loses every call in flight. Later calls wait for `restart`."""
        self._accepts.clear()
        self.die()

    def pause(self) -> None:
        """Lets the worker stop answering, as one that hangs or swaps: calls come in and none ends."""
        self._answers.clear()

    def restart(self) -> None:
        """Starts a worker after `kill`, or lets it answer again after `pause`."""
        self._answers.set()
        self._accepts.set()

    def next_timeout(self) -> datetime | None:
        """Returns when the first hanging call exceeds `functionTimeout`, on the host's clock."""
        return min((moment for moment in self._hanging.values() if moment is not None), default=None)

    def time_out_due_calls(self, now: datetime) -> None:
        """Ends the worker if a hanging call has exceeded `functionTimeout` at this time of the host."""
        for call, moment in list(self._hanging.items()):
            if moment is not None and moment <= now:
                self._time_out(call)

    def _time_out(self, call: Call) -> None:
        timeout = self._timeout or timedelta()
        self._lose(lambda: FunctionTimeoutError(timeout, call.function))

    def _lose(self, error: Callable[[], CallLostError]) -> None:
        self._hanging.clear()
        for call in self._calls:
            if not call.lost.done():
                call.lost.set_result(error())


def _abandon(work: "asyncio.Future[Result]") -> None:
    """Cancels work that nobody waits for. Code in a thread runs on, and what it returns or raises is ignored."""
    if not work.cancel() and not work.cancelled():
        work.exception()


def _time_span(duration: timedelta) -> str:
    """Formats a duration as .NET does: `[days.]hours:minutes:seconds`."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{f'{days}.' if days else ''}{hours:02}:{minutes:02}:{seconds:02}"
