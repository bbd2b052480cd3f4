"""The pace at which simulated work advances. It is set from outside; the models define the work."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from azure_compute_simulator.clock import Clock
from azure_compute_simulator.drawn import Drawn
from azure_compute_simulator.jobs import REPLICATION_SECONDS, Job
from azure_compute_simulator.regions import short_name


class Pace(Protocol):
    """Decides how far a job is."""

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:
        """Returns the part of the job that is done, as a whole or in one region, from 0 to 1."""


@dataclass(frozen=True)
class Immediate:
    """All work is done before the next request."""

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:  # noqa: ARG002 - the protocol's signature
        """Returns 1."""
        return 1.0


@dataclass(frozen=True)
class Polls:
    """Replication is done when clients have read the version or its operation N times; short work is done at once."""

    count: int
    also_short_work: bool = False

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:  # noqa: ARG002 - the protocol's signature
        """Returns polls so far / polls needed."""
        if not (job.replicates or self.also_short_work):
            return 1.0
        return min(1.0, job.polls / self.count)


@dataclass(frozen=True)
class Seconds:
    """A version's creation takes this many simulated seconds, other work its recorded proportion of that."""

    seconds: float

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:  # noqa: ARG002 - the protocol's signature
        """Returns time passed / time needed."""
        return min(1.0, (now - job.started) / self._needed(job))

    def due(self, job: Job, region: str | None = None) -> datetime:  # noqa: ARG002 - as `Drawn` has it
        """Returns when the job is done."""
        return job.started + self._needed(job)

    def _needed(self, job: Job) -> timedelta:
        return timedelta(seconds=self.seconds * job.seconds / REPLICATION_SECONDS)


@dataclass(frozen=True)
class Manual:
    """Regions do not advance until the control plane sets their progress. Short work is done at once."""

    def fraction(self, job: Job, now: datetime, region: str | None = None) -> float:  # noqa: ARG002 - the protocol's signature
        """Returns 1. `Transitions` keeps the progress of regions; an operation waits for its regions anyway."""
        return 1.0


PACES = "immediate, polls:N, seconds:S, drawn:SEED[:SPREAD[:SECONDS]] or manual"


@cache
def parse_pace(text: str, *, also_short_work: bool = False) -> Pace:
    """Parses `immediate`, `polls:N`, `seconds:S`, `drawn:SEED[:SPREAD[:SECONDS]]` or `manual`.

    Raises ValueError that lists these forms.
    """
    name, _, amount = text.partition(":")
    try:
        if name == "polls" and int(amount) > 0:
            return Polls(int(amount), also_short_work)
        if name == "seconds" and float(amount) > 0:
            return Seconds(float(amount))
        if name == "drawn":
            return Drawn.parse(amount)
    except ValueError:
        pass  # refused below, like every other spelling
    if text == "immediate":
        return Immediate()
    if text == "manual":
        return Manual()
    raise ValueError(f"{text!r} is not a pace; use {PACES}.")


@dataclass
class Transitions:
    """The pace of the whole simulator, of single resources and of single regions of a version."""

    clock: Clock
    default: str = "immediate"
    overrides: dict[tuple[str, str | None], str] = field(default_factory=dict)
    progress: dict[tuple[str, str | None], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parse_pace(self.default)

    def set_default(self, pace: str) -> None:
        """Sets the pace of everything that has no pace of its own. Raises ValueError."""
        parse_pace(pace)
        self.default = pace

    def set_override(self, resource_id: str, pace: str, region: str | None = None) -> None:
        """Gives one resource, or one region of a version, its own pace. Raises ValueError."""
        parse_pace(pace)
        self.overrides[_key(resource_id, region)] = pace

    def set_progress(self, resource_id: str, progress: float, region: str | None = None) -> None:
        """Sets the progress, from 0 to 100, of one region or of all at the pace `manual`. Raises ValueError."""
        if not 0 <= progress <= 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"The progress must be from 0 to 100, not {progress}.")
        self.progress[_key(resource_id, region)] = progress / 100

    def has_own_pace(self, job: Job, region: str) -> bool:
        """Whether this region has its own pace or progress, independent of the version's."""
        overridden = bool(self.overrides) and _key(job.resource_id, region) in self.overrides
        return overridden or isinstance(self._pace(job, region), Manual | Drawn)

    def fraction(self, job: Job, region: str | None = None) -> float:
        """Returns how far the job is, from 0 to 1, in one region or as a whole."""
        pace = self._pace(job, region)
        if isinstance(pace, Manual) and region:
            return self._progress_of(job, region)
        return pace.fraction(job, self.clock.now(), region)

    def due(self, job: Job, region: str | None = None) -> datetime | None:
        """Returns when the job is done by itself, in one region or as a whole; None if it needs clients or control."""
        pace = self._pace(job, region)
        return pace.due(job, region) if isinstance(pace, Seconds | Drawn) else None

    def drawn(self) -> Drawn | None:
        """Returns the pace of everything if it is drawn, and nothing has a pace of its own."""
        pace = parse_pace(self.default)
        return pace if isinstance(pace, Drawn) and not self.overrides else None

    def _pace(self, job: Job, region: str | None) -> Pace:
        if self.overrides:
            for key in (_key(job.resource_id, region), _key(job.resource_id, None)):
                if key in self.overrides:
                    return parse_pace(self.overrides[key], also_short_work=True)
        return parse_pace(self.default)

    def _progress_of(self, job: Job, region: str) -> float:
        whole = self.progress.get(_key(job.resource_id, None), 0.0)
        return max(whole, self.progress.get(_key(job.resource_id, region), 0.0))


def _key(resource_id: str, region: str | None) -> tuple[str, str | None]:
    return resource_id.lower(), short_name(region) if region else None
