"""The rollout of a version: waves, few replicas first, and what is done about regions that fail or stand still."""

from datetime import timedelta
from typing import Any

import pytest

from domain.migration.replication import ReplicationReport, RolloutState, Step, next_step
from domain.migration.results import Failure
from domain.planning.rollout import Rollout
from domain.resources.galleries import RegionProgress, TargetRegion
from tests.unit.builders import NOW, rollout_in

HOME = TargetRegion(name="westeurope", replicas=4)
EAST = TargetRegion(name="eastus2", replicas=3)
NORTH = TargetRegion(name="northeurope", replicas=1)
AT_ONCE = rollout_in([HOME, EAST, NORTH])
IN_WAVES = rollout_in([HOME], [EAST, NORTH])
FAILURE = Failure(code="CrpPirReplicationJobsNotCompleted", message="no")

DONE, COPYING, LOST, UNTOLD = "Completed", "Replicating", "Failed", "Unknown"


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
    told: ReplicationReport, rollout: Rollout = AT_ONCE, state: RolloutState | None = None, hours: float = 0
) -> Step:
    return next_step(told, rollout, state or RolloutState(), NOW + timedelta(hours=hours))


def put(taken: Step) -> list[tuple[str, int]]:
    return [(region.name, region.replicas) for region in taken.put]


def test_a_version_is_made_with_its_first_wave() -> None:
    assert [region.name for region in AT_ONCE.beginning()] == ["westeurope", "eastus2", "northeurope"]
    assert [region.name for region in IN_WAVES.beginning()] == ["westeurope"]
    assert [region.name for region in IN_WAVES.regions] == ["westeurope", "eastus2", "northeurope"]


@pytest.mark.parametrize(("first", "replicas"), [(None, [4, 3, 1]), (1, [1, 1, 1]), (3, [3, 3, 1])])
def test_a_version_begins_with_as_few_replicas_as_asked_for(first: int | None, replicas: list[int]) -> None:
    rollout = rollout_in(*AT_ONCE.waves, first_replicas=first)
    assert [region.replicas for region in rollout.beginning()] == replicas


@pytest.mark.parametrize(
    "told",
    [
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Creating"),
        report(DONE, DONE, DONE, provisioning="Updating"),
        report(DONE, COPYING, DONE),
        report(DONE, UNTOLD, DONE),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Missing"),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Unknown"),
    ],
)
def test_what_the_service_still_works_on_is_watched(told: ReplicationReport) -> None:
    taken = step(told)
    assert (taken.kind, taken.put, taken.remove) == ("watch", [], [])


@pytest.mark.parametrize(
    "told",
    [
        report(DONE, DONE, DONE),
        report(LOST, DONE, DONE),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Failed"),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Missing", failure=FAILURE),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Unknown", failure=FAILURE),
        report(UNTOLD, UNTOLD, UNTOLD, provisioning="Creating", failure=FAILURE),
    ],
    ids=["done", "the home region failed", "failed", "never made", "not readable", "refused late"],
)
def test_what_nothing_more_can_be_done_about_ends(told: ReplicationReport) -> None:
    """The image's own region cannot be removed and added again: the service demands it."""
    assert step(told).kind == "end"


def test_the_next_wave_is_asked_for_once_the_first_one_is_there() -> None:
    assert step(report(COPYING, UNTOLD, UNTOLD), IN_WAVES).kind == "watch"
    taken = step(report(DONE, UNTOLD, UNTOLD), IN_WAVES)
    assert (taken.kind, put(taken), taken.remove) == ("change", [("eastus2", 3), ("northeurope", 1)], [])
    assert step(report(DONE, UNTOLD, UNTOLD), IN_WAVES, taken.state).kind == "watch"
    assert step(report(DONE, DONE, DONE), IN_WAVES, taken.state).kind == "end"


def test_of_the_next_wave_only_what_is_not_there_is_asked_for() -> None:
    """An adopted version may have some of its regions already."""
    taken = step(report(DONE, DONE, UNTOLD), IN_WAVES)
    assert put(taken) == [("northeurope", 1)]


def test_replicas_are_raised_once_every_region_is_there_and_only_once() -> None:
    rollout = rollout_in(*IN_WAVES.waves, first_replicas=1)
    wave = step(report(DONE, UNTOLD, UNTOLD), rollout)
    assert put(wave) == [("eastus2", 1), ("northeurope", 1)]
    raised = step(report(DONE, DONE, DONE), rollout, wave.state)
    assert (raised.kind, put(raised)) == ("change", [("westeurope", 4), ("eastus2", 3)])
    assert step(report(DONE, DONE, DONE), rollout, raised.state).kind == "end"


def test_a_region_that_failed_is_removed_and_added_again() -> None:
    """The service's own advice."""
    removed = step(report(DONE, LOST, DONE))
    assert (removed.kind, removed.remove, removed.put) == ("change", ["eastus2"], [])
    busy = step(report(DONE, UNTOLD, DONE, provisioning="Updating"), state=removed.state)
    assert busy.kind == "watch"
    again = step(report(DONE, UNTOLD, DONE), state=busy.state)
    assert (again.kind, put(again)) == ("change", [("eastus2", 3)])
    assert step(report(DONE, DONE, DONE), state=again.state).kind == "end"


def heal_until_the_end(told: ReplicationReport, rollout: Rollout) -> list[str]:
    """The kinds of steps for a region that fails for ever; what was removed is seen as gone."""
    state, kinds = RolloutState(), []
    while not kinds or kinds[-1] != "end":
        taken = step(told, rollout, state)
        kinds.append("remove" if taken.remove else "add" if taken.put else taken.kind)
        state = taken.state
        assert len(kinds) < 20
    return kinds


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_healing_is_tried_so_often_and_no_more(attempts: int) -> None:
    rollout = rollout_in(*AT_ONCE.waves, heal_attempts=attempts)
    assert heal_until_the_end(report(DONE, LOST, DONE), rollout) == ["remove", "add"] * attempts + ["end"]


def test_a_region_that_stands_still_is_healed_like_one_that_failed() -> None:
    state = RolloutState()
    for hours in (0, 2, 5.9):
        taken = step(report(DONE, COPYING, DONE), state=state, hours=hours)
        assert taken.kind == "watch"
        state = taken.state
    assert step(report(DONE, COPYING, DONE), state=state, hours=6).remove == ["eastus2"]


def test_a_region_that_moves_however_slowly_is_left_alone() -> None:
    state = RolloutState()
    for hours in range(0, 30, 5):
        taken = step(report(DONE, COPYING, DONE, progress=hours), state=state, hours=hours)
        assert taken.kind == "watch"
        state = taken.state


def test_the_home_region_is_never_removed() -> None:
    for told in (report(LOST, LOST, LOST), report(LOST, DONE, LOST)):
        assert "westeurope" not in step(told).remove


def test_a_version_that_failed_is_healed_where_regions_tell_of_it() -> None:
    told = report(DONE, LOST, DONE, provisioning="Failed", failure=FAILURE)
    assert step(told).remove == ["eastus2"]


def test_how_far_a_rollout_is_survives_the_durable_boundary() -> None:
    taken = step(report(DONE, LOST, COPYING))
    assert RolloutState.model_validate(taken.state.model_dump(mode="json")) == taken.state
    dumped: dict[str, Any] = IN_WAVES.model_dump(mode="json")
    assert Rollout.model_validate(dumped) == IN_WAVES
