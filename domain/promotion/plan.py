"""The plan of a promotion or an election: who would upgrade, what the regions fall back on, and what forbids it."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from domain.promotion.flags import VersionFlags
from domain.promotion.followers import Gap, named
from domain.promotion.latest import RegionLatest, resolve, why_not
from domain.promotion.messages import PromotionRequest
from domain.promotion.rings import foreign_regions, rings_of
from domain.promotion.steps import election_changes
from domain.proofs.machine import PROOF_TAG
from domain.proofs.mark import FAILED
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId, does_not_exist
from domain.resources.regions import Region
from domain.resources.versions import Version
from domain.results import Failure


class PlannedFollower(BaseModel):
    """A scale set that follows `latest`: how many instances would upgrade, and which versions they run now."""

    id: str
    region: Region
    instances: int
    upgrading: int
    runs: list[str] = []
    window: str | None = None


class PlannedRing(BaseModel):
    """One ring: its regions, and the scale sets that would upgrade."""

    regions: list[Region]
    followers: list[PlannedFollower] = []


class PromotionPlan(BaseModel):
    """What a promotion would do. It does not begin if there is an `obstacle`.

    `no_fallback` are the regions in which no other version could be latest. `before` are the flags of every version
    that would be written, as they are. `recorded` says that `before` was kept by an earlier try of the same start.
    """

    version_id: ImageVersionId
    rings: list[PlannedRing] = []
    latest: list[RegionLatest] = []
    no_fallback: list[Region] = []
    warnings: list[str] = []
    before: list[VersionFlags] = []
    recorded: bool = False
    obstacle: Failure | None = None


def plan_promotion(
    request: PromotionRequest,
    versions: Sequence[ImageVersion],
    followers: Sequence[PlannedFollower] = (),
    gaps: Sequence[Gap] = (),
) -> PromotionPlan:
    """Plans a promotion or an election from what was read. `followers` are those of the whole definition."""
    version = next((one for one in versions if one.id == request.version_id), None)
    if version is None:
        return PromotionPlan(version_id=request.version_id, obstacle=_gone(request))
    wanted = request.regions if request.action == "elect" and request.regions else None
    own = [region.name for region in version.target_regions]
    rings = rings_of(request.rings, [name for name in own if wanted is None or name in wanted])
    regions = [region for ring in rings for region in ring]
    latest = [resolve(versions, region) for region in regions]
    others = [one for one in versions if one.id != version.id]
    plan = PromotionPlan(
        version_id=version.id,
        rings=[_planned_ring(ring, followers) for ring in rings],
        latest=latest,
        no_fallback=[name for name in regions if resolve(others, name).version is None],
        before=_touched(request, version, others, regions),
    )
    foreign = foreign_regions([*request.rings, request.regions or []], own)
    if foreign:
        plan.warnings.append(f"the version is not replicated to {', '.join(foreign)}: left out")
    if plan.no_fallback:
        plan.warnings.append(f"no other version can be latest in {', '.join(plan.no_fallback)}")
    plan.obstacle = _obstacle(request, version, latest, gaps)
    return plan


def _planned_ring(ring: list[str], followers: Iterable[PlannedFollower]) -> PlannedRing:
    return PlannedRing(regions=ring, followers=[one for one in followers if one.region in ring])


def _touched(
    request: PromotionRequest, version: ImageVersion, others: Iterable[ImageVersion], regions: list[str]
) -> list[VersionFlags]:
    """The flags of the versions that would be written."""
    own = VersionFlags.of(version)
    if request.action == "promote":
        return [own]
    known = {one.id: VersionFlags.of(one) for one in others}
    changes = election_changes(own, known.values(), regions, last=True)
    return [own, *(known[change.version] for change in changes if change.version in known)]


def _obstacle(
    request: PromotionRequest, version: ImageVersion, latest: list[RegionLatest], gaps: Sequence[Gap]
) -> Failure | None:
    """Why the version may not be promoted or elected; None if it may."""
    number = Version.of_name(version.id.name)
    if number is None:
        return Failure(
            code="NoNumber",
            message=f"'{version.id.name}' is not a version number, so latest never resolves to it",
            fix="Publish the image again under a number.",
        )
    return (
        failed_proof(version)
        or not_everywhere(version, [one.region for one in latest])
        or _unreadable(request, gaps)
        or _uncertain(latest)
        or _wrong_action(request, number, latest)
    )


def failed_proof(version: ImageVersion) -> Failure | None:
    """Refuses a version from which no machine started."""
    proof = version.tags.get(PROOF_TAG, "")
    if not proof.lower().startswith(FAILED):
        return None
    return Failure(
        code="ProofFailed",
        message=f"version {version.id.name} failed its proof: {proof}",
        cause="A machine that was started from the version did not become ready.",
        fix="Repair the image and build it again: a version that failed its proof is never promoted.",
    )


def not_everywhere(version: ImageVersion, regions: Iterable[str]) -> Failure | None:
    """Refuses a version that is not replicated to one of the regions, or of which Azure does not say so."""
    offered = version.model_copy(deep=True)
    offered.exclude_from_latest = False
    for region in offered.target_regions:
        region.exclude_from_latest = False
    missing = [f"{name} ({why})" for name in regions if (why := why_not(offered, name)) is not None]
    if not missing:
        return None
    return Failure(
        code="NotReplicated",
        message=f"version {version.id.name} is not usable in {', '.join(missing)}",
        cause="The version is not, or not yet, replicated to every region in which it would become latest.",
        fix="Wait until the version is in all of its regions, or start its migration again, then promote it.",
    )


def _gone(request: PromotionRequest) -> Failure:
    return Failure(
        code="VersionGone",
        message=does_not_exist(request.version_id),
        cause="It was deleted, or its definition was.",
        fix="Name a version that exists: GET /api/galleries lists them.",
    )


def _unreadable(request: PromotionRequest, gaps: Sequence[Gap]) -> Failure | None:
    if not gaps or request.action != "promote":
        return None
    where = "; ".join(f"{gap.where}: {gap.reason}" for gap in gaps[:3])
    return Failure(
        code="FollowersUnreadable",
        message=f"who follows latest cannot be read: {where}",
        cause="The identity may not read virtual machines and scale sets there, or Azure does not answer.",
        fix="Give the identity the role of infra/roles/promote.json on these subscriptions (docs/promote.md).",
    )


def _uncertain(latest: list[RegionLatest]) -> Failure | None:
    regions = [one.region for one in latest if not one.certain]
    if not regions:
        return None
    return Failure(
        code="LatestUnknown",
        message=f"Azure does not say what latest is in {', '.join(regions)}",
        cause="The replication status of a higher version that is not excluded cannot be read.",
        fix="Look at the definition's adoption, and promote again when Azure shows the status.",
    )


def _wrong_action(request: PromotionRequest, number: Version, latest: list[RegionLatest]) -> Failure | None:
    """A promotion never goes back, and an election never forward: it has no followers to watch."""
    numbers = {one.region: Version.of_name(one.version or "") for one in latest}
    if request.action == "promote":
        higher = [region for region, found in numbers.items() if found and found > number]
        if higher:
            return Failure(
                code="NotTheHighest",
                message=f"a higher version than {number} is latest in {', '.join(higher)}",
                fix="To make the older version latest there, elect it: the action 'elect' excludes the higher ones.",
            )
        return None
    newer = [region for region, found in numbers.items() if found is None or found < number]
    if newer:
        return Failure(
            code="NotOlder",
            message=f"version {number} is newer than what is latest in {', '.join(newer)}",
            fix="Promote it, which goes ring by ring and watches the scale sets; or name only 'regions' in which a "
            "higher version is latest.",
        )
    return None


def upgrading_text(plan: PromotionPlan) -> str:
    """Which scale sets would upgrade, in words."""
    ids = [one.id for ring in plan.rings for one in ring.followers if one.upgrading]
    count = sum(one.upgrading for ring in plan.rings for one in ring.followers)
    return f"{count} instances of {named(ids)} would upgrade" if ids else "no scale set would upgrade"
