"""Watching versions on their way to their regions: done means every region, and waiting has an end."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.migration.hints import MOST_OUTCOMES, HintRecord
from domain.migration.replication import (
    LONGEST_DELAY,
    LOOKS_FOR_A_MISSING_VERSION,
    ExpectedVersion,
    RegionsUpdate,
    ReplicationReport,
    Watch,
)
from domain.migration.schedule import GROWTH
from domain.migration.status import TargetStatus
from domain.migration.target import Target
from domain.planning.rollout import Pace, Rollout
from domain.policy.rules import BUILT_IN
from domain.resources.galleries import TargetRegion
from orchestrators.replicate_versions import look
from orchestrators.run.activity_calls import MOST_WAITS
from orchestrators.run.migration_run import MigrationRun
from tests.unit.builders import NOW, PACE, definition_id, in_regions, migration_request, rollout_in
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


def watch_to_the_end(context: Any) -> Any:
    """An orchestrator that looks at one version until it is settled; the input is its `Watch`."""
    watch = Watch.model_validate(context.get_input())
    run = MigrationRun(context, migration_request())
    status = TargetStatus(definition=watch.version_id.definition, version_id=watch.version_id)
    target = Target(status=status, rollout=watch.rollout, pace=watch.pace, watch=watch)
    while not (yield from look(run, [target])):
        pass
    assert target.report is not None
    return target.report.model_dump(mode="json")


HOUR = timedelta(hours=1)
HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2")


def pace(**changes: float) -> Pace:
    return Pace(**{**PACE.model_dump(), **changes})


def request(**changes: Any) -> Watch:
    fields = {
        "version_id": definition_id().version("1.0.0"),
        "operation_url": "https://management.azure.com/operations/1",
        "rollout": rollout_in([HOME, AWAY], heal_attempts=0),
        "pace": PACE,
        "started_at": NOW,
        "written_at": NOW,
        "moved_at": NOW,
        "due": NOW,
    }
    return Watch(**{**fields, **changes})


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
    output = run(watch_to_the_end, context, {"get_replication_status": looks})
    return ReplicationReport.model_validate(output) if output else None, context


def test_succeeded_with_a_region_still_replicating_is_not_done() -> None:
    ended, context = replicate([value(CREATING), value(COPYING), value(COPYING), value(DONE)])
    assert ended == DONE
    assert len(context.named("get_replication_status")) == 4


def shown(context: FakeContext) -> list[list[str]]:
    """The states of the regions in each custom status that has a target, once in a row."""
    seen = [
        [region["state"] for target in status["targets"] for region in target["regions"]]
        for status in context.statuses
        if status["targets"]
    ]
    return [states for index, states in enumerate(seen) if index == 0 or states != seen[index - 1]]


def test_the_custom_status_shows_every_region_at_every_look() -> None:
    _, context = replicate([value(CREATING), value(COPYING), value(DONE)])
    assert shown(context) == [
        ["Unknown", "Unknown"],
        ["Completed", "Replicating"],
        ["Completed", "Completed"],
    ]


def test_the_custom_status_says_when_the_next_look_comes() -> None:
    _, context = replicate([value(COPYING), value(COPYING), value(DONE)])
    looks = dict.fromkeys(status["next_look"] for status in context.statuses if status["next_look"])
    first, second = context.waits
    times = [NOW, NOW + timedelta(seconds=first), NOW + timedelta(seconds=first + second)]
    assert [datetime.fromisoformat(moment) for moment in looks] == times
    # none is shown any more when nothing is looked at
    assert context.statuses[-1]["next_look"] is None


def test_where_azure_announces_the_end_no_next_look_is_shown() -> None:
    proven = HintRecord(outcomes=[True] * MOST_OUTCOMES)
    _, context = replicate([value(COPYING), value(COPYING), value(DONE)], hints=proven)
    assert len(context.waits) == 2
    assert {status["next_look"] for status in context.statuses} == {None}


def test_a_look_reads_the_version_and_its_operation() -> None:
    _, context = replicate([value(DONE)])
    assert context.calls[0].input == {
        "version_id": str(definition_id().version("1.0.0")),
        "operation_url": "https://management.azure.com/operations/1",
        "regions": ["westeurope", "eastus2"],
        "expected": None,
        "asks_operation": False,
    }


def test_the_operation_of_a_version_that_stands_still_is_asked() -> None:
    """The version may say that it is being created although its operation has failed."""
    looks = [*[value(CREATING)] * 28, value(DONE)]
    _, context = replicate(looks)
    sent = context.named("get_replication_status")
    asked = [call.input["asks_operation"] for call in sent]
    assert (asked[0], asked[-1], asked == sorted(asked)) == (False, True, True)


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
    # the last report stays shown until the end
    assert shown(context) == [["Completed", "Replicating"], ["Unknown", "Unknown"]]


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
    # a third of what has passed, in whole seconds, is more than the five seconds that the service asks for
    assert context.waits[1] == 393


def test_looks_become_rarer_within_the_policys_bounds() -> None:
    looks = [*[value(COPYING)] * 30, value(DONE)]
    _, context = replicate(looks, pace=pace(first_poll_seconds=30, longest_poll_seconds=600))
    # the first look here comes at once; a later one after 30 seconds, then after a third more each
    assert context.waits[:3] == [30, 15, 15]
    assert context.waits[1:] == sorted(context.waits[1:])
    assert context.waits[-1] == 600


@pytest.mark.parametrize(("replication", "looks"), [(30, 1), (428, 7), (1005, 10), (6 * 3600, 21)])
def test_how_often_is_looked_and_how_late_the_end_is_seen(replication: int, looks: int) -> None:
    """The built-in pace: at most a third late, and few looks for long ones."""
    built_in = BUILT_IN.replication
    paced = pace(
        first_poll_seconds=built_in.first_poll_seconds, longest_poll_seconds=built_in.longest_poll_seconds
    )

    def reply(_call: Call) -> Any:
        passed = (context.current_utc_datetime - NOW).total_seconds()
        return value(DONE if passed >= replication else COPYING)

    due = NOW + timedelta(seconds=paced.first_poll_seconds)
    context = FakeContext(request(pace=paced, due=due).model_dump(mode="json"))
    run(watch_to_the_end, context, {"get_replication_status": reply})
    assert len(context.named("get_replication_status")) == looks
    took = (context.current_utc_datetime - NOW).total_seconds()
    assert took <= max((1 + GROWTH) * replication, paced.first_poll_seconds)


def test_a_version_that_is_looked_at_for_long_keeps_its_last_interval() -> None:
    started = NOW - 10 * HOUR
    _, context = replicate([value(COPYING), value(DONE)], started_at=started, written_at=started)
    assert context.waits == [600]


def test_the_wait_is_shown_beside_the_latest_report() -> None:
    """The regions stay visible while the service asks for time."""
    _, context = replicate([value(COPYING), retry_later(900, throttled=True), value(DONE)])
    waiting = [status for status in context.statuses if status["waiting_for"]]
    assert waiting[0]["waiting_for"]["reason"] == "busy"
    until = datetime.fromisoformat(waiting[0]["waiting_for"]["until"])
    assert until == context.named("timer")[1].input
    assert [region["state"] for region in waiting[0]["targets"][0]["regions"]] == ["Completed", "Replicating"]
    assert context.statuses[-1]["waiting_for"] is None


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
        watch_to_the_end,
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
    output = run(watch_to_the_end, context, {"get_replication_status": look})
    assert ReplicationReport.model_validate(output) == DONE


def test_a_late_look_within_minutes_still_counts() -> None:
    asked = request()
    soon = NOW + LONGEST_DELAY - timedelta(seconds=1)
    assert asked.without_time_away(soon) == asked
    later = NOW + LONGEST_DELAY
    assert asked.without_time_away(later).deadline == asked.deadline + LONGEST_DELAY


def healing(looks: Any, updates: Any, **changes: Any) -> tuple[ReplicationReport, FakeContext]:
    """A rollout that heals its regions twice."""
    context = FakeContext(request(rollout=rollout_in([HOME, AWAY]), **changes).model_dump(mode="json"))
    output = run(watch_to_the_end, context, {"get_replication_status": looks, "update_regions": updates})
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


def test_a_write_that_azure_puts_off_is_decided_anew_at_the_next_look() -> None:
    """The region may have recovered meanwhile; then nothing is written at all."""
    seen = iter([LOST, DONE])
    ended, context = healing(lambda _: value(next(seen)), [retry_later(120)])
    assert ended == DONE
    assert (context.waits[0], len(context.named("update_regions"))) == (pytest.approx(120, rel=0.25), 1)
    assert any(status["waiting_for"] for status in context.statuses)


def test_a_write_that_is_always_put_off_ends_the_watch() -> None:
    ended, context = healing(lambda _: value(LOST), lambda _: retry_later())
    assert ended.failure is not None
    assert ended.failure.code == "Busy"
    # as many tries of the last write, which adds the region again and protects the version
    assert len(context.named("update_regions")) == 2 * (MOST_WAITS + 1)


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
