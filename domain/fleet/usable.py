"""Why a machine in a region can use an image version, or cannot: from what Azure shows, in the order of the causes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.fleet.findings import Finding, failed, passed, unknown, unreadable, warned
from domain.promotion.flags import VersionFlags
from domain.promotion.latest import RegionLatest, highest_first, why_not
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, PublishedRegion
from domain.resources.ids import ImageVersionId, does_not_exist
from domain.resources.regions import canonical_region, unknown_region
from domain.retention.ladder import Rung, SoftDeletedVersion

Usable = Literal["yes", "no", "unknown"]
# of many versions, the highest are named
MOST_NAMED = 5
_WHY = {
    "excluded-by-region": "it is excluded from latest in this region",
    "excluded-by-version": "it is excluded from latest in all regions",
    "not-replicated": "it is not in this region",
    "failed": "its replication to this region has failed",
    "deleting": "it is being deleted",
    "soft-deleted": "it is in the gallery's bin",
    "unknown": "Azure does not say whether it is in this region",
}
_ADD_REGION = "add the region with POST /api/migrations/{id}/regions, and to 'regions' in the policy"


@dataclass(frozen=True)
class Reading:
    """What was read for one question. `found` is the version with its replication, None if it does not exist.

    `latest` is what `latest` resolves to in the region. `bin` is the version's entry in the gallery's bin, and
    `bin_error` why it cannot be read. `regions` are those that the using subscription has, None if they cannot be
    read. `tenants` are those of the gallery's and of the using subscription, as far as they are known.
    """

    version: ImageVersionId
    region: str
    now: datetime
    gallery: Gallery | None = None
    definition: ImageDefinition | None = None
    versions: Sequence[ImageVersion] = ()
    found: ImageVersion | None = None
    latest: RegionLatest | None = None
    bin: SoftDeletedVersion | None = None
    bin_error: ArmError | None = None
    error: ArmError | None = None
    subscription: str | None = None
    regions: frozenset[str] | None = None
    tenants: tuple[str | None, str | None] = (None, None)


def find(reading: Reading) -> list[Finding]:
    """Returns the findings, the first cause first. What cannot be looked at after a failure is left out."""
    findings = [*_there(reading)]
    if reading.found is not None:
        findings += _in_region(reading, reading.found)
        findings += _latest(reading, reading.found)
        findings += _for_machines(reading, reading.found)
    return [*findings, *_access(reading)]


def usable(findings: Sequence[Finding]) -> Usable:
    """Whether a machine can use the version. Who may read the gallery is beyond what can be known, and not decided."""
    verdicts = {one.verdict for one in findings if one.name != "access"}
    if "failed" in verdicts:
        return "no"
    return "unknown" if "unknown" in verdicts else "yes"


def _there(reading: Reading) -> Iterator[Finding]:
    """Whether gallery, definition and version exist."""
    version = reading.version
    if reading.error is not None:
        yield unreadable("gallery", str(version.definition.gallery), reading.error)
        return
    if reading.gallery is None:
        yield failed(
            "gallery",
            f"{does_not_exist(version.definition.gallery)}, or Gallerist's identity cannot see it",
            "correct the gallery's name, its resource group or its subscription",
        )
        return
    yield passed("gallery", f"{reading.gallery.id.name} is in {reading.gallery.location}")
    if reading.definition is None:
        yield failed(
            "image definition",
            does_not_exist(version.definition),
            "correct the definition's name; GET /api/galleries lists all",
        )
        return
    yield passed("image definition", f"{version.definition.name} exists")
    yield _exists(reading)


def _exists(reading: Reading) -> Finding:
    name, version = "image version", reading.version
    if reading.found is not None:
        return passed(name, f"version {reading.found.id.name} exists")
    if version.name.lower() == "latest":
        passed_over = reading.latest.passed_over if reading.latest else []
        whys = "; ".join(f"{one.version}: {_WHY[one.why]}" for one in passed_over[:MOST_NAMED])
        return failed(
            name,
            f"latest resolves to nothing in {reading.region}",
            "promote a version that is in this region: POST /api/promotions",
            whys or "the definition has no version",
        )
    if reading.bin is not None:
        usable_still = reading.bin.rung(reading.now) is Rung.SOFT_DELETED
        until = f" until {reading.bin.unusable_at:%Y-%m-%d}" if reading.bin.unusable_at else ""
        how = (
            f"machines that name it exactly can be created{until}"
            if usable_still
            else "it can be restored only"
        )
        return failed(
            name,
            f"version {version.name} is soft-deleted: {how}",
            "restore it with POST /api/restores",
            "somebody, or retention, has deleted it; the gallery keeps what is deleted for a while",
        )
    names = ", ".join(one.id.name for one in highest_first(reading.versions)[:MOST_NAMED])
    error = reading.bin_error
    in_bin = f"; whether it is in the gallery's bin is not known: {error}" if error else ""
    return failed(
        name,
        f"version {version.name} does not exist{in_bin}",
        f"name one that exists: {names}"
        if names
        else "the definition has no version: migrate an image into it",
    )


def _in_region(reading: Reading, version: ImageVersion) -> Iterator[Finding]:
    """Whether the version is made, and is in the region."""
    yield _provisioning(version)
    region = next((one for one in version.target_regions if one.name == reading.region), None)
    if region is None:
        yield _not_a_target(reading, version)
        return
    yield passed("target region", f"the version has the target region {region.name}")
    yield _replication(reading, version)
    yield _storage(region, version)


def _provisioning(version: ImageVersion) -> Finding:
    name, state = "provisioning state", version.provisioning_state
    if state == "Succeeded":
        return passed(name, state)
    if state == "Failed":
        # reported: azure-cli #15539
        return warned(
            name,
            "Failed: it serves the regions that have it, and no others",
            "read why with GET /api/migrations/{id}, and start the migration again",
            "a write of the version, or its replication to a region, has failed",
        )
    if state == "Deleting":
        return failed(name, "the version is being deleted", "name another version")
    if state == "Creating":
        return failed(name, "the version is being created", "wait until it is Succeeded")
    return warned(
        name, f"{state}: Azure is changing the version; what is in the regions already stays usable"
    )


def _not_a_target(reading: Reading, version: ImageVersion) -> Finding:
    name = "target region"
    if reading.regions is not None and reading.region not in reading.regions:
        return failed(name, unknown_region(reading.region), "correct the region's name, as in 'eastus2'")
    regions = ", ".join(one.name for one in version.target_regions) or "none"
    detail = f"{reading.region} is not among the version's target regions: {regions}"
    return failed(name, detail, _ADD_REGION, "a machine can use a version only in a region that has it")


def _replication(reading: Reading, version: ImageVersion) -> Finding:
    name = "replication"
    states = {canonical_region(one.region): one for one in version.replication or []}
    found = states.get(reading.region)
    if found is None or found.state == "Unknown":
        return unknown(
            name, "Azure does not say how far the replication to this region is", "look again later"
        )
    if found.state == "Completed":
        return passed(name, "completed in this region")
    if found.state == "Failed":
        diagnosis = diagnose(ArmError(HTTPStatus.OK, "", found.details))
        return failed(name, f"failed in this region: {found.details}", diagnosis.fix, diagnosis.cause)
    detail = f"{found.state} in this region: {found.progress} %"
    return failed(name, detail, "wait; large images take hours", "the copy to this region is not complete")


def _storage(region: PublishedRegion, version: ImageVersion) -> Finding:
    name = "storage"
    detail = f"replicas: {region.replicas}, on {region.storage_account_type}"
    if region.disk_encryption_set:
        detail += f", encrypted with {region.disk_encryption_set}"
    if version.replication_mode.lower() == "shallow":
        fix = "create a full version for production: a shallow one has one replica, and no other region"
        return warned(name, f"{detail}; the version is shallow", fix)
    return passed(name, detail)


def _latest(reading: Reading, version: ImageVersion) -> Iterator[Finding]:
    """What a machine gets that names `latest`. One that names the version exactly does not care."""
    flags, name = VersionFlags.of(version), "excluded from latest"
    if reading.region in flags.regions:
        if flags.excluded_in(reading.region):
            where = "in this region" if flags.regions[reading.region] is not None else "in all regions"
            yield warned(
                name,
                f"the version is excluded from latest {where}",
                "promote it with POST /api/promotions",
                "Gallerist creates versions excluded, until they are promoted",
            )
        else:
            yield passed(name, "no")
    if reading.latest is not None:
        yield _resolved(reading.latest, version)


def _resolved(latest: RegionLatest, version: ImageVersion) -> Finding:
    name = "latest"
    if not latest.certain:
        doubt = latest.passed_over[-1].version if latest.passed_over else "a version"
        return warned(
            name, f"what latest resolves to is not known: Azure does not say whether {doubt} is there"
        )
    if latest.version == version.id.name:
        return passed(name, f"latest resolves to {latest.version} in {latest.region}")
    why = why_not(version, latest.region)
    resolved = f"latest resolves to {latest.version or 'nothing'} in {latest.region}"
    if why is None:
        return warned(
            name,
            f"{resolved}, which is higher",
            "name the version exactly, or elect it: POST /api/promotions",
        )
    return warned(name, resolved, None, f"of version {version.id.name}: {_WHY[why]}")


def _for_machines(reading: Reading, version: ImageVersion) -> Iterator[Finding]:
    """What whoever creates the machine should know."""
    if version.end_of_life is not None and version.end_of_life <= reading.now:
        yield warned(
            "end of life",
            f"the version's end of life was {version.end_of_life:%Y-%m-%d}; Azure still creates machines from it",
            "use a newer version",
        )
    plan = reading.definition.purchase_plan if reading.definition else None
    if plan is not None:
        yield warned(
            "purchase plan",
            f"a machine must name the plan {plan.publisher}/{plan.product}/{plan.name}",
            "give the plan in the machine's 'plan', and accept its terms in the subscription",
        )


def _access(reading: Reading) -> Iterator[Finding]:
    """Who can read the gallery. Only the rights of Gallerist's own identity are visible to it."""
    name, home = "access", reading.version.definition.subscription
    if reading.gallery is None:
        return
    using = reading.subscription
    sharing = reading.gallery.sharing
    needs = (
        "whoever creates the machine needs Microsoft.Compute/galleries/images/versions/read on the gallery"
    )
    role = f"give them the role Reader at {reading.gallery.id}"
    if using is None:
        yield unknown(
            name, f"not looked at: no subscription was given; {needs}", "name the machine's subscription"
        )
        return
    if reading.regions is not None and reading.region not in reading.regions:
        yield failed(
            "region of the subscription",
            f"subscription {using}: {unknown_region(reading.region)}",
            "use another region, or register the subscription for this one",
        )
    theirs, own = reading.tenants[1], reading.tenants[0]
    if theirs and own and theirs.lower() != own.lower():
        yield warned(
            name,
            f"subscription {using} is in another tenant ({theirs}) than the gallery ({own}); the gallery is {sharing}",
            "share the gallery with that tenant, or create the machine with an identity that is known in both tenants",
        )
        return
    if using.lower() != home.lower() and None in (theirs, own):
        yield unknown(name, f"the tenant of subscription {using} cannot be read; {needs}", role)
        return
    yield unknown(name, f"the rights of others cannot be read; {needs} (it is {sharing})", role)
