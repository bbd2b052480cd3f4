"""The policy against the galleries, image by image, on two axes: is Azure in sync with the policy, and is it healthy?

An image can be in sync and degraded (a region has failed), or healthy and out of sync (a region more is wanted).
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from domain.described import Described
from domain.planning.changes import Change, changes_of
from domain.planning.plan import MigrationPlan
from domain.promotion.flags import VersionFlags
from domain.resources.galleries import ImageVersion, RegionState
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.regions import Region, canonical_region

Sync = Literal["in-sync", "out-of-sync", "blocked", "ignored", "unknown"]
Health = Literal["healthy", "progressing", "degraded", "missing", "unknown"]
SYNCS: tuple[Sync, ...] = ("in-sync", "out-of-sync", "blocked", "ignored", "unknown")
# the first that applies is the health of several versions together
HEALTHS: tuple[Health, ...] = ("degraded", "missing", "unknown", "progressing", "healthy")


class RegionHealth(Described):
    """One target region of a version, as it is."""

    region: Region
    state: RegionState
    """Azure's replication state; `Unknown` where it does not say."""
    progress: int
    details: str
    excluded_from_latest: bool


class VersionHealth(Described):
    """The version that holds an image in one gallery, as it is."""

    version: ImageVersionId
    health: Health
    provisioning_state: str | None
    """Null if the version cannot be read, or has not been yet."""
    regions: list[RegionHealth]
    why: list[str]
    """What keeps it from being healthy."""


class ImageDiff(Described):
    """One image: what a migration would change, and how its versions are."""

    image: ImageId
    rule: str | None
    """The policy rule that matched the image; null if it was not planned."""
    sync: Sync
    reason: str | None
    """Why it is blocked, ignored or unknown."""
    fix: str | None
    changes: list[Change]
    """What the policy wants changed; empty unless it is out-of-sync."""
    health: Health | None
    """The worst of its versions'; null if the policy wants none, or if the image is blocked or unknown."""
    versions: list[VersionHealth]
    """Its version in each gallery that has one."""


def diff_of(
    image: ImageId, plan: MigrationPlan, versions: dict[ImageVersionId, ImageVersion | None]
) -> ImageDiff:
    """Returns the difference of one image. `versions` are those of `held_versions`, None for what was not read."""
    changes = changes_of(plan.targets)
    health = [_version_health(one, versions.get(one)) for one in held_versions(plan)]
    is_wanted = plan.outcome == "migrate"
    missing: list[Health] = ["missing"] if len(health) < len(plan.targets) else []
    return ImageDiff(
        image=image,
        rule=plan.rule,
        sync=_sync(plan, changes),
        reason=plan.reason,
        fix=plan.fix,
        changes=changes,
        health=worst_health([*missing, *(one.health for one in health)]) if is_wanted else None,
        versions=health,
    )


def unknown_diff(image: ImageId, reason: str, fix: str | None = None) -> ImageDiff:
    """Returns the comparison of an image that could not be planned."""
    return ImageDiff(
        image=image,
        rule=None,
        sync="unknown",
        reason=reason,
        fix=fix,
        changes=[],
        health=None,
        versions=[],
    )


def held_versions(plan: MigrationPlan) -> list[ImageVersionId]:
    """Returns the versions that hold the image already, one for each gallery that has it."""
    return [
        target.definition.id.version(target.number)
        for target in plan.targets
        if target.adopts and target.number is not None
    ]


def worst_health(found: Iterable[Health]) -> Health:
    """Returns the health of several versions together; without any, the image is missing."""
    known = set(found)
    return next((health for health in HEALTHS if health in known), "missing")


def _sync(plan: MigrationPlan, changes: Sequence[Change]) -> Sync:
    if plan.outcome == "skipped":
        return "ignored"
    if plan.outcome == "blocked":
        return "blocked"
    return "out-of-sync" if changes else "in-sync"


def _version_health(version_id: ImageVersionId, version: ImageVersion | None) -> VersionHealth:
    if version is None:
        why = ["it is not read yet, or cannot be read"]
        return VersionHealth(
            version=version_id, health="unknown", provisioning_state=None, regions=[], why=why
        )
    regions = _regions(version)
    return VersionHealth(
        version=version_id,
        health=_health(version, regions),
        provisioning_state=version.provisioning_state,
        regions=regions,
        why=_why(version, regions),
    )


def _regions(version: ImageVersion) -> list[RegionHealth]:
    flags = VersionFlags.of(version)
    progress = {canonical_region(one.region): one for one in version.replication or []}
    return [
        RegionHealth(
            region=target.name,
            state=progress[target.name].state if target.name in progress else "Unknown",
            progress=progress[target.name].progress if target.name in progress else 0,
            details=progress[target.name].details if target.name in progress else "",
            excluded_from_latest=flags.excluded_in(target.name),
        )
        for target in version.target_regions
    ]


def _health(version: ImageVersion, regions: Sequence[RegionHealth]) -> Health:
    states = {one.state for one in regions}
    if version.provisioning_state in ("Failed", "Deleting") or "Failed" in states:
        return "degraded"
    if version.provisioning_state != "Succeeded" or "Replicating" in states:
        return "progressing"
    return "healthy" if states == {"Completed"} else "unknown"


def _why(version: ImageVersion, regions: Sequence[RegionHealth]) -> list[str]:
    whys = [] if version.provisioning_state == "Succeeded" else [f"its state is {version.provisioning_state}"]
    for one in regions:
        if one.state == "Replicating":
            whys.append(f"{one.region}: replicating, {one.progress} %")
        elif one.state != "Completed":
            whys.append(f"{one.region}: {one.state.lower()}{f', {one.details}' if one.details else ''}")
    return whys
