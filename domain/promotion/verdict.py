"""Whether a ring is baked: its followers took the version, or it is stated why not; never because time alone passed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from domain.promotion.flags import FlagChange
from domain.promotion.followers import COMPLETED_CODE, Follower, named
from domain.promotion.latest import latest_of
from domain.promotion.report import PromotionReport
from domain.resources.ids import ImageVersionId
from domain.resources.regions import Region

# documented: the first roll-out is triggered within three hours; the rest is for health checks and batches
PATIENCE = timedelta(hours=24)
# documented: a maintenance window comes at least once a week
WINDOWED_PATIENCE = timedelta(days=8)
# a window that opens later than this is stated, and not waited for
LONGEST_PATIENCE = timedelta(days=35)

Outcome = Literal["wait", "baked", "stop", "pause"]
FLAGS_CHANGED = "FlagsChanged"
UPGRADE_FAILED = "UpgradeFailed"
VERSION_GONE = "VersionGone"


class Bake(BaseModel):
    """What is baked: the version in the ring's regions, and since when every promoted region has it.

    `written` are the changes that the promotion made, as they should still show. `follows` is false for an election:
    no scale set goes to an older version by itself.
    """

    version_id: ImageVersionId
    ring: list[Region]
    since: dict[Region, datetime]
    until: datetime
    written: list[FlagChange]
    follows: bool = True


class Verdict(BaseModel):
    """What follows from a look. `statements` are what is worth keeping about a ring that is baked."""

    outcome: Outcome
    code: str = ""
    reason: str = ""
    fix: str = ""
    statements: list[str] = []


def judge(report: PromotionReport, bake: Bake, now: datetime) -> Verdict:
    """Decides whether the ring is baked."""
    if report.flags_of(bake.version_id) is None:
        return Verdict(
            outcome="stop",
            code=VERSION_GONE,
            reason=f"the image version {bake.version_id} no longer exists",
            fix="Promote another version. Regions without any version left have no latest: see the adoption.",
        )
    broken = [one for one in report.followers if one.upgrade and one.upgrade.went_wrong]
    if broken:
        return _stopped(bake, broken)
    changed = changed_by_others(report, bake)
    if changed:
        return Verdict(
            outcome="pause",
            code=FLAGS_CHANGED,
            reason=f"somebody else changed what is latest: {'; '.join(changed)}",
            fix="Find out who changed it and why. Resume goes on from what is there, abort ends the promotion, "
            "rollback restores what was before it.",
        )
    return _time_will_tell(report, bake, now)


def changed_by_others(report: PromotionReport, bake: Bake) -> list[str]:
    """What differs from what the promotion wrote, in words."""
    found = []
    for change in bake.written:
        flags = report.flags_of(change.version)
        found += change.differences(flags) if flags else [f"{change.version} no longer exists"]
    latest = latest_of(report.latest)
    for region in bake.since:
        if region in latest and latest[region] != bake.version_id.name:
            found.append(f"latest in {region} is {latest[region] or 'nothing'}, not {bake.version_id.name}")
    return found


def _stopped(bake: Bake, broken: list[Follower]) -> Verdict:
    details = "; ".join(
        f"{one.name} in {one.region}: {one.upgrade.code}{f' ({one.upgrade.error})' if one.upgrade.error else ''}"
        for one in broken
        if one.upgrade
    )
    return Verdict(
        outcome="stop",
        code=UPGRADE_FAILED,
        reason=f"rolling upgrades to {bake.version_id.name} failed or were cancelled: {details}",
        fix="Look at the instances of these scale sets. Roll the promotion back to restore what was latest before, or "
        "leave the promoted regions as they are and promote a repaired version.",
    )


def _time_will_tell(report: PromotionReport, bake: Bake, now: datetime) -> Verdict:
    if bake.follows and report.gaps:
        where = "; ".join(f"{gap.where}: {gap.reason}" for gap in report.gaps[:3])
        return Verdict(outcome="wait", reason=f"who follows the version cannot be read: {where}")
    uncertain = [one.region for one in report.latest if one.region in bake.ring and not one.certain]
    if uncertain:
        return Verdict(outcome="wait", reason=f"Azure does not say what latest is in {', '.join(uncertain)}")
    if now < bake.until:
        return Verdict(outcome="wait", reason=f"the ring bakes until {bake.until:%Y-%m-%d %H:%M} UTC")
    behind = [one for one in report.followers if one.region in bake.ring and not one.has_taken]
    waiting = [one for one in behind if now < bake.since[one.region] + _patience(one, bake)]
    if bake.follows and waiting:
        return Verdict(outcome="wait", reason=_waits_for(waiting))
    return Verdict(outcome="baked", statements=_statements(report, bake, behind))


def _patience(follower: Follower, bake: Bake) -> timedelta:
    """How long after the ring's write a follower is waited for: a day more than until its window has opened."""
    at_work = follower.upgrade is not None and follower.upgrade.code != COMPLETED_CODE
    if not (follower.window or at_work):
        return PATIENCE
    if follower.opens is None:
        return WINDOWED_PATIENCE
    until_open = follower.opens - bake.since[follower.region] + PATIENCE
    return min(max(until_open, WINDOWED_PATIENCE), LONGEST_PATIENCE)


def _waits_for(waiting: Iterable[Follower]) -> str:
    parts = []
    begun = [one.id for one in waiting if one.upgrade]
    windows = sorted({one.window for one in waiting if one.window and not one.upgrade})
    windowed = [one.id for one in waiting if one.window and not one.upgrade]
    others = [one.id for one in waiting if not one.window and not one.upgrade]
    if begun:
        parts.append(f"upgrades run on {named(begun)}")
    if windowed:
        parts.append(
            f"{named(windowed)} upgrade in their maintenance windows only ({'; '.join(windows[:3])})"
        )
    if others:
        parts.append(f"{named(others)} have not begun; Azure triggers a roll-out within three hours")
    return "; ".join(parts)


def _statements(report: PromotionReport, bake: Bake, behind: list[Follower]) -> list[str]:
    if not bake.follows:
        return []
    own = [one for one in report.followers if one.region in bake.ring]
    stated = [
        f"{one.id} did not take {bake.version_id.name} within {_patience(one, bake).days} days "
        f"({one.taken} of {one.instances} instances have it): "
        + (
            "its upgrade is not over"
            if one.upgrade
            else "Azure began no upgrade; look at its health and upgrade policy"
            + (f", and at its window ({one.window})" if one.window else "")
        )
        for one in behind
    ]
    empty = [one.id for one in own if one.instances == 0]
    if empty:
        stated.append(f"scale sets without instances have nothing to upgrade: {named(empty)}")
    return stated
