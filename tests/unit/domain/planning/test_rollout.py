"""Pace and rollout: both come from the policy, and the built-in policy completes them."""

import pytest

from domain.planning.rollout import Pace, pace_of, rollout_of
from domain.policy.rules import BUILT_IN
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from tests.unit.builders import NOW, image, policy, rollout_in

HOME, EAST = TargetRegion(name="westeurope", replicas=4), TargetRegion(name="eastus2", replicas=1)


def chosen(**replication: object) -> Choices:
    return policy(replication=replication).decide(image(), NOW).choices


def test_the_built_in_pace_applies_if_the_policy_sets_none() -> None:
    built_in = BUILT_IN.replication
    pace = pace_of(chosen())
    assert (pace.deadline_hours, pace.first_poll_seconds, pace.longest_poll_seconds) == (
        built_in.deadline_hours,
        built_in.first_poll_seconds,
        built_in.longest_poll_seconds,
    )


def test_the_policys_pace_applies() -> None:
    pace = pace_of(chosen(deadline_hours=48, first_poll_seconds=5, longest_poll_seconds=6))
    assert pace == Pace(deadline_hours=48, first_poll_seconds=5, longest_poll_seconds=6)


def test_choices_without_the_built_in_policy_have_no_pace_and_no_rollout() -> None:
    """A second set of defaults must not come into being here."""
    open_choices = Choices()
    for build in (pace_of, lambda choices: rollout_of(choices, [HOME])):
        with pytest.raises(ValueError, match="merge them over the built-in policy"):
            build(open_choices)


@pytest.mark.parametrize(
    ("waves", "regions", "planned"),
    [
        ("all-at-once", [HOME, EAST], [[HOME, EAST]]),
        ("home-first", [HOME, EAST], [[HOME], [EAST]]),
        ("home-first", [HOME], [[HOME]]),
    ],
)
def test_the_regions_are_in_the_policys_waves(
    waves: str, regions: list[TargetRegion], planned: list[list[TargetRegion]]
) -> None:
    assert rollout_of(chosen(waves=waves), regions).waves == planned


def test_the_policy_decides_how_regions_are_healed() -> None:
    rollout = rollout_of(chosen(heal_attempts=0, stuck_after_hours=1.5, first_replicas=2), [HOME])
    assert rollout == rollout_in([HOME], heal_attempts=0, stuck_after_hours=1.5, first_replicas=2)


def test_a_version_begins_with_the_first_wave_and_the_first_replica_counts() -> None:
    rollout = rollout_in([HOME], [EAST], first_replicas=2)
    assert [(region.name, region.replicas) for region in rollout.beginning()] == [("westeurope", 2)]
    assert rollout.at_first({"eastus2"}) == [EAST]
    assert rollout.regions == [HOME, EAST]
