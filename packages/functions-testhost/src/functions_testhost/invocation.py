"""Calls one function of the app: decodes its trigger, adds its other inputs, runs it, returns its result."""

import asyncio
import functools
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from functions_testhost.app import Function
from functions_testhost.worker import Worker


class InvocationContext(func.Context):
    """What a function can read about its own call."""

    def __init__(self, function: Function, directory: str) -> None:
        self._invocation_id = str(uuid.uuid4())
        self._function = function
        self._directory = directory
        self._thread_local_storage: Any = threading.local()

    @property
    def invocation_id(self) -> str:
        """Unique for each call."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        """Storage for threads that the function starts."""
        return self._thread_local_storage

    @property
    def function_name(self) -> str:
        """The name under which the function is indexed."""
        return self._function.name

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return self._directory

    @property
    def trace_context(self) -> Any:
        """None: this host does no distributed tracing."""
        return None

    @property
    def retry_context(self) -> Any:
        """None: this host applies no retry policy of the Functions host."""
        return None


class Invoker:
    """Runs functions as the Python worker does: coroutines on the event loop, everything else in threads."""

    def __init__(
        self,
        directory: str,
        threads: Executor,
        durable_client: Callable[[], str],
        worker: Worker | None = None,
    ) -> None:
        self._worker = worker or Worker()
        self._directory = directory
        self._threads = threads
        self._durable_client = durable_client

    async def call(self, function: Function, trigger: Datum) -> Any:
        """Calls a function and returns its value.

        Raises:
            CallLostError: the worker did not answer.
            Exception: whatever the function raises.
        """
        arguments = {function.trigger["name"]: decode(function.trigger_type, trigger)}
        for binding in function.bindings:
            if binding["type"] == "durableClient":
                arguments[binding["name"]] = self._durable_client()
        if function.wants_context:
            arguments["context"] = InvocationContext(function, self._directory)
        code = functools.partial(function.run, **arguments)
        is_activity = function.trigger_type == "activityTrigger"
        return await self._worker.call(
            "activity" if is_activity else "trigger", function.durable_name, lambda: self._run(function, code)
        )

    async def _run(self, function: Function, code: Callable[[], Any]) -> Any:
        if function.is_async:
            return await code()
        return await asyncio.get_running_loop().run_in_executor(self._threads, code)


def decode(binding_type: str, datum: Datum) -> Any:
    """Decodes wire data into the object that a function with this binding takes."""
    return _converter(binding_type).decode(datum, trigger_metadata={})


def encode(binding_type: str, value: Any) -> Datum:
    """Encodes a function's return value as wire data."""
    datum: Datum = _converter(binding_type).encode(value, expected_type=None)
    return datum


def _converter(binding_type: str) -> Any:
    registry: Any = func.get_binding_registry
    return registry().get(binding_type)
