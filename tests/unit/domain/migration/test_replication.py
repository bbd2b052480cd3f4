"""Replication of a version: when it is complete, what a report contains, and when waiting ends."""

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError
from domain.migration.replication import (
    LOOKS_FOR_A_MISSING_VERSION,
    ExpectedVersion,
    RegionsUpdate,
    ReplicationReport,
    RolloutState,
    Watch,
    out_of_patience,
    unprotected,
)
from domain.resources.galleries import ImageVersion, RegionProgress, TargetRegion
from domain.results import Failure
from tests.unit.builders import NOW, PACE, definition_id, disk, image, in_regions, rollout_in, version

FAILURE = Failure(code="Conflict", message="no")
DONE, COPYING, LOST, UNKNOWN = "Completed", "Replicating", "Failed", "Unknown"


def report(state: str, failure: Failure | None = None, **regions: str) -> ReplicationReport:
    return ReplicationReport(provisioning_state=state, regions=in_regions(**regions), failure=failure)


def request(**changes: Any) -> Watch:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "rollout": rollout_in([TargetRegion(name="westeurope"), TargetRegion(name="eastus2")]),
        "pace": PACE,
        "started_at": NOW,
        "written_at": NOW,
        "moved_at": NOW,
        "due": NOW,
    }
    return Watch(**{**fields, **changes})


@pytest.mark.parametrize(
    ("seen", "completed"),
    [
        (report("Succeeded", a=DONE), True),
        (report("Succeeded", a=DONE, b=DONE), True),
        (report("Succeeded", a=DONE, b=COPYING), False),
        (report("Succeeded", a=DONE, b=UNKNOWN), False),
        (report("Succeeded", a=DONE, b=LOST), False),
        (report("Succeeded", a=UNKNOWN), False),
        (report("Succeeded"), False),
        (report("Creating", a=DONE), False),
        (report("Updating", a=DONE, b=DONE), False),
        (report("Failed", a=DONE), False),
        (report("Missing", a=UNKNOWN), False),
        (report("Unknown", a=UNKNOWN), False),
    ],
)
def test_complete_means_every_region_of_a_version_that_succeeded(
    seen: ReplicationReport, *, completed: bool
) -> None:
    """Reported by users: `Succeeded` alone does not mean that a region has the version."""
    assert seen.completed is completed


def test_a_report_lists_the_wanted_regions_in_their_order() -> None:
    """Recorded: ARM returns display names. A region that it does not list is unknown, never done."""
    listed = [
        RegionProgress(region="East US 2", state="Completed", progress=100),
        RegionProgress(region="elsewhere", state="Completed", progress=100),
    ]
    made = ReplicationReport.of(version(replication=listed), ["westeurope", "eastus2"], None)
    assert [(region.region, region.state, region.progress) for region in made.regions] == [
        ("westeurope", "Unknown", 0),
        ("eastus2", "Completed", 100),
    ]
    assert (made.provisioning_state, made.failure, made.completed) == ("Succeeded", None, False)


def test_without_a_replication_status_every_region_is_unknown() -> None:
    made = ReplicationReport.of(version(replication=None), ["westeurope"], None)
    assert (made.regions[0].state, made.completed) == ("Unknown", False)


def test_a_version_that_arm_does_not_have_is_missing() -> None:
    made = ReplicationReport.of(None, ["westeurope"], None)
    assert (made.provisioning_state, made.completed) == ("Missing", False)


def test_a_report_carries_the_error_of_the_operation() -> None:
    made = ReplicationReport.of(version(), ["westeurope"], ArmError(200, "Conflict", "different OS type"))
    assert made.failure is not None
    assert made.failure.code == "Conflict"
    assert made.explain() == made.failure


WRITTEN = ExpectedVersion(
    source=str(image().id).upper(), fingerprint=image().fingerprint, exclude_from_latest=True
)


def compared(found: ImageVersion, expected: ExpectedVersion = WRITTEN) -> ReplicationReport:
    return ReplicationReport.of(found, ["westeurope"], None, expected)


def complete(**changes: Any) -> ImageVersion:
    return version(
        **{"replication": in_regions(westeurope="Completed"), "exclude_from_latest": True, **changes}
    )


@pytest.mark.parametrize(
    "found",
    [complete(), complete(tags={"owner": "platform"}), complete(source=None)],
    ids=["as written", "tags removed", "source not shown"],
)
def test_a_version_that_shows_what_was_written_is_complete(found: ImageVersion) -> None:
    made = compared(found)
    assert (made.differs, made.objection, made.failure, made.completed) == (False, None, None, True)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (complete(source=str(image("long-gone").id)), "was made from"),
        (complete(of=image(os_disk=disk("another"))), "has the content"),
    ],
)
def test_a_version_with_other_content_is_a_failure_and_serves_no_region(
    found: ImageVersion, said: str
) -> None:
    """Recorded: a write to the number of a soft-deleted version brings the old content back."""
    made = compared(found)
    assert (made.differs, made.completed, made.serves_somewhere) == (True, False, False)
    assert made.failure is not None
    assert (made.failure.code, said in made.failure.message) == ("VersionDiffers", True)
    assert made.failure.fix.startswith("Start the migration again: the number counts as taken")


def test_a_version_that_became_latest_by_surprise_is_a_failure_at_the_end() -> None:
    """It replicates on, and the objection is kept; what others do after the write was seen is theirs."""
    surprise = compared(complete(exclude_from_latest=False))
    assert surprise.completed
    assert surprise.objection is not None
    assert "excludeFromLatest False, not True" in surprise.objection.message
    watched = request(expected=WRITTEN).after_look(surprise, RolloutState(), NOW)
    assert watched.objection == surprise.objection
    assert watched.expected == WRITTEN.written()
    later = compared(complete(exclude_from_latest=False), WRITTEN.written())
    assert (later.objection, watched.after_look(later, RolloutState(), NOW).objection) == (
        None,
        surprise.objection,
    )
    assert not later.failed(surprise.objection).completed


def test_a_version_that_is_not_there_yet_is_compared_at_the_next_look() -> None:
    missing = ReplicationReport.of(None, ["westeurope"], None, WRITTEN)
    assert (missing.differs, missing.objection) == (False, None)
    assert request(expected=WRITTEN).after_look(missing, RolloutState(), NOW).expected == WRITTEN


def test_a_write_of_regions_must_keep_everything_else() -> None:
    before = complete(exclude_from_latest=False)
    update = RegionsUpdate(operation_url="u", expected=ExpectedVersion.like(before))
    watched = request().following(update, NOW)
    assert watched.expected == ExpectedVersion(
        source=before.source, fingerprint=image().fingerprint, exclude_from_latest=False
    )
    # nothing was written, so nothing new is expected
    assert watched.following(RegionsUpdate(), NOW).expected == watched.expected


def test_a_refused_last_write_is_named_in_cause_and_fix() -> None:
    failure = unprotected(
        FAILURE, definition_id().version("1.0.0"), Failure(code="ScopeLocked", message="locked")
    )
    assert "locked" in failure.cause
    assert "Set allowDeletionOfReplicatedLocations to false" in failure.fix


def test_a_version_that_could_not_be_read_has_an_unknown_report() -> None:
    made = ReplicationReport.unknown(["westeurope"], None)
    assert (made.provisioning_state, made.completed) == ("Unknown", False)


@pytest.mark.parametrize("seen", [report("Failed", a=UNKNOWN), report("Succeeded", a=LOST)])
def test_a_report_without_an_error_explains_itself_by_its_regions(seen: ReplicationReport) -> None:
    """Azure forgets an operation's error after a while, and an adopted version has no operation to read."""
    explained = seen.explain()
    assert explained.code == "ReplicationFailed"
    assert f"a ({seen.regions[0].state})" in explained.message


def test_a_report_without_regions_says_so() -> None:
    assert report("Succeeded").explain().message.endswith("no region reported its status")


def test_waiting_ends_at_the_deadline_and_names_the_missing_regions() -> None:
    seen = report("Succeeded", westeurope=DONE, eastus2=COPYING)
    assert out_of_patience(request(), seen, NOW + timedelta(hours=23)) is None
    failure = out_of_patience(request(), seen, NOW + timedelta(hours=24))
    assert failure is not None
    assert failure.code == "ReplicationDeadlinePassed"
    assert failure.message == "not replicated by 2026-02-02T12:00:00+00:00: eastus2"
    assert "replication.deadline_hours" in failure.fix


def test_waiting_ends_when_the_version_stays_missing() -> None:
    missing = report("Missing", westeurope=UNKNOWN)
    watched = request()
    for _ in range(LOOKS_FOR_A_MISSING_VERSION - 1):
        watched = watched.after_look(missing, RolloutState(), NOW)
        assert out_of_patience(watched, missing, NOW) is None
    watched = watched.after_look(missing, RolloutState(), NOW)
    failure = out_of_patience(watched, missing, NOW)
    assert failure is not None
    assert failure.code == "VersionGone"
    assert str(definition_id().version("1.0.0")) in failure.message


def test_only_looks_in_a_row_make_a_version_missing() -> None:
    missing, there = report("Missing", a=UNKNOWN), report("Creating", a=UNKNOWN)
    watched = request().after_look(missing, RolloutState(), NOW).after_look(there, RolloutState(), NOW)
    assert watched.looks_missing == 0
