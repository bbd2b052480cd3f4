"""The rollout of a version: waves, few replicas first, and healing of regions that fail or stand still."""

from datetime import timedelta
from typing import Any

import pytest

from domain.migration.replication import ReplicationReport, RolloutState
from domain.migration.rollout_steps import RolloutStep, last_write, next_step
from domain.planning.rollout import Rollout
from domain.resources.galleries import RegionProgress, TargetRegion
from domain.results import Failure
from tests.unit.builders import NOW, rollout_in

HOME = TargetRegion(name="westeurope", replicas=4)
EAST = TargetRegion(name="eastus2", replicas=3)
NORTH = TargetRegion(name="northeurope", replicas=1)
AT_ONCE = rollout_in([HOME, EAST, NORTH])
IN_WAVES = rollout_in([HOME], [EAST, NORTH])
FAILURE = Failure(code="CrpPirReplicationJobsNotCompleted", message="no")

DONE, COPYING, LOST, UNKNOWN = "Completed", "Replicating", "Failed", "Unknown"


def report(
    *states: str, provisioning: str = "Succeeded", failure: Failure | None = None, progress: int = 40
) -> ReplicationReport:
    """A report on the home region, the east and the north, in this order."""
    regions = [
        RegionProgress(region=region.name, state=state, progress=progress)
        for region, state in zip((HOME, EAST, NORTH), states, strict=True)
    ]
    return ReplicationReport(provisioning_state=provisioning, regions=regions, failure=failure)


def step(
    seen: ReplicationReport, rollout: Rollout = AT_ONCE, state: RolloutState | None = None, hours: float = 0
) -> RolloutStep:
    return next_step(seen, rollout, state or RolloutState(), NOW + timedelta(hours=hours))


def put(taken: RolloutStep) -> list[tuple[str, int]]:
    return [(region.name, region.replicas) for region in taken.put]


def test_a_version_is_created_with_the_first_wave() -> None:
    assert [region.name for region in AT_ONCE.beginning()] == ["westeurope", "eastus2", "northeurope"]
    assert [region.name for region in IN_WAVES.beginning()] == ["westeurope"]
    assert [region.name for region in IN_WAVES.regions] == ["westeurope", "eastus2", "northeurope"]


@pytest.mark.parametrize(("first", "replicas"), [(None, [4, 3, 1]), (1, [1, 1, 1]), (3, [3, 3, 1])])
def test_a_version_is_created_with_the_first_replica_counts(first: int | None, replicas: list[int]) -> None:
    rollout = rollout_in(*AT_ONCE.waves, first_replicas=first)
    assert [region.replicas for region in rollout.beginning()] == replicas


@pytest.mark.parametrize(
    "seen",
    [
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Creating"),
        report(DONE, DONE, DONE, provisioning="Updating"),
        report(DONE, COPYING, DONE),
        report(DONE, UNKNOWN, DONE),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Missing"),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Unknown"),
    ],
)
def test_the_rollout_waits_while_azure_works(seen: ReplicationReport) -> None:
    taken = step(seen)
    assert (taken.kind, taken.put, taken.remove) == ("watch", [], [])


@pytest.mark.parametrize(
    "seen",
    [
        report(DONE, DONE, DONE),
        report(LOST, DONE, DONE),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Failed"),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Missing", failure=FAILURE),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Unknown", failure=FAILURE),
        report(UNKNOWN, UNKNOWN, UNKNOWN, provisioning="Creating", failure=FAILURE),
    ],
    ids=["done", "the home region failed", "failed", "never created", "not readable", "refused late"],
)
def test_the_rollout_ends_when_nothing_more_can_be_done(seen: ReplicationReport) -> None:
    """The image's own region cannot be removed and added again: the service requires it."""
    assert step(seen).kind == "end"


def test_the_next_wave_is_requested_when_the_first_is_complete() -> None:
    assert step(report(COPYING, UNKNOWN, UNKNOWN), IN_WAVES).kind == "watch"
    taken = step(report(DONE, UNKNOWN, UNKNOWN), IN_WAVES)
    assert (taken.kind, put(taken), taken.remove) == ("change", [("eastus2", 3), ("northeurope", 1)], [])
    assert step(report(DONE, UNKNOWN, UNKNOWN), IN_WAVES, taken.state).kind == "watch"
    assert step(report(DONE, DONE, DONE), IN_WAVES, taken.state).kind == "end"


def test_only_the_missing_regions_of_the_next_wave_are_requested() -> None:
    """An adopted version may have some of its regions already."""
    taken = step(report(DONE, DONE, UNKNOWN), IN_WAVES)
    assert put(taken) == [("northeurope", 1)]


def test_replicas_are_raised_once_when_every_region_has_the_version() -> None:
    rollout = rollout_in(*IN_WAVES.waves, first_replicas=1)
    wave = step(report(DONE, UNKNOWN, UNKNOWN), rollout)
    assert put(wave) == [("eastus2", 1), ("northeurope", 1)]
    raised = step(report(DONE, DONE, DONE), rollout, wave.state)
    assert (raised.kind, put(raised)) == ("change", [("westeurope", 4), ("eastus2", 3)])
    assert step(report(DONE, DONE, DONE), rollout, raised.state).kind == "end"


def test_a_failed_region_is_removed_and_added_again() -> None:
    """The service's own advice."""
    removed = step(report(DONE, LOST, DONE))
    assert (removed.kind, removed.remove, removed.put) == ("change", ["eastus2"], [])
    busy = step(report(DONE, UNKNOWN, DONE, provisioning="Updating"), state=removed.state)
    assert busy.kind == "watch"
    again = step(report(DONE, UNKNOWN, DONE), state=busy.state)
    assert (again.kind, put(again)) == ("change", [("eastus2", 3)])
    assert step(report(DONE, DONE, DONE), state=again.state).kind == "end"


def heal_until_the_end(seen: ReplicationReport, rollout: Rollout) -> list[str]:
    """The kinds of steps for a region that fails for ever; a removed region is reported as missing."""
    state, kinds = RolloutState(), []
    while not kinds or kinds[-1] != "end":
        taken = step(seen, rollout, state)
        kinds.append("remove" if taken.remove else "add" if taken.put else taken.kind)
        state = taken.state
        assert len(kinds) < 20
    return kinds


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_healing_stops_after_the_configured_attempts(attempts: int) -> None:
    rollout = rollout_in(*AT_ONCE.waves, heal_attempts=attempts)
    assert heal_until_the_end(report(DONE, LOST, DONE), rollout) == ["remove", "add"] * attempts + ["end"]


def test_a_stuck_region_is_healed_like_a_failed_one() -> None:
    state = RolloutState()
    for hours in (0, 2, 5.9):
        taken = step(report(DONE, COPYING, DONE), state=state, hours=hours)
        assert taken.kind == "watch"
        state = taken.state
    assert step(report(DONE, COPYING, DONE), state=state, hours=6).remove == ["eastus2"]


def test_a_region_that_progresses_slowly_is_not_healed() -> None:
    state = RolloutState()
    for hours in range(0, 30, 5):
        taken = step(report(DONE, COPYING, DONE, progress=hours), state=state, hours=hours)
        assert taken.kind == "watch"
        state = taken.state


def test_the_home_region_is_never_removed() -> None:
    for seen in (report(LOST, LOST, LOST), report(LOST, DONE, LOST)):
        assert "westeurope" not in step(seen).remove


def test_a_failed_version_is_healed_where_a_region_reports_the_failure() -> None:
    seen = report(DONE, LOST, DONE, provisioning="Failed", failure=FAILURE)
    assert step(seen).remove == ["eastus2"]


def test_the_rollouts_state_survives_the_durable_boundary() -> None:
    taken = step(report(DONE, LOST, COPYING))
    assert RolloutState.model_validate(taken.state.model_dump(mode="json")) == taken.state
    dumped: dict[str, Any] = IN_WAVES.model_dump(mode="json")
    assert Rollout.model_validate(dumped) == IN_WAVES


@pytest.mark.parametrize("allowed", [False, True])
def test_a_version_is_protected_again_after_healing_if_it_was_before(allowed: bool) -> None:
    """The removal itself allows removals, so only what was read before it counts."""
    before = report(DONE, LOST, DONE).model_copy()
    before.removal_allowed = allowed
    removal = step(before)
    after = report(DONE, UNKNOWN, DONE).model_copy()
    after.removal_allowed = True
    returned = step(after, AT_ONCE, removal.state)
    assert (removal.remove, removal.protect) == (["eastus2"], False)
    assert (put(returned), returned.protect) == ([("eastus2", 3)], not allowed)


ALLOCATION = "Storage could not be allocated for the replica in this region."
TOO_LARGE = "The GalleryImageVersion source resource size 2520 exceeds the max size 2048 supported"


def home_failed(details: str, *others: str, provisioning: str = "Failed") -> ReplicationReport:
    seen = report(LOST, *others or (DONE, DONE), provisioning=provisioning)
    for region in seen.regions:
        region.details = details if region.state == LOST else ""
    return seen


def test_the_home_region_is_repaired_by_writing_the_version_again() -> None:
    """The service requires the region, so it cannot be removed; its cause passes by itself."""
    taken = step(home_failed(ALLOCATION))
    assert (taken.kind, put(taken), taken.remove, taken.repeat) == ("change", [("westeurope", 4)], [], True)
    assert taken.state.removed == []
    assert step(report(DONE, DONE, DONE), state=taken.state).kind == "end"


def test_the_home_region_is_repaired_a_limited_number_of_times() -> None:
    state, kinds = RolloutState(), []
    while not kinds or kinds[-1] != "end":
        taken = step(home_failed(ALLOCATION), state=state)
        kinds.append(taken.kind)
        state = taken.state
    assert kinds == ["change"] * AT_ONCE.heal_attempts + ["end"]


def test_the_home_region_is_repaired_once_azure_has_finished() -> None:
    assert step(home_failed(ALLOCATION, DONE, COPYING, provisioning="Creating")).kind == "watch"


def test_the_removal_of_another_region_repairs_the_home_region_too() -> None:
    taken = step(home_failed(ALLOCATION, LOST, DONE))
    assert (taken.remove, taken.state.attempts) == (["eastus2"], {"westeurope": 1, "eastus2": 1})


@pytest.mark.parametrize("details", [TOO_LARGE, "Failed with internal server error.", ""])
def test_the_home_region_is_not_repaired_if_its_cause_stays_or_is_unknown(details: str) -> None:
    assert step(home_failed(details)).kind == "end"


def test_no_region_is_repaired_if_the_cause_is_known_and_stays() -> None:
    seen = report(LOST, LOST, LOST, provisioning="Failed")
    for region in seen.regions:
        region.details = TOO_LARGE
    assert step(seen).kind == "end"


def listing(*names: str, states: tuple[str, str, str] = (DONE, UNKNOWN, DONE)) -> ReplicationReport:
    return report(*states).model_copy(update={"listed": list(names)})


def test_a_region_that_another_writer_dropped_is_added_again() -> None:
    """Reported by users: the last of two overlapping updates wins, and drops the regions of the other."""
    dropped = listing("westeurope", "northeurope")
    taken = step(dropped)
    assert (taken.kind, put(taken)) == ("change", [("eastus2", 3)])
    assert step(dropped, state=step(dropped, state=taken.state).state).kind == "watch"
    assert "eastus2 (not among the version's regions)" in dropped.explain().message


def test_a_dropped_region_gets_its_full_replicas_if_the_others_have_them() -> None:
    rollout = rollout_in(*AT_ONCE.waves, first_replicas=1)
    assert put(step(listing("westeurope"), rollout)) == [("eastus2", 1), ("northeurope", 1)]
    raised = step(listing("westeurope"), rollout, RolloutState(raised=True))
    assert put(raised) == [("eastus2", 3), ("northeurope", 1)]


def test_regions_of_later_waves_are_not_missed_before_they_are_requested() -> None:
    taken = step(listing("westeurope", states=(COPYING, UNKNOWN, UNKNOWN)), IN_WAVES)
    assert taken.kind == "watch"


def test_nothing_is_written_to_a_version_that_holds_something_else() -> None:
    foreign = report(LOST, LOST, LOST, failure=FAILURE).model_copy(update={"differs": True})
    assert step(foreign).kind == "end"


@pytest.mark.parametrize("allowed", [False, True])
def test_a_rollout_that_ends_while_it_heals_leaves_the_version_as_it_was(allowed: bool) -> None:
    before = report(DONE, LOST, DONE).model_copy(update={"removal_allowed": allowed})
    removal = step(before)
    last = last_write(removal.state, AT_ONCE)
    assert last_write(RolloutState(protected=True), AT_ONCE) is None
    if allowed:
        assert last is None
    else:
        assert last is not None
        assert (put(last), last.protect) == ([("eastus2", 3)], True)
