"""Watching a version: done is every region, and the wait has an end."""

from datetime import timedelta
from typing import Any

import pytest
from orchestrators.watch_replication import (
    LOOKS_FOR_A_MISSING_VERSION,
    LOOKS_PER_EXECUTION,
    next_look_seconds,
)

from domain.migration.replication import ReplicationReport, WatchRequest
from domain.resources.galleries import TargetRegion
from tests.unit.app import code
from tests.unit.builders import NOW, definition_id, in_regions, rollout_in
from tests.unit.orchestrators.stepping import FakeContext, failure, run, told, value, wait

watch_replication = code("watch_replication")

HOUR = timedelta(hours=1)
HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2")


def request(**changes: Any) -> WatchRequest:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "operation_url": "https://management.azure.com/operations/1",
        "rollout": rollout_in([HOME, AWAY], heal_attempts=0),
        "deadline": NOW + 24 * HOUR,
        "first_poll_seconds": 60,
        "longest_poll_seconds": 600,
    }
    return WatchRequest(**{**fields, **changes})


def report(state: str, home: str, away: str, code_: str | None = None) -> ReplicationReport:
    return ReplicationReport(
        provisioning_state=state,
        regions=in_regions(westeurope=home, eastus2=away),
        failure=told(code_) if code_ else None,
    )


CREATING = report("Creating", "Unknown", "Unknown")
COPYING = report("Succeeded", "Completed", "Replicating")
DONE = report("Succeeded", "Completed", "Completed")
LOST = report("Succeeded", "Completed", "Failed")
MISSING = report("Missing", "Unknown", "Unknown")


def watch(looks: Any, **changes: Any) -> tuple[ReplicationReport | None, FakeContext]:
    context = FakeContext(request(**changes).model_dump(mode="json"))
    output = run(watch_replication, context, {"get_replication_status": looks})
    return ReplicationReport.model_validate(output) if output else None, context


def test_succeeded_with_a_region_still_replicating_is_not_done() -> None:
    ended, context = watch([value(CREATING), value(COPYING), value(COPYING), value(DONE)])
    assert ended == DONE
    assert len(context.named("get_replication_status")) == 4


def test_the_custom_status_shows_every_region_at_every_look() -> None:
    _, context = watch([value(CREATING), value(COPYING), value(DONE)])
    assert context.statuses == [told_.model_dump(mode="json") for told_ in (CREATING, COPYING, DONE)]


def test_a_look_asks_for_the_version_and_its_operation() -> None:
    _, context = watch([value(DONE)])
    assert context.calls[0].input == {
        "version_id": str(definition_id().version("1.0.0")),
        "operation_url": "https://management.azure.com/operations/1",
        "regions": ["westeurope", "eastus2"],
    }


@pytest.mark.parametrize(
    "told_",
    [LOST, report("Failed", "Unknown", "Unknown"), report("Creating", "Unknown", "Unknown", "Conflict")],
)
def test_a_service_that_has_given_up_is_not_watched_on(told_: ReplicationReport) -> None:
    ended, context = watch([value(told_)])
    assert ended == told_
    assert context.waits == []


def test_a_failure_of_the_look_itself_ends_the_watch_with_unknown_regions() -> None:
    ended, context = watch([value(COPYING), failure("AuthorizationFailed")])
    assert ended is not None
    assert ended.failure == told("AuthorizationFailed")
    assert {region.state for region in ended.regions} == {"Unknown"}
    # what was seen last stays shown
    assert context.statuses == [COPYING.model_dump(mode="json")]


def test_a_deadline_that_passes_ends_the_watch_and_names_the_regions() -> None:
    ended, context = watch(lambda _: value(COPYING), deadline=NOW + timedelta(minutes=5))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.code == "ReplicationDeadlinePassed"
    assert ended.failure.message == "not replicated by 2026-02-01T12:05:00+00:00: eastus2"
    assert "replication.deadline_hours" in ended.failure.fix
    assert context.current_utc_datetime >= NOW + timedelta(minutes=5)


def test_what_is_done_at_the_last_look_is_done_although_the_deadline_has_passed() -> None:
    ended, _ = watch([value(COPYING), value(DONE)], deadline=NOW + timedelta(seconds=1))
    assert ended == DONE


def test_a_service_that_only_asks_for_time_is_not_waited_for_beyond_the_deadline() -> None:
    ended, _ = watch(lambda _: wait(), deadline=NOW + timedelta(minutes=5))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.message.endswith(": westeurope, eastus2")


def test_a_version_may_be_missing_for_a_look_or_two() -> None:
    ended, _ = watch([value(MISSING)] * (LOOKS_FOR_A_MISSING_VERSION - 1) + [value(COPYING), value(DONE)])
    assert ended == DONE


def test_a_version_that_stays_missing_is_gone() -> None:
    ended, context = watch(lambda _: value(MISSING))
    assert ended is not None
    assert ended.failure is not None
    assert ended.failure.code == "VersionGone"
    assert str(definition_id().version("1.0.0")) in ended.failure.message
    assert len(context.named("get_replication_status")) == LOOKS_FOR_A_MISSING_VERSION


def test_only_looks_in_a_row_make_a_version_missing() -> None:
    looks = [value(MISSING), value(MISSING), value(CREATING)] * 3 + [value(DONE)]
    ended, _ = watch(looks)
    assert ended == DONE


def test_the_services_wish_is_respected_where_it_is_longer() -> None:
    _, context = watch([wait(1235), wait(5), value(DONE)])
    assert context.waits[0] == 1235
    # a tenth of what has passed is more than the five seconds that were asked for
    assert context.waits[1] == pytest.approx(123.5)


def test_looks_grow_rarer_within_the_policys_bounds() -> None:
    _, context = watch([*[value(COPYING)] * (LOOKS_PER_EXECUTION - 1), value(DONE)], first_poll_seconds=30)
    assert context.waits == sorted(context.waits)
    assert (context.waits[0], len(set(context.waits)) > 5) == (30, True)
    assert max(context.waits) <= 600


@pytest.mark.parametrize(
    ("elapsed_minutes", "seconds"), [(0, 60), (10, 60), (20, 120), (100, 600), (6000, 600)]
)
def test_the_interval_is_a_tenth_of_the_time_that_has_passed(elapsed_minutes: int, seconds: float) -> None:
    assert next_look_seconds(request(), timedelta(minutes=elapsed_minutes)) == seconds


def test_a_first_interval_above_the_longest_one_holds() -> None:
    impatient = request(first_poll_seconds=900, longest_poll_seconds=600)
    assert next_look_seconds(impatient, timedelta(0)) == 900
    assert next_look_seconds(impatient, 24 * HOUR) == 900


def test_the_history_stays_bounded_and_what_counts_is_carried_on() -> None:
    """Started, deadline and the looks that missed the version go with the next execution."""
    looks = [*[value(COPYING)] * (LOOKS_PER_EXECUTION - 1), value(MISSING)]
    ended, context = watch(looks)
    assert ended is None
    assert len(context.named("get_replication_status")) == LOOKS_PER_EXECUTION
    carried = WatchRequest.model_validate(context.continued_with)
    assert (carried.started_at, carried.deadline, carried.looks_missing) == (NOW, NOW + 24 * HOUR, 1)
    assert carried.rollout == request().rollout


def test_the_next_execution_goes_on_where_the_last_one_stopped() -> None:
    started = NOW - 10 * HOUR
    _, context = watch([value(COPYING), value(DONE)], started_at=started)
    assert context.waits == [600]
    _, context = watch([value(MISSING)], started_at=started, looks_missing=LOOKS_FOR_A_MISSING_VERSION - 1)
    assert context.continued_with is None


def test_a_watch_that_ends_does_not_begin_again() -> None:
    _, context = watch([value(DONE)])
    assert context.continued_with is None


def test_what_a_watch_waits_for_is_shown_beside_the_latest_report() -> None:
    """The regions are not forgotten because the service asks for time."""
    _, context = watch([value(COPYING), wait(900, throttled=True), value(DONE)])
    seen = [ReplicationReport.model_validate(status) for status in context.statuses]
    assert [status.waiting_for is not None for status in seen] == [False, True, False]
    assert seen[1].regions == COPYING.regions
    assert seen[1].waiting_for is not None
    assert (seen[1].waiting_for.reason, seen[1].waiting_for.until) == (
        "busy",
        context.named("timer")[1].input,
    )
