"""Replication of a version: when it is complete, what a report contains, and when waiting ends."""

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError
from domain.migration.replication import (
    LOOKS_FOR_A_MISSING_VERSION,
    ReplicateRequest,
    ReplicationReport,
    RolloutState,
    next_look_seconds,
    out_of_patience,
)
from domain.migration.results import Failure
from domain.planning.rollout import Pace
from domain.resources.galleries import RegionProgress, TargetRegion
from tests.unit.builders import NOW, PACE, definition_id, in_regions, rollout_in, version

FAILURE = Failure(code="Conflict", message="no")
DONE, COPYING, LOST, UNKNOWN = "Completed", "Replicating", "Failed", "Unknown"


def report(state: str, failure: Failure | None = None, **regions: str) -> ReplicationReport:
    return ReplicationReport(provisioning_state=state, regions=in_regions(**regions), failure=failure)


def request(**changes: Any) -> ReplicateRequest:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "rollout": rollout_in([TargetRegion(name="westeurope"), TargetRegion(name="eastus2")]),
        "pace": PACE,
        "started_at": NOW,
    }
    return ReplicateRequest(**{**fields, **changes})


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
        watched = watched.after_look(missing, RolloutState())
        assert out_of_patience(watched, missing, NOW) is None
    watched = watched.after_look(missing, RolloutState())
    failure = out_of_patience(watched, missing, NOW)
    assert failure is not None
    assert failure.code == "VersionGone"
    assert str(definition_id().version("1.0.0")) in failure.message


def test_only_looks_in_a_row_make_a_version_missing() -> None:
    missing, there = report("Missing", a=UNKNOWN), report("Creating", a=UNKNOWN)
    watched = request().after_look(missing, RolloutState()).after_look(there, RolloutState())
    assert watched.looks_missing == 0


@pytest.mark.parametrize(
    ("elapsed_minutes", "seconds"), [(0, 60), (10, 60), (20, 120), (100, 600), (6000, 600)]
)
def test_the_interval_is_a_tenth_of_the_time_that_has_passed(elapsed_minutes: int, seconds: float) -> None:
    assert next_look_seconds(request(), NOW + timedelta(minutes=elapsed_minutes)) == seconds


def test_a_first_interval_above_the_longest_one_holds() -> None:
    rare = request(pace=Pace(deadline_hours=24, first_poll_seconds=900, longest_poll_seconds=600))
    assert next_look_seconds(rare, NOW) == 900
    assert next_look_seconds(rare, NOW + timedelta(hours=24)) == 900
