"""Preparing a definition as a child orchestration: its failure is a value, since siblings run beside it."""

from domain.resources.galleries import ImageDefinition
from domain.results import StepResult
from tests.unit.app import code
from tests.unit.builders import definition
from tests.unit.orchestrators.stepping import (
    FakeContext,
    Script,
    a_failure,
    failed,
    retry_later,
    run,
    value,
)

prepare_definition = code("prepare_definition")


def prepare(script: Script) -> tuple[StepResult[ImageDefinition], FakeContext]:
    context = FakeContext(definition().model_dump(mode="json"))
    return StepResult[ImageDefinition].model_validate(run(prepare_definition, context, script)), context


def test_the_definition_is_returned_as_the_gallery_has_it() -> None:
    existing = definition(publisher="Contoso")
    result, context = prepare({"ensure_image_definition": [value(existing)]})
    assert result == StepResult[ImageDefinition](value=existing)
    assert context.calls[0].input == definition().model_dump(mode="json")


def test_a_definition_that_is_being_created_is_waited_for() -> None:
    result, context = prepare(
        {"ensure_image_definition": [retry_later(), retry_later(), value(definition())]}
    )
    assert result.value == definition()
    assert len(context.waits) == 2


def test_the_custom_status_shows_what_is_waited_for_and_is_cleared() -> None:
    _, context = prepare({"ensure_image_definition": [retry_later(), value(definition())]})
    assert [bool(status["waiting_for"]) for status in context.statuses] == [True, False]
    _, context = prepare({"ensure_image_definition": [value(definition())]})
    assert context.statuses == []


def test_a_failure_is_returned_not_raised() -> None:
    result, _ = prepare({"ensure_image_definition": [failed("AuthorizationFailed")]})
    assert result == StepResult[ImageDefinition](failure=a_failure("AuthorizationFailed"))


def test_running_out_of_retries_is_a_failure_too() -> None:
    result, _ = prepare({"ensure_image_definition": lambda _: retry_later()})
    assert result == StepResult[ImageDefinition](failure=a_failure("Busy"))
