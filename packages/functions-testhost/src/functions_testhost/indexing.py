"""What the Functions worker checks when it indexes an app, and what it accepts although it fails at run time.

The rules are those of Microsoft's worker (4.34 and runtime 1.3), found by reading and by trial. An app that breaks one
does not load in Azure, so it does not load here.
"""

import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

import azure.functions as func

from functions_testhost.app import App, AppError, Function

SERVED_TRIGGERS = {
    *("httpTrigger", "eventGridTrigger", "timerTrigger"),
    *("orchestrationTrigger", "activityTrigger", "entityTrigger"),
}
SERVED_BINDINGS = {*SERVED_TRIGGERS, "http", "durableClient"}
RETURN_VALUE = "$return"


def check(app: App) -> None:
    """Rejects an app that the worker rejects.

    Raises:
        AppError: the message lists every fault with its function.
    """
    faults = [
        f"{function.name}: {fault}" for function in app.functions.values() for fault in _faults(function)
    ]
    if faults:
        raise AppError("The Functions worker would not load this app:\n" + "\n".join(faults))


def find_warnings(app: App) -> list[str]:
    """Lists what loads in Azure but fails or misleads there, and what this host does not serve."""
    return [
        f"{function.name}: {warning}"
        for function in app.functions.values()
        for warning in _warnings(function)
    ]


def _faults(function: Function) -> Iterator[str]:
    annotations = typing.get_type_hints(function.code)
    parameters = set(inspect.signature(function.code).parameters)
    bound = {binding["name"] for binding in function.bindings} - {RETURN_VALUE}
    if function.wants_context:
        parameters.remove("context")
        if annotations.get("context", func.Context).__name__ != "Context":
            yield "the 'context' parameter must be annotated azure.functions.Context"
    if parameters - bound:
        yield f"parameters without a binding: {', '.join(sorted(parameters - bound))}"
    if bound - parameters:
        yield f"bindings without a parameter: {', '.join(sorted(bound - parameters))}"
    for binding in function.bindings:
        if binding["name"] == RETURN_VALUE and "return" in annotations:
            yield from _return_faults(binding, annotations["return"])
        elif binding["name"] in annotations:
            yield from _annotation_faults(binding, annotations[binding["name"]])


def _return_faults(binding: dict[str, Any], annotation: Any) -> Iterator[str]:
    if not isinstance(annotation, type):
        yield f"the return annotation {annotation} is not a type"
    elif not _converter(binding).check_output_type_annotation(annotation):
        yield f"the return annotation {annotation.__name__} does not fit the binding {binding['type']}"


def _annotation_faults(binding: dict[str, Any], annotation: Any) -> Iterator[str]:
    if not isinstance(annotation, type) or isinstance(annotation, types.GenericAlias):
        if not _is_typing_generic(annotation):
            yield f"parameter '{binding['name']}' has an annotation that the worker refuses: {annotation}"
        return
    if annotation in (str, bytes) and binding["type"] in ("durableClient", "httpTrigger", "eventGridTrigger"):
        return
    converter = _converter(binding)
    if converter is not None and not converter.check_input_type_annotation(annotation):
        yield f"parameter '{binding['name']}' of {binding['type']} cannot be {annotation.__name__}"


def _converter(binding: dict[str, Any]) -> Any:
    registry: Any = func.get_binding_registry
    return registry().get(binding["type"])


def _is_typing_generic(annotation: Any) -> bool:
    """Whether it is `typing.List[…]` or the like, which the worker accepts, unlike `list[…]` and unions."""
    origin = typing.get_origin(annotation)
    return type(annotation).__module__ == "typing" and origin is not None and origin is not typing.Union


def _warnings(function: Function) -> Iterator[str]:
    if function.trigger_type not in SERVED_TRIGGERS:
        yield f"this host does not serve the trigger {function.trigger_type}, so it is never called"
    for binding in function.bindings:
        if binding["type"] not in SERVED_BINDINGS and binding is not function.trigger:
            yield f"this host does not serve the binding {binding['type']}"
    if function.has_retry_policy:
        yield "this host does not apply its retry policy"
    client_code = getattr(function.code, "client_function", None)
    if client_code is not None and not inspect.iscoroutinefunction(client_code):
        yield "a function with a durable client must be async: the SDK awaits it"
    durable_code = getattr(function.code, "orchestrator_function", None)
    if durable_code is not None and inspect.iscoroutinefunction(durable_code):
        yield "an orchestrator must be a generator, not async"
