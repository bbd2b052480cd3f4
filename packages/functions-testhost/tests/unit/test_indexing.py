"""An app that Azure's worker rejects is rejected with the reason; what fails only later gives a warning."""

import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import azure.durable_functions as df
import azure.functions as func
import pytest
from functions_testhost.app import App, AppError, functions_of
from functions_testhost.indexing import check, find_warnings


class Document(TypedDict):
    name: str


def activity(annotation: Any) -> App:
    """An app with one activity whose parameter has an annotation."""
    app = df.DFApp()

    def work(value):  # noqa: ANN001, ANN202  # annotated below
        return value

    work.__annotations__["value"] = annotation
    app.activity_trigger(input_name="value")(work)
    return App(Path(), functions_of(app))


@pytest.mark.parametrize(
    "annotation",
    [int, str, dict, list, bool, Any, Document, typing.List[int], typing.Dict[str, int], "dict"],  # noqa: UP006
    ids=str,
)
def test_an_annotation_that_the_worker_accepts_passes(annotation: Any) -> None:
    check(activity(annotation))


@pytest.mark.parametrize(
    "annotation",
    [list[int], dict[str, int], tuple[int, ...], int | None, typing.Optional[int], typing.Union[int, str]],  # noqa: UP007, UP045
    ids=str,
)
def test_an_annotation_that_the_worker_rejects_raises(annotation: Any) -> None:
    with pytest.raises(AppError, match="work: parameter 'value' has an annotation that the worker refuses"):
        check(activity(annotation))


def http(code: Callable[..., Any]) -> App:
    app = df.DFApp()
    app.route(route="x")(code)
    return App(Path(), functions_of(app))


def test_parameters_and_bindings_must_be_the_same() -> None:
    def two(req: func.HttpRequest, other: str) -> str:
        return other

    with pytest.raises(AppError, match="two: parameters without a binding: other"):
        check(http(two))

    def none() -> str:
        return ""

    with pytest.raises(AppError, match="none: bindings without a parameter: req"):
        check(http(none))


def test_a_trigger_parameter_must_be_of_the_triggers_type() -> None:
    def wrong(req: int) -> str:
        return str(req)

    with pytest.raises(AppError, match="wrong: parameter 'req' of httpTrigger cannot be int"):
        check(http(wrong))


def test_an_http_functions_return_annotation_must_fit() -> None:
    def nothing(req: func.HttpRequest) -> None:
        return None

    def either(req: func.HttpRequest) -> str | None:
        return None

    with pytest.raises(
        AppError, match="nothing: the return annotation NoneType does not fit the binding http"
    ):
        check(http(nothing))
    with pytest.raises(AppError, match=r"either: the return annotation .* is not a type"):
        check(http(either))


def test_the_context_parameter_is_the_functions_context() -> None:
    def right(req: func.HttpRequest, context: func.Context) -> str:
        return context.function_name

    def wrong(req: func.HttpRequest, context: dict) -> str:
        return str(context)

    check(http(right))
    with pytest.raises(
        AppError, match=r"wrong: the 'context' parameter must be annotated azure.functions.Context"
    ):
        check(http(wrong))


def test_code_that_loads_but_fails_later_gives_a_warning() -> None:
    app = df.DFApp()

    @app.route(route="x")
    @app.durable_client_input(client_name="client")
    def sync(req: func.HttpRequest, client: str) -> str:
        return client

    @app.orchestration_trigger(context_name="context")
    async def asynchronous(context: df.DurableOrchestrationContext) -> None:
        return None

    @app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
    @app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:10")
    def retried(timer: func.TimerRequest) -> None:
        return None

    @app.queue_trigger(arg_name="message", queue_name="q", connection="c")
    def queued(message: func.QueueMessage) -> None:
        return None

    indexed = App(Path(), functions_of(app))
    check(indexed)
    assert sorted(find_warnings(indexed)) == [
        "asynchronous: an orchestrator must be a generator, not async",
        "queued: this host does not serve the trigger queueTrigger, so it is never called",
        "retried: this host does not apply its retry policy",
        "sync: a function with a durable client must be async: the SDK awaits it",
    ]
