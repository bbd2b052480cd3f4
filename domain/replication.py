"""How a version is brought to its regions: in waves, with few replicas first where asked, healing what fails.

Decided from ARM's report alone, look by look; an orchestrator carries the decisions out.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from domain.contracts import ReplicationReport
from domain.galleries import TargetRegion
from domain.resource_ids import ImageVersionId


class Rollout(BaseModel):
    """What is wanted: the regions with their full replica counts, wave by wave, the image's own region first."""

    waves: list[list[TargetRegion]]
    first_replicas: int | None = None
    heal_attempts: int = 2
    stuck_after_hours: float = 6

    @property
    def regions(self) -> list[TargetRegion]:
        """All regions, in the order of their replication."""
        return [region for wave in self.waves for region in wave]

    def beginning(self) -> list[TargetRegion]:
        """What the version is made with: the first wave, with as few replicas as asked for."""
        return [self._small(region) for region in self.waves[0]]

    def _small(self, region: TargetRegion) -> TargetRegion:
        if self.first_replicas is None or region.replicas <= self.first_replicas:
            return region
        return region.model_copy(update={"replicas": self.first_replicas})

    def at_first(self, names: set[str]) -> list[TargetRegion]:
        """These regions, with as few replicas as asked for."""
        return [self._small(region) for region in self.regions if region.name in names]


class Standstill(BaseModel):
    """How far a region was when its progress last moved."""

    progress: int
    since: datetime


class RolloutState(BaseModel):
    """How far the rollout is; carried on from look to look."""

    wave: int = 0
    raised: bool = False
    removed: list[str] = []
    attempts: dict[str, int] = {}
    standstills: dict[str, Standstill] = {}


class Step(BaseModel):
    """What is to be done next: go on watching, change the version's regions, or end."""

    kind: Literal["watch", "change", "end"]
    state: RolloutState
    put: list[TargetRegion] = []
    remove: list[str] = []


def next_step(report: ReplicationReport, rollout: Rollout, state: RolloutState, now: datetime) -> Step:
    """The next step, given the latest report on all of the rollout's regions."""
    state = _observe(report, state, now)
    if report.provisioning_state in ("Missing", "Unknown"):
        return Step(kind="end" if report.failure else "watch", state=state)
    healing = _heal(report, rollout, state, now)
    if healing is not None:
        return healing
    if report.provisioning_state in ("Creating", "Updating") and report.failure is None:
        return Step(kind="watch", state=state)
    if state.removed:
        again = rollout.at_first(set(state.removed))
        return Step(kind="change", state=state.model_copy(update={"removed": []}), put=again)
    if report.provisioning_state == "Failed" or report.failure is not None:
        return Step(kind="end", state=state)
    return _advance(report, rollout, state)


def _observe(report: ReplicationReport, state: RolloutState, now: datetime) -> RolloutState:
    seen = {}
    for region in report.regions:
        before = state.standstills.get(region.region)
        moved = before is None or before.progress != region.progress or region.state != "Replicating"
        seen[region.region] = Standstill(progress=region.progress, since=now) if moved else before
    return state.model_copy(update={"standstills": seen})


def _heal(report: ReplicationReport, rollout: Rollout, state: RolloutState, now: datetime) -> Step | None:
    """Remove regions that failed or are stuck; they are added again once the service is done with that.

    The service's own advice: "do an update by removing the failed regions and update again by adding them back".
    The image's own region cannot be removed: the service demands it.
    """
    patience = timedelta(hours=rollout.stuck_after_hours)
    home = rollout.waves[0][0].name
    sick = [
        region.region
        for region in report.regions
        if region.region != home
        and region.region not in state.removed
        and state.attempts.get(region.region, 0) < rollout.heal_attempts
        and (
            region.state == "Failed"
            or (region.state == "Replicating" and now - state.standstills[region.region].since >= patience)
        )
    ]
    if not sick:
        return None
    attempts = state.attempts | {name: state.attempts.get(name, 0) + 1 for name in sick}
    changed = state.model_copy(update={"attempts": attempts, "removed": [*state.removed, *sick]})
    return Step(kind="change", state=changed, remove=sick)


def _advance(report: ReplicationReport, rollout: Rollout, state: RolloutState) -> Step:
    """The service is done with what it was asked: ask for the next wave, then for the full replica counts."""
    states = {region.region: region.state for region in report.regions}
    current = {region.name for wave in rollout.waves[: state.wave + 1] for region in wave}
    if any(states[name] in ("Replicating", "Unknown") for name in current):
        return Step(kind="watch", state=state)
    if state.wave + 1 < len(rollout.waves):
        following = {region.name for region in rollout.waves[state.wave + 1]}
        moved = state.model_copy(update={"wave": state.wave + 1})
        missing = {name for name in following if states[name] != "Completed"}
        return (
            Step(kind="change", state=moved, put=rollout.at_first(missing))
            if missing
            else Step(kind="watch", state=moved)
        )
    if rollout.first_replicas is not None and not state.raised:
        served = [region for region in rollout.regions if states[region.name] == "Completed"]
        grown = [region for region in served if region.replicas > rollout.first_replicas]
        raised = state.model_copy(update={"raised": True})
        return Step(kind="change", state=raised, put=grown) if grown else Step(kind="end", state=raised)
    return Step(kind="end", state=state)


class WatchRequest(BaseModel):
    """The input of `watch_replication`, carried on through `continue_as_new`."""

    version_id: ImageVersionId
    operation_url: str | None = None
    rollout: Rollout
    state: RolloutState = RolloutState()
    deadline: datetime
    first_poll_seconds: float
    longest_poll_seconds: float
    started_at: datetime | None = None
    looks_missing: int = 0

    @property
    def region_names(self) -> list[str]:
        """All regions that the version is to have."""
        return [region.name for region in self.rollout.regions]
