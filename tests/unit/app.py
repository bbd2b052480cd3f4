"""The functions of the app by name, as the worker indexes them, so that tests can call them without a host."""

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def functions() -> dict[str, Any]:
    """Returns the indexed functions. The SDK indexes an app object only once, so the module is loaded by its path."""
    spec = importlib.util.spec_from_file_location("function_app_under_test", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {function.get_function_name(): function for function in module.app.get_functions()}


def code(name: str) -> Callable[..., Any]:
    """Returns the code of a function, without the SDK's wrappers."""
    handle: Any = functions()[name].get_user_function()
    for wrapped in ("client_function", "orchestrator_function", "entity_function"):
        handle = getattr(handle, wrapped, handle)
    return handle


def handle(name: str) -> Callable[[str], str]:
    """Returns the SDK's handle of an orchestrator or entity, which takes and returns JSON."""
    return functions()[name].get_user_function()
