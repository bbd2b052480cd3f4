"""The pace at which simulated work advances, set from outside; what the work does is the models' business."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Protocol

from azure_compute_simulator.clock import Clock
from azure_compute_simulator.regions import short_name

# Recorded median of a version's creation: other operations are paced in proportion to it.
REPLICATION_SECONDS = 428.0


@dataclass
class Job:
    """Work under way on one resource.

    `seconds` is how long the recorded service took for it, `replicates` tells the copying of a version to its
    regions from everything short, `polls` counts how often a client looked.
    """

    resource_id: str
    seconds: float
    replicates: bool
    started: datetime
    polls: int = 0


class Pace(Protocol):
    """Answers how far a job is, from 0 to 1."""

    def fraction(self, job: Job, now: datetime) -> float:
        """The part of the job that is done."""


@dataclass(frozen=True)
class Immediate:
    """Everything is done by the time that anybody looks again."""

    def fraction(self, job: Job, now: datetime) -> float:  # noqa: ARG002 - the protocol's signature
        """Always the whole."""
        return 1.0


@dataclass(frozen=True)
class Polls:
    """Replication is done at the client's Nth look at the version or its operation; short work at once."""

    count: int
    also_short_work: bool = False

    def fraction(self, job: Job, now: datetime) -> float:  # noqa: ARG002 - the protocol's signature
        """Looks so far over looks needed."""
        if not (job.replicates or self.also_short_work):
            return 1.0
        return min(1.0, job.polls / self.count)


@dataclass(frozen=True)
class Seconds:
    """A version's creation takes so many simulated seconds, other work its recorded proportion of that."""

    seconds: float

    def fraction(self, job: Job, now: datetime) -> float:
        """Time passed over time needed."""
        needed = self.seconds * job.seconds / REPLICATION_SECONDS
        return min(1.0, (now - job.started).total_seconds() / needed)


@dataclass(frozen=True)
class Manual:
    """Regions stand still until they are pushed through the control plane; short work is done at once."""

    def fraction(self, job: Job, now: datetime) -> float:  # noqa: ARG002 - the protocol's signature
        """The whole, for regions hold a version up, not its operation; `Transitions` knows the pushes."""
        return 1.0


@cache
def parse_pace(text: str, *, also_short_work: bool = False) -> Pace:
    """Read `immediate`, `polls:N`, `seconds:S` or `manual`. Raises ValueError naming the four forms."""
    name, _, amount = text.partition(":")
    try:
        if name == "polls" and int(amount) > 0:
            return Polls(int(amount), also_short_work)
        if name == "seconds" and float(amount) > 0:
            return Seconds(float(amount))
    except ValueError:
        pass  # answered below, together with every other spelling that is none of the four
    if text == "immediate":
        return Immediate()
    if text == "manual":
        return Manual()
    raise ValueError(f"{text!r} is not a pace: use immediate, polls:N, seconds:S or manual.")


@dataclass
class Transitions:
    """The pace of the whole simulator, of single resources and of single regions of a version."""

    clock: Clock
    default: str = "immediate"
    overrides: dict[tuple[str, str | None], str] = field(default_factory=dict)
    pushed: dict[tuple[str, str | None], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parse_pace(self.default)

    def set_default(self, pace: str) -> None:
        """Change the pace of everything without a pace of its own. Raises ValueError."""
        parse_pace(pace)
        self.default = pace

    def set_override(self, resource_id: str, pace: str, region: str | None = None) -> None:
        """Give one resource, or one region of a version, a pace of its own. Raises ValueError."""
        parse_pace(pace)
        self.overrides[_key(resource_id, region)] = pace

    def push(self, resource_id: str, progress: float, region: str | None = None) -> None:
        """Move a region that is paced by hand, or all regions, to a progress of 0 to 100."""
        if not 0 <= progress <= 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"The progress must be from 0 to 100, not {progress}.")
        self.pushed[_key(resource_id, region)] = progress / 100

    def has_own_pace(self, job: Job, region: str) -> bool:
        """Whether this region does not follow the version's pace, because it is set or pushed by itself."""
        overridden = bool(self.overrides) and _key(job.resource_id, region) in self.overrides
        return overridden or isinstance(self._pace(job, region), Manual)

    def fraction(self, job: Job, region: str | None = None) -> float:
        """How far the job is, from 0 to 1, for a region or for the whole."""
        pace = self._pace(job, region)
        if isinstance(pace, Manual) and region:
            return self._pushed(job, region)
        return pace.fraction(job, self.clock.now())

    def _pace(self, job: Job, region: str | None) -> Pace:
        if self.overrides:
            for key in (_key(job.resource_id, region), _key(job.resource_id, None)):
                if key in self.overrides:
                    return parse_pace(self.overrides[key], also_short_work=True)
        return parse_pace(self.default)

    def _pushed(self, job: Job, region: str) -> float:
        whole = self.pushed.get(_key(job.resource_id, None), 0.0)
        return max(whole, self.pushed.get(_key(job.resource_id, region), 0.0))


def _key(resource_id: str, region: str | None) -> tuple[str, str | None]:
    return resource_id.lower(), short_name(region) if region else None
