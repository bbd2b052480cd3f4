"""The one event loop of the process, in its own thread.

The SDK's client keeps one HTTP session for the life of the process, bound to the first loop that used it. So every
host that this process starts, one after the other or at once, uses the same loop.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from azure.durable_functions.models.utils import http_utils

from functions_testhost.cpu import task_factory

P = ParamSpec("P")
Result = TypeVar("Result")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a coroutine on the loop and waits for its result."""
    return asyncio.run_coroutine_threadsafe(work, _the_loop()).result()


def call(function: Callable[P, Result], *arguments: P.args, **named: P.kwargs) -> Result:
    """Calls a function on the loop and returns its result."""

    async def on_loop() -> Result:
        return function(*arguments, **named)

    return run(on_loop())


def _the_loop() -> asyncio.AbstractEventLoop:
    global _loop  # noqa: PLW0603  # there is exactly one, and that is the point
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _loop.set_task_factory(task_factory)
            threading.Thread(target=_loop.run_forever, name="functions-host-loop", daemon=True).start()
            atexit.register(_close)
        return _loop


def _close() -> None:
    """Closes the SDK's session, if this version has one to close, and stops the loop."""
    loop = _the_loop()
    close_session = getattr(http_utils, "_close_session", None)
    if close_session is not None:
        run(close_session())
    loop.call_soon_threadsafe(loop.stop)
