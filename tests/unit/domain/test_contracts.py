"""What crosses the durable boundary: answers, reports, and how a target ends."""

from typing import Any

import pytest

from domain.errors import ArmError, NotYetError
from domain.migration.messages import step_instance_id
from domain.migration.publishing import ledger_key
from domain.migration.replication import ReplicationReport
from domain.migration.results import Answer, Failure, failure_of, not_yet, refusal
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.galleries import RegionProgress
from domain.resources.ids import ImageDefinitionId
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id
from tests.unit.builders import OTHER_GALLERY, definition_id, image, image_id, in_regions, spec, version

FAILURE = Failure(code="Conflict", message="no")


@pytest.mark.parametrize(
    "answer",
    [
        Answer[ManagedImage](value=image()),
        Answer[ManagedImage](),
        Answer[ManagedImage](failure=FAILURE),
        Answer[ManagedImage].model_validate(not_yet(NotYetError("soon")).model_dump()),
    ],
    ids=["value", "none", "failure", "wait"],
)
def test_an_answer_survives_the_durable_boundary(answer: Answer[ManagedImage]) -> None:
    assert Answer[ManagedImage].model_validate(answer.model_dump(mode="json")) == answer


def test_keys_that_a_later_version_added_are_tolerated() -> None:
    """A running orchestration may hold the answers of another version of the app."""
    assert Answer[Failure].model_validate(
        {"value": {"code": "a", "message": "b", "new": 1}, "newer": 2}
    ) == Answer[Failure](value=Failure(code="a", message="b"))


def test_an_error_that_waiting_mends_is_a_wait_with_the_services_wish() -> None:
    answer = refusal(ArmError(429, "TooManyRequests", "slow down", retry_after_seconds=17))
    assert (answer.value, answer.failure) == (None, None)
    assert answer.wait is not None
    assert answer.wait.retry_after_seconds == 17
    assert answer.wait.reason == "TooManyRequests: The service is throttling requests."
    assert answer.wait.failure.http_status == 429


def test_an_error_that_nothing_mends_is_a_failure_with_cause_and_fix() -> None:
    answer = refusal(ArmError(409, "ScopeLocked", "locked: '/s'", retry_after_seconds=17))
    assert (answer.value, answer.wait) == (None, None)
    assert answer.failure is not None
    assert (answer.failure.code, answer.failure.message) == ("ScopeLocked", "locked: '/s'")
    assert (answer.failure.http_status, answer.failure.cause) == (409, "A lock forbids the change.")
    assert answer.failure.fix.startswith("Remove the lock")


def test_something_under_way_is_a_wait_that_ends_in_a_failure_of_its_own() -> None:
    answer = not_yet(NotYetError("the image is being made"))
    assert (answer.value, answer.failure) == (None, None)
    assert answer.wait is not None
    assert (answer.wait.reason, answer.wait.retry_after_seconds) == ("the image is being made", None)
    assert (answer.wait.failure.code, answer.wait.failure.message) == ("NotYet", "the image is being made")


def test_the_text_of_an_unknown_error_is_kept() -> None:
    assert failure_of(ArmError(418, "Teapot", "short and stout")).message == "short and stout"


def report(state: str, failure: Failure | None = None, **regions: str) -> ReplicationReport:
    return ReplicationReport(provisioning_state=state, regions=in_regions(**regions), failure=failure)


DONE, COPYING, LOST, UNTOLD = "Completed", "Replicating", "Failed", "Unknown"


@pytest.mark.parametrize(
    ("told", "completed"),
    [
        (report("Succeeded", a=DONE), True),
        (report("Succeeded", a=DONE, b=DONE), True),
        (report("Succeeded", a=DONE, b=COPYING), False),
        (report("Succeeded", a=DONE, b=UNTOLD), False),
        (report("Succeeded", a=DONE, b=LOST), False),
        (report("Succeeded", a=UNTOLD), False),
        (report("Succeeded"), False),
        (report("Creating", a=DONE), False),
        (report("Updating", a=DONE, b=DONE), False),
        (report("Failed", a=DONE), False),
        (report("Missing", a=UNTOLD), False),
        (report("Unknown", a=UNTOLD), False),
    ],
)
def test_done_is_every_region_of_a_version_that_succeeded(told: ReplicationReport, completed: bool) -> None:
    """Reported by users: `Succeeded` alone does not say that a region has the version."""
    assert told.completed is completed


def test_a_report_tells_of_the_wanted_regions_in_their_order() -> None:
    """Recorded: display names come back; a region that nobody tells of is unknown, never done."""
    told = [
        RegionProgress(region="East US 2", state="Completed", progress=100),
        RegionProgress(region="elsewhere", state="Completed", progress=100),
    ]
    made = ReplicationReport.of(version(replication=told), ["westeurope", "eastus2"], None)
    assert [(region.region, region.state, region.progress) for region in made.regions] == [
        ("westeurope", "Unknown", 0),
        ("eastus2", "Completed", 100),
    ]
    assert (made.provisioning_state, made.failure, made.completed) == ("Succeeded", None, False)


def test_a_status_that_was_not_told_leaves_every_region_unknown() -> None:
    made = ReplicationReport.of(version(replication=None), ["westeurope"], None)
    assert (made.regions[0].state, made.completed) == ("Unknown", False)


def test_a_version_that_is_not_there_is_missing() -> None:
    made = ReplicationReport.of(None, ["westeurope"], None)
    assert (made.provisioning_state, made.completed) == ("Missing", False)


def test_a_report_carries_what_the_operation_failed_with() -> None:
    made = ReplicationReport.of(version(), ["westeurope"], ArmError(200, "Conflict", "different OS type"))
    assert made.failure is not None
    assert made.failure.cause.startswith(
        "The managed image and the image definition have different operating systems."
    )


def test_a_report_that_could_not_be_made_knows_nothing() -> None:
    made = ReplicationReport.unknown(["westeurope"], None)
    assert (made.provisioning_state, made.completed) == ("Unknown", False)


def target(**changes: Any) -> TargetStatus:
    fields = {
        "definition": definition_id(),
        "version_id": definition_id().version("1.0.0"),
        "state": MigrationState.REPLICATING,
    }
    return TargetStatus(**{**fields, **changes})


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (report("Succeeded", a=DONE, b=DONE), MigrationState.COMPLETED),
        (report("Succeeded", a=DONE, b=LOST), MigrationState.PARTIAL),
        (report("Updating", FAILURE, a=DONE, b=COPYING), MigrationState.PARTIAL),
        (report("Failed", FAILURE, a=DONE, b=LOST), MigrationState.PARTIAL),
        (report("Succeeded", a=LOST), MigrationState.FAILED),
        (report("Failed", FAILURE, a=UNTOLD), MigrationState.FAILED),
        (report("Unknown", FAILURE, a=UNTOLD), MigrationState.FAILED),
    ],
)
def test_a_target_ends_partial_where_some_region_serves_already(
    told: ReplicationReport, state: MigrationState
) -> None:
    ended = target().ended(told)
    assert (ended.state, ended.regions) == (state, told.regions)
    assert told.failure in (ended.failure, None)


@pytest.mark.parametrize("told", [report("Failed", a=UNTOLD), report("Succeeded", a=LOST)])
def test_a_target_that_failed_says_why(told: ReplicationReport) -> None:
    """The operation's error is forgotten after a while, and an adopted version has no operation to ask."""
    assert target().ended(told).failure is not None


def test_only_a_target_with_a_version_is_watched() -> None:
    assert target().watched("watch-1").watched_by == "watch-1"
    assert target(version_id=None).watched("watch-1").watched_by is None


def test_a_target_that_could_not_be_published_fails() -> None:
    failed = target(version_id=None).failed(FAILURE)
    assert (failed.state, failed.failure) == (MigrationState.FAILED, FAILURE)


def test_watches_of_one_migration_have_ids_of_their_own() -> None:
    migration = migration_id(image_id())
    ids = {step_instance_id("watch", migration, "run", index) for index in range(3)}
    assert len(ids) == 3
    assert not any(one.startswith("migration-") for one in ids)


def test_a_ledger_belongs_to_one_definition_in_any_case() -> None:
    shouted = ImageDefinitionId.parse(str(definition_id()).upper())
    assert ledger_key(shouted) == ledger_key(definition_id())
    assert ledger_key(definition_id(within=OTHER_GALLERY)) != ledger_key(definition_id())
    assert "/" not in ledger_key(definition_id())


def test_a_version_without_a_number_has_no_id() -> None:
    assert str(spec("1.2.3").id).endswith("/versions/1.2.3")
    with pytest.raises(ValueError, match="no number was reserved for a version of"):
        _ = spec(None).id


def test_a_status_survives_the_durable_boundary() -> None:
    status = MigrationStatus(
        image=image_id(), state=MigrationState.PARTIAL, targets=[target()], failure=FAILURE
    )
    assert MigrationStatus.model_validate(status.model_dump(mode="json")) == status
