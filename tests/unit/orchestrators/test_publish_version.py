"""Publishing a version: a number from the ledger, the write under it, the next number where it is taken."""

from typing import Any

import pytest

from domain.migration.publishing import DefinitionVersions, Publication, PublishRequest, ledger_key
from domain.migration.states import MigrationState
from domain.migration.status import TargetStatus
from orchestrators.publish_version import MOST_NUMBERS
from tests.unit.app import code
from tests.unit.builders import definition_id, image, spec
from tests.unit.fakes import OPERATION
from tests.unit.orchestrators.stepping import Call, FakeContext, Script, failure, run, told, value, wait

publish_version = code("publish_version")


def published(outcome: str, number: str = "1.0.0") -> Any:
    return value(
        Publication(
            outcome=outcome,
            version_id=definition_id().version(number),
            operation_url=OPERATION if outcome == "created" else None,
        )
    )


def shown(held: str | None = None, *taken: str) -> Any:
    return value(DefinitionVersions(held=held, taken=list(taken)))


def publish(script: Script, **wishes: str) -> tuple[TargetStatus, FakeContext]:
    request = PublishRequest(image=image(), spec=spec(None), **wishes)
    context = FakeContext(request.model_dump(mode="json"))
    return TargetStatus.model_validate(run(publish_version, context, script)), context


@pytest.mark.parametrize("outcome", ["created", "updated", "adopted"])
def test_a_version_is_begun_under_the_number_from_the_ledger(outcome: str) -> None:
    status, context = publish(
        {
            "list_image_versions": [shown(None, "0.9.0")],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [published(outcome)],
        }
    )
    assert (status.state, status.outcome, status.failure) == (MigrationState.REPLICATING, outcome, None)
    assert status.version_id == definition_id().version("1.0.0")
    assert status.operation_url == (OPERATION if outcome == "created" else None)
    assert context.named("begin_image_version")[0].input == spec("1.0.0").model_dump(mode="json")


def test_the_ledger_is_told_who_asks_and_what_the_gallery_shows() -> None:
    _, context = publish(
        {
            "list_image_versions": [shown("1.0.4", "1.0.2", "1.0.3")],
            "version_ledger": [{"version": "1.0.4"}],
            "begin_image_version": [published("adopted", "1.0.4")],
        },
        wanted_version="1.0.4",
        preferred_version="2.0.0",
    )
    (asked,) = context.named("version_ledger")
    assert (asked.operation, asked.instance_id) == ("reserve", ledger_key(definition_id()))
    told_ = {name: asked.input[name] for name in ("holder", "wanted", "preferred", "held", "taken")}
    assert told_ == {
        "holder": f"{image().id.key}@{image().fingerprint}",
        "wanted": "1.0.4",
        "preferred": "2.0.0",
        "held": "1.0.4",
        "taken": ["1.0.2", "1.0.3"],
    }


def test_a_number_that_turns_out_to_be_taken_leads_to_the_next() -> None:
    """Each time the gallery is read anew, so that the ledger learns of the other source's number."""
    status, context = publish(
        {
            "list_image_versions": [shown(), shown(None, "1.0.0")],
            "version_ledger": [{"version": "1.0.0"}, {"version": "1.0.1"}],
            "begin_image_version": [published("taken"), published("created", "1.0.1")],
        }
    )
    assert status.version_id == definition_id().version("1.0.1")
    assert [call.input["taken"] for call in context.named("version_ledger")] == [[], ["1.0.0"]]


def test_a_wanted_number_that_is_taken_ends_there() -> None:
    status, context = publish(
        {
            "list_image_versions": [shown()],
            "version_ledger": [{"version": "5.0.0"}],
            "begin_image_version": [published("taken", "5.0.0")],
        },
        wanted_version="5.0.0",
    )
    assert status.failure is not None
    assert (status.state, status.failure.code) == (MigrationState.FAILED, "VersionTaken")
    assert status.failure.message == f"version {definition_id().version('5.0.0')} belongs to another source"
    assert len(context.named("begin_image_version")) == 1


def test_a_number_that_the_ledger_refuses_ends_before_any_write() -> None:
    status, context = publish(
        {
            "list_image_versions": [shown()],
            "version_ledger": [{"refused": "the image is already version 1.0.0"}],
        },
        wanted_version="5.0.0",
    )
    assert status.failure is not None
    assert status.failure.code == "VersionTaken"
    assert status.failure.message == f"{definition_id()}: the image is already version 1.0.0"
    assert status.failure.fix.endswith("or leave the number to Gallerist.")
    assert context.named("begin_image_version") == []


def test_numbers_are_not_tried_for_ever() -> None:
    def number(call: Call) -> Any:
        return published("taken", call.input["version"])

    status, context = publish(
        {
            "list_image_versions": lambda _: shown(),
            "version_ledger": [{"version": f"1.0.{patch}"} for patch in range(MOST_NUMBERS)],
            "begin_image_version": number,
        }
    )
    assert status.failure is not None
    assert status.failure.code == "VersionTaken"
    assert len(context.named("begin_image_version")) == MOST_NUMBERS


@pytest.mark.parametrize("step", ["list_image_versions", "begin_image_version"])
def test_a_failure_is_a_value(step: str) -> None:
    status, _ = publish(
        {
            "list_image_versions": [shown()],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [published("created")],
            step: [failure("AuthorizationFailed")],
        }
    )
    assert (status.state, status.failure) == (MigrationState.FAILED, told("AuthorizationFailed"))
    assert status.version_id is None


def test_a_busy_version_is_waited_for_under_the_same_number() -> None:
    status, context = publish(
        {
            "list_image_versions": [shown()],
            "version_ledger": [{"version": "1.0.0"}],
            "begin_image_version": [wait(30), published("updated")],
        }
    )
    assert status.outcome == "updated"
    assert len(context.waits) == 1
    assert len(context.named("version_ledger")) == 1
