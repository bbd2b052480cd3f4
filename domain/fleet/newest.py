"""Whether the newest version of a definition is what users get: made, everywhere, and what `latest` resolves to.

For a pipeline that has just published: each thing that is not so is a finding that failed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.fleet.findings import Finding, failed, passed, unknown, warned
from domain.promotion.flags import VersionFlags
from domain.promotion.latest import RegionLatest, highest_first
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, does_not_exist
from domain.resources.regions import canonical_region


class NewestReading(NamedTuple):
    """What was read for one check. `wanted` are the regions that the policy gives the newest version's image.

    `region` limits the check to one region; `latest` is what `latest` resolves to in each of the regions looked at.
    """

    definition: ImageDefinitionId
    exists: bool
    newest: ImageVersion | None
    wanted: Sequence[str]
    latest: Sequence[RegionLatest]
    now: datetime
    region: str | None = None


def newest_of(versions: Sequence[ImageVersion]) -> ImageVersion | None:
    """Returns the version with the highest number."""
    return next(iter(highest_first(versions)), None)


def regions_to_check(newest: ImageVersion | None, wanted: Sequence[str], region: str | None) -> list[str]:
    """Returns the region asked for, or all that the newest version has or the policy wants."""
    if region is not None:
        return [region]
    own = [target.name for target in newest.target_regions] if newest else []
    return list(dict.fromkeys([*own, *wanted]))


def find_newest(reading: NewestReading) -> list[Finding]:
    """Returns the findings about the newest version of a definition."""
    if not reading.exists:
        fix = "correct the name; GET /api/galleries lists all"
        return [failed("image definition", does_not_exist(reading.definition), fix)]
    if reading.newest is None:
        return [failed("newest version", "the definition has no version", "migrate an image into it")]
    return list(_of_version(reading, reading.newest))


def _of_version(reading: NewestReading, newest: ImageVersion) -> Iterator[Finding]:
    yield passed("newest version", newest.id.name)
    state = newest.provisioning_state
    if state == "Succeeded":
        yield passed("provisioning state", state)
    else:
        fix = (
            "wait until it is Succeeded" if state in ("Creating", "Updating") else "start its migration again"
        )
        yield failed("provisioning state", f"version {newest.id.name} is {state}", fix)
    if newest.end_of_life is not None and newest.end_of_life <= reading.now:
        yield warned("end of life", f"it was {newest.end_of_life:%Y-%m-%d}", "publish a newer version")
    flags = VersionFlags.of(newest)
    latest = {one.region: one for one in reading.latest}
    for region in regions_to_check(newest, reading.wanted, reading.region):
        yield _there(newest, region, is_wanted=region in reading.wanted)
        if region in flags.regions:
            yield _excluded(flags, region)
        if region in latest:
            yield _latest(latest[region], newest)


def _there(newest: ImageVersion, region: str, *, is_wanted: bool) -> Finding:
    name = f"replication in {region}"
    if region not in {target.name for target in newest.target_regions}:
        why = "the policy wants it there" if is_wanted else "it is not one of its target regions"
        fix = "add the region with POST /api/migrations/{id}/regions"
        return failed(name, f"version {newest.id.name} is not in {region}: {why}", fix)
    found = next((one for one in newest.replication or [] if canonical_region(one.region) == region), None)
    if found is None or found.state == "Unknown":
        return unknown(name, "Azure does not say how far it is", "look again later")
    if found.state == "Completed":
        return passed(name, "completed")
    if found.state == "Failed":
        diagnosis = diagnose(ArmError(HTTPStatus.OK, "", found.details))
        return failed(name, f"failed: {found.details}", diagnosis.fix, diagnosis.cause)
    return failed(name, f"{found.state}, {found.progress} %", "wait; large images take hours")


def _excluded(flags: VersionFlags, region: str) -> Finding:
    name = f"excluded from latest in {region}"
    if flags.excluded_in(region):
        return failed(
            name, f"version {flags.version.name} is excluded", "promote it with POST /api/promotions"
        )
    return passed(name, "no")


def _latest(latest: RegionLatest, newest: ImageVersion) -> Finding:
    name = f"latest in {latest.region}"
    if not latest.certain:
        return unknown(name, "Azure does not say whether a higher version is there", "look again later")
    if latest.version == newest.id.name:
        return passed(name, f"resolves to {latest.version}")
    detail = f"resolves to {latest.version or 'nothing'}, not to {newest.id.name}"
    return failed(name, detail, "mend what failed above; then promote it with POST /api/promotions")
