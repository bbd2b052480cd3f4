"""Loads an app's `function_app.py` and reads its functions through the public objects of the SDK."""

import importlib.util
import inspect
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import azure.functions as func

from functions_testhost.cpu import Cpu
from functions_testhost.import_path import SCRIPT_MODULE, put_first

log = logging.getLogger(__name__)

SCRIPT = f"{SCRIPT_MODULE}.py"

# the trigger's own name for a durable function, which wins over the function's name
DURABLE_NAMES = {
    "orchestrationTrigger": "orchestration",
    "activityTrigger": "activity",
    "entityTrigger": "entityName",
}


# an orchestrator calls these by name
DurableKind = Literal["orchestrator", "activity", "entity"]


class AppError(Exception):
    """The app cannot be served; the message says what to change."""


@dataclass(frozen=True)
class Function:
    """One indexed function: its name, its bindings as in `function.json`, and its code."""

    name: str
    trigger: dict[str, Any]
    bindings: tuple[dict[str, Any], ...]
    code: Callable[..., Any]
    has_retry_policy: bool = False
    cpu: Cpu = field(default_factory=Cpu, compare=False)

    @property
    def trigger_type(self) -> str:
        """The trigger's type, for example `httpTrigger`."""
        return str(self.trigger["type"])

    @property
    def durable_name(self) -> str:
        """The name that orchestrators and clients use; it may differ from the function's."""
        return str(self.trigger.get(DURABLE_NAMES.get(self.trigger_type, "")) or self.name)

    @property
    def is_disabled(self) -> bool:
        """Whether the setting `AzureWebJobs.<name>.Disabled` keeps its trigger from calling it (documented)."""
        return os.environ.get(f"AzureWebJobs.{self.name}.Disabled", "").lower() in ("true", "1")

    @cached_property
    def run(self) -> Callable[..., Any]:
        """The code, measured by `cpu`."""
        return self.cpu.around(self.code)

    @cached_property
    def is_async(self) -> bool:
        """Whether the code runs on the event loop; otherwise it runs in a thread."""
        return inspect.iscoroutinefunction(self.code)

    @cached_property
    def wants_context(self) -> bool:
        """Whether the code takes the invocation context: a parameter `context` that is no binding."""
        bound = {binding["name"] for binding in self.bindings}
        return "context" in inspect.signature(self.code).parameters and "context" not in bound


class App:
    """The functions of one app, by trigger. Durable names ignore case (documented)."""

    def __init__(self, folder: Path, functions: Iterable[Function]) -> None:
        self.folder = folder
        self.functions = {function.name: function for function in functions}
        self.orchestrators = self._durable("orchestrationTrigger")
        self.activities = self._durable("activityTrigger")
        self.entities = self._durable("entityTrigger")

    def why_unknown(self, kind: DurableKind, name: str) -> str | None:
        """Returns the extension's words for a durable function that does not exist, or None for one that does."""
        functions = {
            "orchestrator": self.orchestrators,
            "activity": self.activities,
            "entity": self.entities,
        }[kind]
        if name.lower() in functions:
            return None
        known = ", ".join(sorted(f"'{function.durable_name}'" for function in functions.values()))
        return (
            f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function. Additional info: "
            + (
                f"The following are the known {kind} functions: {known}."
                if known
                else f"No {kind} functions are currently registered!"
            )
        )

    def triggered_by(self, trigger_type: str) -> list[Function]:
        """Returns the functions with this type of trigger, without the disabled ones."""
        return [
            function
            for function in self.functions.values()
            if function.trigger_type == trigger_type and not function.is_disabled
        ]

    def cpu(self) -> dict[str, Any]:
        """Returns processor seconds since the start of the process, as JSON data.

        `functions` has those of each function that was called, with its calls. `host_seconds` is what the process used
        besides: the host itself, the import of the app, and, in a test's process, the test.
        """
        functions = {
            name: {"calls": function.cpu.calls, "seconds": function.cpu.seconds}
            for name, function in sorted(self.functions.items())
            if function.cpu.calls
        }
        in_functions, in_process = sum(one["seconds"] for one in functions.values()), time.process_time()
        return {
            "process_seconds": in_process,
            "functions_seconds": in_functions,
            "host_seconds": in_process - in_functions,
            "functions": functions,
        }

    def _durable(self, trigger_type: str) -> dict[str, Function]:
        return {function.durable_name.lower(): function for function in self.triggered_by(trigger_type)}


_loaded: dict[Path, App] = {}


def load_app(folder: Path) -> App:
    """Imports and indexes an app. A second call returns the same objects: the SDK indexes an app only once.

    The file is loaded by its path, so several apps can live in one process. Packages beside it are imported by name,
    and the app loaded last is first on the import path (import_path.py).

    Raises:
        AppError: the folder has no app file, or the file raises, or does not hold exactly one app object.
    """
    folder = folder.resolve()
    if folder not in _loaded:
        _loaded[folder] = App(folder, _index(_import_script(folder)))
    return _loaded[folder]


def load_settings(file: Path) -> None:
    """Puts `Values` of a `local.settings.json` into the environment. Variables that are set already win.

    Raises:
        AppError: the file cannot be read.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AppError(f"The settings file {file} cannot be read: {error}") from error
    for name, value in document.get("Values", {}).items():
        os.environ.setdefault(name, str(value))


def _import_script(folder: Path) -> Any:
    file = folder / SCRIPT
    if not file.is_file():
        raise AppError(f"There is no {SCRIPT} in {folder}. Name the folder that holds it.")
    put_first(folder)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise AppError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[file.stem]
        log.debug("%s cannot be loaded", file, exc_info=error)
        raise AppError(_load_failure(file, error)) from error
    return module


def _load_failure(file: Path, error: Exception) -> str:
    """Describes what the app raises while it is loaded: its own words first, and the place instead of a traceback."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{file} cannot be loaded. It raises {type(error).__name__}:\n{error}\n"
        f"({place.filename}, line {place.lineno}; --log-level debug shows the traceback)"
    )


def _index(module: Any) -> list[Function]:
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise AppError(
            f"{module.__file__} must hold exactly one app object (FunctionApp or DFApp), and holds {len(apps)}."
        )
    return functions_of(apps[0])


def functions_of(app: func.FunctionRegister) -> list[Function]:
    """Reads the functions of an app object. The SDK allows it once per object."""
    return [_function(indexed) for indexed in app.get_functions()]


def _function(indexed: Any) -> Function:
    bindings = tuple(json.loads(raw) for raw in indexed.get_raw_bindings())
    trigger = next(binding for binding in bindings if binding["type"] == indexed.get_trigger().type)
    return Function(
        name=indexed.get_function_name(),
        trigger=trigger,
        bindings=bindings,
        code=indexed.get_user_function(),
        has_retry_policy=indexed.get_settings_dict("retry_policy") is not None,
    )
