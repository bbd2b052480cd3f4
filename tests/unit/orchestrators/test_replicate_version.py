"""Replicating a version as a child orchestration: done means every region, and waiting has an end."""

from datetime import timedelta
from typing import Any

import pytest

from domain.migration.replication import (
    LONGEST_DELAY,
    LOOKS_FOR_A_MISSING_VERSION,
    ExpectedVersion,
    RegionsUpdate,
    ReplicateRequest,
    ReplicationReport,
)
from domain.planning.rollout import Pace, Rollout
from domain.resources.galleries import TargetRegion
from orchestrators.replicate_version import LOOKS_PER_EXECUTION
from tests.unit.app import code
from tests.unit.builders import NOW, PACE, definition_id, in_regions, rollout_in
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

replicate_version = code("replicate_version")

HOUR = timedelta(hours=1)
HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2")


def pace(**changes: float) -> Pace:
    return Pace(**{**PACE.model_dump(), **changes})


def request(**changes: Any) -> ReplicateRequest:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "operation_url": "https://management.azure.com/operations/1",
        "rollout": rollout_in([HOME, AWAY], heal_attempts=0),
        "pace": PACE,
        "started_at": NOW,
    }
    return ReplicateRequest(**{**fields, **changes})


def report(state: str, home: str, away: str, error_code: str | None = None) -> ReplicationReport:
    return ReplicationReport(
        provisioning_state=state,
        regions=in_regions(westeurope=home, eastus2=away),
        failure=a_failure(error_code) if error_code else None,
    )


CREATING = report("Creating", "Unknown", "Unknown")
COPYING = report("Succeeded", "Completed", "Replicating")
DONE = report("Succeeded", "Completed", "Completed")
LOST = report("Succeeded", "Completed", "Failed")
MISSING = report("Missing", "Unknown", "Unknown")


def replicate(looks: Any, **changes: Any) -> tuple[ReplicationReport | None, FakeContext]:
    context = FakeContext(request(**changes).model_dump(mode="json"))
    output = run(replicate_version, context, {"get_replication_status": looks})
    return ReplicationReport.model_validate(output) if output else None, context


def test_succeeded_with_a_region_still_replicating_is_not_done() -> None:
    ended, context = replicate([value(CREATING), value(COPYING), value(COPYING), value(DONE)])
    assert ended == DONE
    assert len(context.named("get_replication_status")) == 4


def test_the_custom_status_shows_every_region_at_every_look() -> None:
    _, context = replicate([value(CREATING), value(COPYING), value(DONE)])
    assert context.statuses == [seen.model_dump(mode="json") for seen in (CREATING, COPYING, DONE)]


def test_a_look_reads_the_version_and_its_operation() -> None:
    _, context = replicate([value(DONE)])
    assert context.calls[0].input == {
        "version_id": str(definition_id().version("1.0.0")),
        "operation_url": "https://management.azure.com/operations/1",
        "regions": ["westeurope", "eastus2"],
        "expected": None,
    }


@pytest.mark.parametrize(
    "seen",
    [LOST, report("Failed", "Unknown", "Unknown"), report("Creating", "Unknown", "Unknown", "Conflict")],
)
def test_a_version_that_azure_gave_up_on_is_not_watched(seen: ReplicationReport) -> None:
    ended, context = replicate([value(seen)])
    assert ended == seen
    assert context.waits == []


def test_a_look_that_fails_ends_the_step_with_unknown_regions() -> None:
    ended, context = replicate([value(COPYING), failed("AuthorizationFailed")])
    assert ended is not None
    assert ended.failure == a_failure("AuthorizationFailed")
    assert {region.state for region in ended.regions} == {"Unknown"}
    # the last report stays shown
    assert context.statuses == [COPYING.model_dump(mode="json")]


def test_the_deadline_ends_the_step_and_names_the_missing_regions() -> None:
    ended, context = replicate(lambda _: value(COPYING), pace=pace(deadline_hours=1 / 12))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.code == "ReplicationDeadlinePassed"
    assert ended.failure.message == "not replicated by 2026-02-01T12:05:00+00:00: eastus2"
    assert "replication.deadline_hours" in ended.failure.fix
    assert context.current_utc_datetime >= NOW + timedelta(minutes=5)


def test_a_version_that_is_complete_at_the_last_look_completes_after_its_deadline() -> None:
    ended, _ = replicate([value(COPYING), value(DONE)], pace=pace(deadline_hours=1 / 3600))
    assert ended == DONE


def test_looks_that_are_only_put_off_end_at_the_deadline_too() -> None:
    ended, _ = replicate(lambda _: retry_later(), pace=pace(deadline_hours=1 / 12))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.message.endswith(": westeurope, eastus2")


def test_a_version_may_be_missing_in_the_first_looks() -> None:
    ended, _ = replicate([value(MISSING)] * (LOOKS_FOR_A_MISSING_VERSION - 1) + [value(COPYING), value(DONE)])
    assert ended == DONE


def test_a_version_that_stays_missing_ends_the_step() -> None:
    ended, context = replicate(lambda _: value(MISSING))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.code == "VersionGone"
    assert str(definition_id().version("1.0.0")) in ended.failure.message
    assert len(context.named("get_replication_status")) == LOOKS_FOR_A_MISSING_VERSION


def test_only_looks_in_a_row_make_a_version_missing() -> None:
    looks = [value(MISSING), value(MISSING), value(CREATING)] * 3 + [value(DONE)]
    ended, _ = replicate(looks)
    assert ended == DONE


def test_a_longer_retry_after_is_respected() -> None:
    _, context = replicate([retry_later(1235), retry_later(5), value(DONE)])
    assert context.waits[0] == 1235
    # a tenth of what has passed is more than the five seconds that the service asks for
    assert context.waits[1] == pytest.approx(123.5)


def test_looks_become_rarer_within_the_policys_bounds() -> None:
    _, context = replicate(
        [*[value(COPYING)] * (LOOKS_PER_EXECUTION - 1), value(DONE)], pace=pace(first_poll_seconds=30)
    )
    assert context.waits == sorted(context.waits)
    assert (context.waits[0], len(set(context.waits)) > 5) == (30, True)
    assert max(context.waits) <= 600


def test_after_twenty_looks_the_orchestration_continues_as_new() -> None:
    """The history stays bounded; start, deadline and missed looks go with the next execution."""
    looks = [*[value(COPYING)] * (LOOKS_PER_EXECUTION - 1), value(MISSING)]
    ended, context = replicate(looks)
    assert ended is None
    assert len(context.named("get_replication_status")) == LOOKS_PER_EXECUTION
    carried = ReplicateRequest.model_validate(context.continued_with)
    assert (carried.started_at, carried.deadline, carried.looks_missing) == (NOW, NOW + 24 * HOUR, 1)
    assert carried.rollout == request().rollout


def test_the_next_execution_continues_where_the_last_one_stopped() -> None:
    started = NOW - 10 * HOUR
    _, context = replicate([value(COPYING), value(DONE)], started_at=started)
    assert context.waits == [600]
    _, context = replicate(
        [value(MISSING)], started_at=started, looks_missing=LOOKS_FOR_A_MISSING_VERSION - 1
    )
    assert context.continued_with is None


def test_an_orchestration_that_ends_does_not_continue_as_new() -> None:
    _, context = replicate([value(DONE)])
    assert context.continued_with is None


def test_the_wait_is_shown_beside_the_latest_report() -> None:
    """The regions stay visible while the service asks for time."""
    _, context = replicate([value(COPYING), retry_later(900, throttled=True), value(DONE)])
    seen = [ReplicationReport.model_validate(status) for status in context.statuses]
    assert [status.waiting_for is not None for status in seen] == [False, True, False]
    assert seen[1].regions == COPYING.regions
    assert seen[1].waiting_for is not None
    assert (seen[1].waiting_for.reason, seen[1].waiting_for.until) == (
        "busy",
        context.named("timer")[1].input,
    )


def test_a_look_whose_worker_died_is_the_next_look_again() -> None:
    ended, context = replicate([value(COPYING), lost(), lost(), value(DONE)])
    assert ended == DONE
    assert len(context.named("get_replication_status")) == 4
    assert "python exited with code 137" in str(context.statuses)


def test_days_without_the_app_are_not_the_services_fault() -> None:
    """The deadline is two hours; the app is away for three days after the first look, and then acts first."""
    waves = [[HOME], [AWAY]]
    home_done = report("Succeeded", "Completed", "Unknown")

    def look(_call: Call) -> Any:
        looks = len(context.named("get_replication_status"))
        if looks == 2:
            context.current_utc_datetime += timedelta(days=3)
        return value([CREATING, home_done, COPYING, DONE][looks - 1])

    rollout = Rollout(waves=waves, heal_attempts=2, stuck_after_hours=6)
    context = FakeContext(request(rollout=rollout, pace=pace(deadline_hours=2)).model_dump(mode="json"))
    output = run(
        replicate_version,
        context,
        {"get_replication_status": look, "update_regions": lambda _: value(RegionsUpdate())},
    )
    assert ReplicationReport.model_validate(output) == DONE
    assert len(context.named("update_regions")) == 1


def test_time_away_does_not_make_a_region_stuck() -> None:
    def look(_call: Call) -> Any:
        looks = len(context.named("get_replication_status"))
        if looks == 2:
            context.current_utc_datetime += timedelta(days=3)
        return value(DONE if looks == 4 else COPYING)

    rollout = rollout_in([HOME, AWAY], heal_attempts=2)
    context = FakeContext(request(rollout=rollout).model_dump(mode="json"))
    output = run(replicate_version, context, {"get_replication_status": look})
    assert ReplicationReport.model_validate(output) == DONE


def test_a_late_look_within_minutes_still_counts() -> None:
    asked = request()
    soon = NOW + LONGEST_DELAY - timedelta(seconds=1)
    assert asked.without_time_away(NOW, soon) == asked
    later = NOW + LONGEST_DELAY
    assert asked.without_time_away(NOW, later).deadline == asked.deadline + LONGEST_DELAY


def healing(looks: Any, updates: Any, **changes: Any) -> tuple[ReplicationReport, FakeContext]:
    """A rollout that heals its regions twice."""
    context = FakeContext(request(rollout=rollout_in([HOME, AWAY]), **changes).model_dump(mode="json"))
    output = run(replicate_version, context, {"get_replication_status": looks, "update_regions": updates})
    return ReplicationReport.model_validate(output), context


def updates_of(context: FakeContext) -> list[tuple[list[str], list[str], bool]]:
    calls = [call.input for call in context.named("update_regions")]
    return [([region["name"] for region in sent["put"]], sent["remove"], sent["protect"]) for sent in calls]


GONE = report("Updating", "Completed", "Unknown")


def test_a_rollout_past_its_deadline_adds_the_removed_region_and_protects_the_version_again() -> None:
    """Otherwise others could remove regions from the version from now on, and it would lack one."""
    seen = iter([LOST, *[GONE] * 40])
    ended, context = healing(
        lambda _: value(next(seen)), lambda _: value(RegionsUpdate()), pace=pace(deadline_hours=1 / 12)
    )
    assert ended.failure is not None
    assert ended.failure.code == "ReplicationDeadlinePassed"
    assert updates_of(context) == [([], ["eastus2"], False), (["eastus2"], [], True)]


def test_a_refused_addition_is_followed_by_the_protection() -> None:
    seen = iter([LOST, report("Succeeded", "Completed", "Unknown")])
    ended, context = healing(
        lambda _: value(next(seen)), [value(RegionsUpdate()), failed("ScopeLocked"), failed("ScopeLocked")]
    )
    assert ended.failure is not None
    assert (ended.failure.code, len(context.named("update_regions"))) == ("ScopeLocked", 2)


def test_a_last_write_that_is_refused_is_told() -> None:
    seen = iter([LOST, *[GONE] * 40])
    ended, _ = healing(
        lambda _: value(next(seen)),
        [value(RegionsUpdate()), failed("ScopeLocked")],
        pace=pace(deadline_hours=1 / 12),
    )
    assert ended.failure is not None
    assert "Set allowDeletionOfReplicatedLocations to false" in ended.failure.fix


def test_nothing_is_written_to_a_version_that_turns_out_to_hold_something_else() -> None:
    foreign = report("Updating", "Unknown", "Unknown", "VersionDiffers").model_copy(update={"differs": True})
    seen = iter([LOST, foreign])
    ended, context = healing(lambda _: value(next(seen)), lambda _: value(RegionsUpdate()))
    assert ended.failure == foreign.failure
    assert updates_of(context) == [([], ["eastus2"], False)]


def test_an_objection_of_the_first_look_is_the_failure_at_the_end() -> None:
    objection = a_failure("VersionDiffers")
    first = COPYING.model_copy(update={"objection": objection})
    ended, context = replicate(
        [value(first), value(DONE)], expected=ExpectedVersion(exclude_from_latest=True)
    )
    assert ended is not None
    assert (ended.failure, ended.completed) == (objection, False)
    compared = [
        call.input["expected"]["exclude_from_latest"] for call in context.named("get_replication_status")
    ]
    assert compared == [True, None]


def test_a_look_after_a_write_of_regions_compares_what_was_there_before() -> None:
    before = ExpectedVersion(source="/i", fingerprint="f", exclude_from_latest=False)
    seen = iter([LOST, report("Succeeded", "Completed", "Unknown"), DONE])
    _, context = healing(
        lambda _: value(next(seen)), lambda _: value(RegionsUpdate(operation_url="u", expected=before))
    )
    sent = [call.input["expected"] for call in context.named("get_replication_status")]
    assert sent == [None, *[before.model_dump(mode="json")] * 2]
