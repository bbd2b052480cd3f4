"""What a rollout does next: wait, change the version's regions, or end. Decided from ARM's report, look by look.

Regions are reached in waves, with few replicas first where the policy asks for it, and failed regions are healed.
The orchestrator carries the decisions out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from domain.migration.replication import ReplicationReport, RolloutState, Standstill
from domain.planning.rollout import Rollout
from domain.resources.galleries import RegionProgress, TargetRegion


class RolloutStep(BaseModel):
    """The next step, and the rollout's state after it."""

    kind: Literal["watch", "change", "end"]
    state: RolloutState
    put: list[TargetRegion] = []
    remove: list[str] = []
    protect: bool = False


def next_step(report: ReplicationReport, rollout: Rollout, state: RolloutState, now: datetime) -> RolloutStep:
    """The next step, given the latest report on all of the rollout's regions."""
    state = _observe(report, state, now)
    if report.provisioning_state in ("Missing", "Unknown"):
        return RolloutStep(kind="end" if report.failure else "watch", state=state)
    sick = _regions_to_heal(report, rollout, state, now)
    if sick:
        return RolloutStep(kind="change", state=_after_removal(state, sick), remove=sick)
    if report.provisioning_state in ("Creating", "Updating") and report.failure is None:
        return RolloutStep(kind="watch", state=state)
    if state.removed:
        put = rollout.at_first(set(state.removed))
        return RolloutStep(kind="change", state=_after_return(state), put=put, protect=state.protected)
    if report.provisioning_state == "Failed" or report.failure is not None:
        return RolloutStep(kind="end", state=state)
    return _advance(report, rollout, state)


def _observe(report: ReplicationReport, state: RolloutState, now: datetime) -> RolloutState:
    """The state with the time since which each region's progress has not changed, and the version's protection."""
    copy = state.model_copy()
    if not state.removed:
        copy.protected = not report.removal_allowed
    copy.standstills = {one.region: _standstill(one, state, now) for one in report.regions}
    return copy


def _standstill(region: RegionProgress, state: RolloutState, now: datetime) -> Standstill:
    before = state.standstills.get(region.region)
    if before is None or before.progress != region.progress or region.state != "Replicating":
        return Standstill(progress=region.progress, since=now)
    return before


def _regions_to_heal(
    report: ReplicationReport, rollout: Rollout, state: RolloutState, now: datetime
) -> list[str]:
    """The regions to remove because they failed or are stuck. They are added again after the removal.

    The service's own advice: "do an update by removing the failed regions and update again by adding them back".
    The image's own region is never removed: the service requires it.
    """
    home = rollout.waves[0][0].name
    patience = timedelta(hours=rollout.stuck_after_hours)

    def is_sick(region: RegionProgress) -> bool:
        stuck = region.state == "Replicating" and now - state.standstills[region.region].since >= patience
        return region.state == "Failed" or stuck

    def may_be_healed(region: RegionProgress) -> bool:
        attempts_left = state.attempts.get(region.region, 0) < rollout.heal_attempts
        return region.region != home and region.region not in state.removed and attempts_left

    return [region.region for region in report.regions if is_sick(region) and may_be_healed(region)]


def _after_removal(state: RolloutState, removed: list[str]) -> RolloutState:
    copy = state.model_copy()
    copy.attempts = state.attempts | {name: state.attempts.get(name, 0) + 1 for name in removed}
    copy.removed = [*state.removed, *removed]
    return copy


def _after_return(state: RolloutState) -> RolloutState:
    copy = state.model_copy()
    copy.removed = []
    return copy


def _advance(report: ReplicationReport, rollout: Rollout, state: RolloutState) -> RolloutStep:
    """Azure has finished what it was asked for: request the next wave, then the full replica counts."""
    states = {region.region: region.state for region in report.regions}
    current = {region.name for wave in rollout.waves[: state.wave + 1] for region in wave}
    if any(states[name] in ("Replicating", "Unknown") for name in current):
        return RolloutStep(kind="watch", state=state)
    if state.wave + 1 < len(rollout.waves):
        return _next_wave(states, rollout, state)
    if rollout.first_replicas is not None and not state.raised:
        return _full_replicas(states, rollout, rollout.first_replicas, state)
    return RolloutStep(kind="end", state=state)


def _next_wave(states: Mapping[str, str], rollout: Rollout, state: RolloutState) -> RolloutStep:
    following = {region.name for region in rollout.waves[state.wave + 1]}
    missing = {name for name in following if states[name] != "Completed"}
    copy = state.model_copy()
    copy.wave = state.wave + 1
    if not missing:
        return RolloutStep(kind="watch", state=copy)
    return RolloutStep(kind="change", state=copy, put=rollout.at_first(missing))


def _full_replicas(
    states: Mapping[str, str], rollout: Rollout, first_replicas: int, state: RolloutState
) -> RolloutStep:
    served = [region for region in rollout.regions if states[region.name] == "Completed"]
    grown = [region for region in served if region.replicas > first_replicas]
    copy = state.model_copy()
    copy.raised = True
    return RolloutStep(kind="change" if grown else "end", state=copy, put=grown)
