"""A function that runs until a test lets it end, in an app whose functions may run for one second."""

import threading
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

released = threading.Event()


@app.activity_trigger(input_name="key")
def wait_for_release(key: str) -> str:
    released.wait()
    return key


@app.orchestration_trigger(context_name="context")
def stuck(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    return (yield context.call_activity("wait_for_release", "k"))
