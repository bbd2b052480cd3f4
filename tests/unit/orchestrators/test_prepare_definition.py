"""Preparing a definition: its failure is a value, for siblings run beside it."""

from domain.migration.results import Answer
from domain.resources.galleries import ImageDefinition
from tests.unit.app import code
from tests.unit.builders import definition
from tests.unit.orchestrators.stepping import FakeContext, Script, failure, run, told, value, wait

prepare_definition = code("prepare_definition")


def prepared(script: Script) -> tuple[Answer[ImageDefinition], FakeContext]:
    context = FakeContext(definition().model_dump(mode="json"))
    return Answer[ImageDefinition].model_validate(run(prepare_definition, context, script)), context


def test_the_definition_is_returned_as_it_is() -> None:
    existing = definition(publisher="Contoso")
    answer, context = prepared({"ensure_image_definition": [value(existing)]})
    assert answer == Answer[ImageDefinition](value=existing)
    assert context.calls[0].input == definition().model_dump(mode="json")


def test_a_definition_that_is_being_made_is_waited_for() -> None:
    answer, context = prepared({"ensure_image_definition": [wait(), wait(), value(definition())]})
    assert answer.value == definition()
    assert len(context.waits) == 2


def test_a_failure_is_a_value() -> None:
    answer, _ = prepared({"ensure_image_definition": [failure("AuthorizationFailed")]})
    assert answer == Answer[ImageDefinition](failure=told("AuthorizationFailed"))


def test_patience_that_ends_is_a_value_too() -> None:
    answer, _ = prepared({"ensure_image_definition": lambda _: wait()})
    assert answer == Answer[ImageDefinition](failure=told("Busy"))
