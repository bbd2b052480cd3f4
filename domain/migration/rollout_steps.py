"""What a rollout does next: wait, change the version's regions, or end. Decided from ARM's report, look by look.

Regions are reached in waves, with few replicas first where the policy asks for it, and failed regions are healed.
The orchestrator carries the decisions out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from domain.arm_errors import UNKNOWN, diagnose
from domain.errors import ArmError
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
    repeat: bool = False


def next_step(report: ReplicationReport, rollout: Rollout, state: RolloutState, now: datetime) -> RolloutStep:
    """The next step, given the latest report on all of the rollout's regions."""
    state = _observe(report, state, now)
    if report.differs:
        return RolloutStep(kind="end", state=state)
    if report.provisioning_state in ("Missing", "Unknown"):
        return RolloutStep(kind="end" if report.failure else "watch", state=state)
    works = report.provisioning_state in ("Creating", "Updating") and report.failure is None
    sick = _regions_to_heal(report, rollout, state, now)
    if sick and not (works and sick == [_home(rollout)]):
        return _heal(sick, rollout, state)
    if works:
        return RolloutStep(kind="watch", state=state)
    return _continue(report, rollout, state)


def _continue(report: ReplicationReport, rollout: Rollout, state: RolloutState) -> RolloutStep:
    """Azure has finished what it was asked for: repair what is missing, or go on to the next wave."""
    if state.removed:
        put = rollout.at_first(set(state.removed))
        return RolloutStep(kind="change", state=_after_return(state), put=put, protect=state.protected)
    if report.provisioning_state == "Failed" or report.failure is not None:
        return RolloutStep(kind="end", state=state)
    lost = _lost_regions(report, rollout, state)
    if lost:
        whole = [region for region in rollout.regions if region.name in lost]
        put = whole if state.raised else rollout.at_first(set(lost))
        return RolloutStep(kind="change", state=_after_attempt(state, lost), put=put)
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
    """The regions to repair because they failed or are stuck, unless their cause is known and stays.

    The image's own region is only repaired if its cause passes by itself.
    """
    patience = timedelta(hours=rollout.stuck_after_hours)

    def is_sick(region: RegionProgress) -> bool:
        stuck = region.state == "Replicating" and now - state.standstills[region.region].since >= patience
        return region.state == "Failed" or stuck

    def may_be_healed(region: RegionProgress) -> bool:
        diagnosis = diagnose(ArmError(HTTPStatus.OK, "", region.details))
        passes = diagnosis.retry != "never"
        healed_by_removal = region.region != _home(rollout) and diagnosis is UNKNOWN
        is_there = region.region not in state.removed
        return is_there and _attempts_left(region.region, rollout, state) and (passes or healed_by_removal)

    return [region.region for region in report.regions if is_sick(region) and may_be_healed(region)]


def _heal(sick: list[str], rollout: Rollout, state: RolloutState) -> RolloutStep:
    """Removes the regions, to add them again afterwards.

    The service's own advice: "do an update by removing the failed regions and update again by adding them back".
    The image's own region is required, so it is repaired by writing the version again, which every write does.
    """
    removed = [name for name in sick if name != _home(rollout)]
    after = _after_attempt(state, sick)
    if not removed:
        return RolloutStep(kind="change", state=after, put=rollout.at_first(set(sick)), repeat=True)
    after.removed = [*state.removed, *removed]
    return RolloutStep(kind="change", state=after, remove=removed)


def _lost_regions(report: ReplicationReport, rollout: Rollout, state: RolloutState) -> list[str]:
    """The requested regions that the version does not name any more: another writer dropped them (reported)."""
    requested = [region.name for wave in rollout.waves[: state.wave + 1] for region in wave]
    listed = requested if report.listed is None else report.listed
    return [name for name in requested if name not in listed and _attempts_left(name, rollout, state)]


def _home(rollout: Rollout) -> str:
    return rollout.waves[0][0].name


def _attempts_left(name: str, rollout: Rollout, state: RolloutState) -> bool:
    return state.attempts.get(name, 0) < rollout.heal_attempts


def _after_attempt(state: RolloutState, names: list[str]) -> RolloutState:
    copy = state.model_copy()
    copy.attempts = state.attempts | {name: state.attempts.get(name, 0) + 1 for name in names}
    return copy


def last_write(state: RolloutState, rollout: Rollout) -> RolloutStep | None:
    """The write before a rollout ends early: it adds removed regions again, and forbids removals as before."""
    if not (state.removed and state.protected):
        return None
    return RolloutStep(
        kind="end", state=_after_return(state), put=rollout.at_first(set(state.removed)), protect=True
    )


def _after_return(state: RolloutState) -> RolloutState:
    copy = state.model_copy()
    copy.removed = []
    return copy


def _advance(report: ReplicationReport, rollout: Rollout, state: RolloutState) -> RolloutStep:
    """Requests the next wave, then the full replica counts."""
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
