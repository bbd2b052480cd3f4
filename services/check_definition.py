"""Checks the newest version of an image definition, for pipelines. Writes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import NotYetError, ResourceIdError
from domain.fleet.findings import Finding, Verdict, worst
from domain.fleet.newest import NewestReading, find_newest, newest_of, regions_to_check
from domain.planning.plan import target_regions
from domain.promotion.latest import resolve
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.provenance import RULE_TAG, SOURCE_TAG
from services.container import services
from services.promotions import read_versions
from services.publish_version import list_soft_deleted
from services.why_version import attempt


@dataclass(frozen=True)
class DefinitionCheck:
    """The newest version of a definition, and what was found about it."""

    definition: ImageDefinitionId
    newest: ImageVersionId | None
    verdict: Verdict
    findings: list[Finding]


async def check_definition(definition: ImageDefinitionId, region: str | None) -> DefinitionCheck:
    """Checks that the newest version is made, where the policy wants it, and what `latest` resolves to.

    Raises:
        ArmError: the definition or its versions cannot be read.
        PolicyError: there is no usable policy.
    """
    compute, now = services().compute, datetime.now(UTC)
    exists = await compute.get_image_definition(definition) is not None
    versions = await read_versions(definition) if exists else []
    newest = newest_of(versions)
    if newest is not None:
        newest = await compute.get_image_version(newest.id) or newest
    gallery = await compute.get_gallery(definition.gallery)
    deleted = await list_soft_deleted(definition) if exists and gallery and gallery.soft_delete else []
    wanted = await _wanted_regions(newest) if newest else []
    latest = [
        resolve(versions, one, deleted or ()) for one in regions_to_check(newest, wanted, region) if newest
    ]
    findings = find_newest(NewestReading(definition, exists, newest, wanted, latest, now, region))
    return DefinitionCheck(definition, newest.id if newest else None, worst(findings), findings)


async def _wanted_regions(version: ImageVersion) -> list[str]:
    """The regions that the policy gives the version's image; of an image that is gone, those of its rule."""
    policy = await services().policies.current()
    image = await _source(version)
    if image is not None:
        choices = policy.decide(image, datetime.now(UTC)).choices
        return [region.name for region in target_regions(image, choices)]
    return [region.name for region in policy.choices_of(version.tags.get(RULE_TAG)).regions or []]


async def _source(version: ImageVersion) -> ManagedImage | None:
    """The managed image of a version, as its tags or its source name it."""
    try:
        image = ImageId.parse(version.tags.get(SOURCE_TAG) or version.source or "")
        found, _ = await attempt(services().compute.get_managed_image(image))
    except (ResourceIdError, NotYetError):
        return None
    return found
