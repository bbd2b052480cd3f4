"""Plans promotions, writes exclusion flags, and looks at what became of them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import ValidationError

from domain.errors import ArmError, NotYetError
from domain.promotion.flags import VersionFlags
from domain.promotion.followers import Follower, Gap, ScaleSet, count_taken, newest_upgrade
from domain.promotion.latest import regions_of, resolve, unread
from domain.promotion.messages import PromotionRequest
from domain.promotion.plan import PlannedFollower, PromotionPlan, failed_proof, not_everywhere, plan_promotion
from domain.promotion.records import Before, before_evidence
from domain.promotion.report import ExclusionsReport, ExclusionsRequest, LookRequest, PromotionReport
from domain.records.evidence import lineage_folder
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageVersionId, does_not_exist
from domain.results import Failure, failure_of
from services.container import services
from services.followers import gap_of, instance_versions, read_machines, read_scale_sets

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


async def plan(request: PromotionRequest) -> PromotionPlan:
    """What the promotion would do. Writes nothing.

    Raises:
        ArmError: Azure cannot be read.
        NotYetError: Azure still works on the version.
    """
    definition = request.definition
    versions = await read_versions(definition, [request.version_id])
    version = next((one for one in versions if one.id == request.version_id), None)
    if version is not None and not version.is_finished and version.provisioning_state != "Deleting":
        raise NotYetError(f"Azure works on version {version.id.name}: it is {version.provisioning_state}")
    scale_sets, gaps = await read_scale_sets(definition)
    followers: list[PlannedFollower] = []
    for scale_set in scale_sets:
        if version is not None and scale_set.follows(definition):
            try:
                followers.append(await _planned(scale_set, version.id))
            except ArmError as error:
                gaps.append(gap_of(scale_set.id, error))
    planned = plan_promotion(request, versions, followers, gaps)
    known = await recorded_before(definition, request.start_id)
    if known is not None and known.version_id == request.version_id:
        # an earlier try of this start wrote already: what was before its first write is what counts
        planned.before, planned.recorded = known.before, True
    return planned


async def read_versions(
    definition: ImageDefinitionId, also: Iterable[ImageVersionId] = ()
) -> list[ImageVersion]:
    """The versions of a definition, with the replication of those that decide what `latest` is, and of `also`.

    Raises:
        ArmError: they cannot be read.
    """
    compute = services().compute
    versions = {one.id: one for one in await compute.list_image_versions(definition)}
    wanted = [*also, *unread(list(versions.values()), regions_of(versions.values()))]
    while wanted:
        for version_id in wanted:
            found = await compute.get_image_version(version_id)
            if found is None:
                versions.pop(version_id, None)
            else:
                # without a status it is read once only
                found.replication = found.replication or []
                versions[version_id] = found
        wanted = unread(list(versions.values()), regions_of(versions.values()))
    return list(versions.values())


async def set_exclusions(request: ExclusionsRequest) -> ExclusionsReport:
    """Writes flags, unless the version has them; a repeated call finds nothing to change.

    Raises:
        ArmError: Azure refuses the write or does not answer.
        NotYetError: Azure still works on the version.
    """
    exclusions = services().exclusions
    version = await exclusions.read(request.change.version)
    if version is None:
        return ExclusionsReport(refused=_gone(request.change.version))
    _check_finished(version)
    refused = None if request.restores else _refusal(version, request)
    if refused is not None:
        return ExclusionsReport(flags=VersionFlags.of(version), refused=refused)
    write = await exclusions.begin(request.change)
    if write is None:
        return ExclusionsReport(refused=_gone(request.change.version))
    _check_finished(write.before)
    return ExclusionsReport(
        flags=VersionFlags.of(write.before), written=write.written, operation_url=write.operation_url
    )


async def read_exclusions(request: ExclusionsRequest) -> ExclusionsReport:
    """Reads the flags after a write, when Azure has finished with it.

    Raises:
        ArmError: Azure does not answer.
        NotYetError: Azure still works on the version.
    """
    version = await services().exclusions.read(request.change.version)
    if version is None:
        return ExclusionsReport(refused=_gone(request.change.version))
    _check_finished(version)
    refused, compute = None, services().compute
    if request.operation_url and version.provisioning_state == "Failed":
        error = await compute.get_operation_error(version.id, request.operation_url)
        refused = failure_of(error) if error else None
    elif request.operation_url:
        await compute.forget_operation(version.id)
    return ExclusionsReport(flags=VersionFlags.of(version), refused=refused)


async def look(request: LookRequest) -> PromotionReport:
    """What became of a promotion so far.

    Raises:
        ArmError: Azure cannot be read.
    """
    definition = request.version_id.definition
    versions = await read_versions(definition, request.touched)
    report = PromotionReport(
        latest=[resolve(versions, region) for region in regions_of(versions)],
        flags=[VersionFlags.of(one) for one in versions if one.id in request.touched],
    )
    scale_sets, report.gaps = await read_scale_sets(definition)
    for scale_set in scale_sets:
        since = request.since.get(scale_set.region)
        if since is None or not scale_set.follows(definition):
            continue
        try:
            report.followers.append(await _follower(scale_set, request.version_id, since))
        except ArmError as error:
            report.gaps.append(gap_of(scale_set.id, error))
    if request.counts_running:
        report.running = await _running(request.version_id, scale_sets, report.gaps)
    return report


async def recorded_before(definition: ImageDefinitionId, start_id: str) -> Before | None:
    """What an earlier try of the same start recorded before its first write; None if there is nothing.

    Raises:
        ArmError: the evidence cannot be read.
    """
    if not start_id:
        return None
    sample = before_evidence(Before.empty(definition.version("0.0.0")), start_id, _BEGINNING)
    ending = sample.name.rpartition("-")[2]
    for name in await services().evidence.names(lineage_folder(str(definition))):
        if name.endswith(f"-{ending}"):
            return parse_before(await services().evidence.get(name))
    return None


def parse_before(text: str | None) -> Before | None:
    """Reads a record of what was before; None for one that this release cannot read."""
    try:
        return Before.model_validate(json.loads(text or "")["details"])
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def _refusal(version: ImageVersion, request: ExclusionsRequest) -> Failure | None:
    """Why the version may not become latest where it is not yet."""
    flags = VersionFlags.of(version)
    offered = [
        name for name in request.change.offered_in if name not in flags.regions or flags.excluded_in(name)
    ]
    return (failed_proof(version) or not_everywhere(version, offered)) if offered else None


def _check_finished(version: ImageVersion) -> None:
    if not version.is_finished:
        raise NotYetError(f"Azure works on version {version.id.name}: it is {version.provisioning_state}")


def _gone(version: ImageVersionId) -> Failure:
    return Failure(
        code="VersionGone",
        message=does_not_exist(version),
        cause="Somebody deleted it.",
        fix="Name a version that exists.",
    )


async def _planned(scale_set: ScaleSet, version: ImageVersionId) -> PlannedFollower:
    runs = await instance_versions(scale_set)
    window = await services().followers.window(scale_set)
    return PlannedFollower(
        id=scale_set.id,
        region=scale_set.region,
        instances=len(runs),
        upgrading=len(runs) - count_taken(runs, version),
        runs=sorted({one or "unknown" for one in runs}),
        window=window.words if window else None,
    )


async def _follower(scale_set: ScaleSet, version: ImageVersionId, since: datetime) -> Follower:
    runs = await instance_versions(scale_set)
    follower = Follower(
        id=scale_set.id, region=scale_set.region, instances=len(runs), taken=count_taken(runs, version)
    )
    follower.upgrade = newest_upgrade(await services().followers.upgrades(scale_set), version, since)
    if not follower.has_taken and follower.upgrade is None:
        window = await services().followers.window(scale_set)
        if window is not None:
            follower.window, follower.opens = window.words_at(since), window.opening(since)
    return follower


async def _running(version: ImageVersionId, scale_sets: list[ScaleSet], gaps: list[Gap]) -> int:
    """How many machines and instances run the version. Machines of flexible scale sets are machines."""
    machines, unreadable = await read_machines(version.definition)
    gaps += unreadable
    count = 0
    for machine in machines:
        image = machine.image()
        count += image is not None and image.definition == version.definition and image.exact == version.name
    for scale_set in scale_sets:
        image = scale_set.image()
        if scale_set.flexible or image is None or image.definition != version.definition:
            continue
        try:
            count += (await instance_versions(scale_set)).count(version.name)
        except ArmError as error:
            gaps.append(gap_of(scale_set.id, error))
    return count
