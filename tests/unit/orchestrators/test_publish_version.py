"""Publishing a version: a number from the ledger, the write under it, and the next number where it is taken."""

from typing import Any

import pytest

from domain.migration.publishing import (
    DefinitionVersions,
    Publication,
    PublishRequest,
    WriteOutcome,
    ledger_key,
)
from domain.results import Failure, StepResult
from orchestrators.publish_version import MOST_NUMBERS
from tests.unit.app import code
from tests.unit.builders import definition_id, image, spec
from tests.unit.fakes import OPERATION
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    Script,
    a_failure,
    failed,
    retry_later,
    run,
    value,
)

publish_version = code("publish_version")


def published(outcome: WriteOutcome, number: str = "1.0.0") -> Any:
    return value(
        Publication(
            outcome=outcome,
            version_id=definition_id().version(number),
            operation_url=OPERATION if outcome == "created" else None,
        )
    )


def listed(held: str | None = None, *taken: str) -> Any:
    return value(DefinitionVersions(held=held, taken=list(taken)))


def publish(script: Script, **numbers: str) -> tuple[StepResult[Publication], FakeContext]:
    request = PublishRequest(image=image(), spec=spec(None), **numbers)
    context = FakeContext(request.model_dump(mode="json"))
    return StepResult[Publication].model_validate(run(publish_version, context, script)), context


@pytest.mark.parametrize("outcome", ["created", "updated", "adopted"])
def test_a_version_is_begun_under_the_number_from_the_ledger(outcome: WriteOutcome) -> None:
    result, context = publish(
        {
            "list_image_versions": [listed(None, "0.9.0")],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [published(outcome)],
        }
    )
    assert result.failure is None
    assert result.value is not None
    assert (result.value.outcome, result.value.version_id) == (outcome, definition_id().version("1.0.0"))
    assert result.value.operation_url == (OPERATION if outcome == "created" else None)
    assert context.named("begin_image_version")[0].input == spec("1.0.0").model_dump(mode="json")


def test_the_ledger_gets_the_holder_and_the_numbers_in_the_gallery() -> None:
    _, context = publish(
        {
            "list_image_versions": [listed("1.0.4", "1.0.2", "1.0.3")],
            "version_ledger": [{"version": "1.0.4"}],
            "begin_image_version": [published("adopted", "1.0.4")],
        },
        wanted_version="1.0.4",
        preferred_version="2.0.0",
    )
    (call,) = context.named("version_ledger")
    assert (call.operation, call.instance_id) == ("reserve", ledger_key(definition_id()))
    sent = {name: call.input[name] for name in ("holder", "wanted", "preferred", "held", "taken")}
    assert sent == {
        "holder": f"{image().id.key}@{image().fingerprint}",
        "wanted": "1.0.4",
        "preferred": "2.0.0",
        "held": "1.0.4",
        "taken": ["1.0.2", "1.0.3"],
    }


def test_a_number_that_turns_out_to_be_taken_leads_to_the_next() -> None:
    """The gallery is read again each time, so that the ledger learns of the other source's number."""
    result, context = publish(
        {
            "list_image_versions": [listed(), listed(None, "1.0.0")],
            "version_ledger": [{"version": "1.0.0"}, {"version": "1.0.1"}],
            "begin_image_version": [published("taken"), published("created", "1.0.1")],
        }
    )
    assert result.value is not None
    assert result.value.version_id == definition_id().version("1.0.1")
    assert [call.input["taken"] for call in context.named("version_ledger")] == [[], ["1.0.0"]]


def test_a_wanted_number_that_is_taken_fails_without_another_try() -> None:
    result, context = publish(
        {
            "list_image_versions": [listed()],
            "version_ledger": [{"version": "5.0.0"}],
            "begin_image_version": [published("taken", "5.0.0")],
        },
        wanted_version="5.0.0",
    )
    assert result.failure is not None
    assert result.failure.code == "VersionTaken"
    assert result.failure.message == f"version {definition_id().version('5.0.0')} belongs to another source"
    assert len(context.named("begin_image_version")) == 1


def test_a_number_that_the_ledger_refuses_fails_before_any_write() -> None:
    result, context = publish(
        {
            "list_image_versions": [listed()],
            "version_ledger": [{"refused": "the image is already version 1.0.0", "fix": "leave it out"}],
        },
        wanted_version="5.0.0",
    )
    assert result.failure is not None
    assert result.failure.code == "VersionTaken"
    assert result.failure.message == f"{definition_id()}: the image is already version 1.0.0"
    assert result.failure.fix == "leave it out"
    assert context.named("begin_image_version") == []


def unwritable(number: str = "1.0.0") -> Any:
    """The answer of `begin_image_version` where Azure does not write the failed version again."""
    return value(
        Publication(
            outcome="unwritable",
            version_id=definition_id().version(number),
            failure=Failure(code="Conflict", message="delete it first", http_status=409),
        )
    )


def test_a_failed_version_that_cannot_be_written_again_leads_to_the_next_number() -> None:
    """The failed version stays where it is, and the migration says that Gallerist made it."""
    still_held = value(DefinitionVersions(held="1.0.0", held_source="/i", held_failed=True))
    result, context = publish(
        {
            "list_image_versions": [still_held, still_held],
            "version_ledger": [{"version": "1.0.0"}, {"version": "1.0.1"}],
            "begin_image_version": [unwritable(), published("created", "1.0.1")],
        }
    )
    assert result.value is not None
    assert result.value.version_id == definition_id().version("1.0.1")
    assert len(result.value.warnings) == 1
    assert "1.0.0 has failed and cannot be written again" in result.value.warnings[0]
    first, second = [call.input for call in context.named("version_ledger")]
    assert (first["held"], first["held_failed"], first["taken"]) == ("1.0.0", True, [])
    assert (second["held"], second["held_failed"], second["taken"]) == (None, False, ["1.0.0"])
    written = [call.input["held_source"] for call in context.named("begin_image_version")]
    assert written == ["/i", None]


def test_a_failed_version_under_the_only_number_fails_and_says_what_to_delete() -> None:
    result, context = publish(
        {
            "list_image_versions": [value(DefinitionVersions(held="1.0.0", held_failed=True))],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [unwritable()],
        },
        wanted_version="1.0.0",
    )
    assert result.failure is not None
    assert (result.failure.code, result.failure.http_status) == ("VersionFailed", 409)
    assert result.failure.fix.startswith(f"Delete {definition_id().version('1.0.0')}")
    assert len(context.named("begin_image_version")) == 1


def test_after_five_taken_numbers_the_step_fails() -> None:
    def number(call: Call) -> Any:
        return published("taken", call.input["version"])

    result, context = publish(
        {
            "list_image_versions": lambda _: listed(),
            "version_ledger": [{"version": f"1.0.{patch}"} for patch in range(MOST_NUMBERS)],
            "begin_image_version": number,
        }
    )
    assert result.failure is not None
    assert result.failure.code == "VersionTaken"
    assert len(context.named("begin_image_version")) == MOST_NUMBERS


@pytest.mark.parametrize("activity", ["list_image_versions", "begin_image_version"])
def test_a_failure_is_returned_not_raised(activity: str) -> None:
    result, _ = publish(
        {
            "list_image_versions": [listed()],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [published("created")],
            activity: [failed("AuthorizationFailed")],
        }
    )
    assert result == StepResult[Publication](failure=a_failure("AuthorizationFailed"))


def test_a_busy_version_is_waited_for_under_the_same_number() -> None:
    result, context = publish(
        {
            "list_image_versions": [listed()],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [retry_later(30), published("updated")],
        }
    )
    assert result.value is not None
    assert result.value.outcome == "updated"
    assert len(context.waits) == 1
    assert len(context.named("version_ledger")) == 1
