"""How a version is brought to its regions: in waves, with few replicas first where asked, healing what fails.

Decided from ARM's report alone, look by look; an orchestrator carries the decisions out.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from domain.errors import ArmError
from domain.migration.results import Failure, Waiting, failure_of
from domain.planning.rollout import Rollout
from domain.resources.galleries import ImageVersion, RegionProgress, TargetRegion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import canonical_region


class StatusRequest(BaseModel):
    """The input of `get_replication_status`."""

    version_id: ImageVersionId
    operation_url: str | None = None
    regions: list[str]


class RegionsRequest(BaseModel):
    """The input of `update_regions`: regions to have with these replica counts, and regions to be without."""

    version_id: ImageVersionId
    put: list[TargetRegion] = []
    remove: list[str] = []


class RegionsUpdate(BaseModel):
    """The answer of `update_regions`; no URL where the regions were as wanted."""

    operation_url: str | None = None


class ReplicationReport(BaseModel):
    """How far a version is: ARM's provisioning state, every wanted region, and why it failed if it did.

    The state is `Missing` where ARM does not know the version, `Unknown` where it was not asked.
    """

    provisioning_state: str
    regions: list[RegionProgress]
    failure: Failure | None = None
    waiting_for: Waiting | None = None

    @classmethod
    def of(
        cls, version: ImageVersion | None, regions: list[str], error: ArmError | None
    ) -> "ReplicationReport":
        """The report on the wanted regions; a region that ARM does not tell of is unknown, never done."""
        told = {canonical_region(region.region): region for region in (version and version.replication) or []}
        return cls(
            provisioning_state=version.provisioning_state if version else "Missing",
            regions=[
                told[name].model_copy(update={"region": name})
                if name in told
                else RegionProgress(region=name)
                for name in regions
            ],
            failure=failure_of(error) if error else None,
        )

    @classmethod
    def unknown(cls, regions: list[str], failure: Failure | None) -> "ReplicationReport":
        """The report where the version could not be read."""
        unknown = [RegionProgress(region=region) for region in regions]
        return cls(provisioning_state="Unknown", regions=unknown, failure=failure)

    @property
    def completed(self) -> bool:
        """Whether every wanted region is there: `Succeeded` alone does not say so (reported by users)."""
        everywhere = bool(self.regions) and all(region.state == "Completed" for region in self.regions)
        return everywhere and self.provisioning_state == "Succeeded"


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
