"""How a version reaches its regions: in which order, with how many replicas, how patiently."""

from typing import TypeVar

from pydantic import BaseModel

from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion

Value = TypeVar("Value")


class Pace(BaseModel):
    """How long the regions of one version may take, and how often they are checked.

    No field has a default: the policy decides, and the built-in policy decides what a user's leaves open.
    """

    deadline_hours: float
    first_poll_seconds: float
    longest_poll_seconds: float


class Rollout(BaseModel):
    """The regions with their full replica counts, wave by wave. The first one is the image's own, its home.

    `first_replicas` is the number of replicas to begin with in each region, None for the full count.
    """

    waves: list[list[TargetRegion]]
    first_replicas: int | None = None
    heal_attempts: int
    stuck_after_hours: float

    @property
    def regions(self) -> list[TargetRegion]:
        """All regions, in the order of their replication."""
        return [region for wave in self.waves for region in wave]

    def beginning(self) -> list[TargetRegion]:
        """The regions that the version is created with: the first wave, with the first replica counts."""
        return [self._at_first(region) for region in self.waves[0]]

    def at_first(self, names: set[str]) -> list[TargetRegion]:
        """The named regions, with the first replica counts."""
        return [self._at_first(region) for region in self.regions if region.name in names]

    def _at_first(self, region: TargetRegion) -> TargetRegion:
        if self.first_replicas is None or region.replicas <= self.first_replicas:
            return region
        return region.with_replicas(self.first_replicas)


def pace_of(choices: Choices) -> Pace:
    """The pace that a decision's choices set.

    Raises:
        ValueError: the choices were not merged over the built-in policy, which leaves no part of the pace open.
    """
    replication = choices.replication
    return Pace(
        deadline_hours=_decided(replication.deadline_hours),
        first_poll_seconds=_decided(replication.first_poll_seconds),
        longest_poll_seconds=_decided(replication.longest_poll_seconds),
    )


def rollout_of(choices: Choices, regions: list[TargetRegion]) -> Rollout:
    """The rollout that a decision's choices set for these regions; the first one is the image's own.

    Raises:
        ValueError: the choices were not merged over the built-in policy, which decides how regions are healed.
    """
    home, *others = regions
    replication = choices.replication
    home_first = replication.waves == "home-first" and others
    return Rollout(
        waves=[[home], others] if home_first else [regions],
        first_replicas=replication.first_replicas,
        heal_attempts=_decided(replication.heal_attempts),
        stuck_after_hours=_decided(replication.stuck_after_hours),
    )


def _decided(value: Value | None) -> Value:
    if value is None:
        raise ValueError("the choices leave part of 'replication' open: merge them over the built-in policy")
    return value
