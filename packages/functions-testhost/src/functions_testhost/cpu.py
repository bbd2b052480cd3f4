"""Processor time of the app's functions, apart from waiting and apart from the host's own work.

A function's time is that of its thread while its code runs. A coroutine's is the sum of its steps, and of the steps of
the tasks that it starts. Threads that a function starts, and the sockets that the event loop reads for it, are not
counted.
"""

import asyncio
import functools
import inspect
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Self


class Cpu:
    """The calls of one function so far, and the processor seconds that they took."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.calls = 0
        self.seconds = 0.0

    def around(self, code: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that does the same and is measured."""
        if inspect.iscoroutinefunction(code):
            return functools.partial(self._run_async, code)
        return functools.partial(self._run, code)

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Adds the processor time that this thread takes for the block."""
        began = time.thread_time()
        try:
            yield
        finally:
            self.add(time.thread_time() - began)

    def add(self, seconds: float) -> None:
        """Adds what was measured elsewhere."""
        with self._lock:
            self.seconds += seconds

    def _count(self) -> None:
        with self._lock:
            self.calls += 1

    def _run(self, code: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self._count()
        with self.measure():
            return code(*arguments, **named)

    async def _run_async(self, code: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self._count()
        _running.set(self)
        try:
            return await _Measured(code(*arguments, **named), self)
        finally:
            _running.set(None)


# the function whose coroutine runs; tasks that it starts inherit the value
_running: ContextVar[Cpu | None] = ContextVar("running", default=None)


class _Measured(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are measured, without a context manager: a step is often shorter than one takes."""

    def __init__(self, work: Coroutine[Any, Any, Any], cpu: Cpu) -> None:
        self._work = work
        self._cpu = cpu

    def send(self, value: Any) -> Any:
        """Runs the next step."""
        began = time.thread_time()
        try:
            return self._work.send(value)
        finally:
            self._cpu.add(time.thread_time() - began)

    def throw(self, *error: Any) -> Any:
        """Raises an error, such as a cancellation, where the coroutine waits."""
        with self._cpu.measure():
            return self._work.throw(*error)

    def close(self) -> None:
        """Ends the coroutine."""
        self._work.close()

    def __getattr__(self, name: str) -> Any:
        # libraries ask for the state of a task's coroutine
        return getattr(self._work, name)

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, /, **options: Any) -> "asyncio.Task[Any]":
    """Creates tasks for a loop. Those that a function starts are measured as a part of it."""
    cpu = _running.get()
    return asyncio.Task(work if cpu is None else _Measured(work, cpu), loop=loop, **options)
