"""Writes image definitions and versions so that a repeated call finds what the first one did."""

from domain.errors import ArmError, NotYetError
from domain.migration.publishing import (
    DefinitionVersions,
    Publication,
    VersionsRequest,
    next_write,
    number_was_taken,
)
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageDefinition
from domain.resources.provenance import GROUP_TAG, created_for_another_group, version_made_from
from services.container import services


async def ensure_definition(wanted: ImageDefinition) -> ImageDefinition:
    """The definition as it is in the gallery, created if it was missing. One that exists is never changed.

    Raises:
        ArmError: also if it was created for another resource group's images since the plan was made.
        NotYetError: it is being created.
    """
    compute = services().compute
    existing = await compute.get_image_definition(wanted.id)
    if existing is None:
        await compute.begin_image_definition(wanted)
        raise NotYetError(f"image definition {wanted.id.name} is being created")
    if created_for_another_group(existing, wanted):
        raise ArmError(
            409,
            "DefinitionOfAnotherGroup",
            f"image definition {wanted.id.name} is for images in {existing.tags[GROUP_TAG]}",
        )
    return existing.settled()


async def list_numbers(request: VersionsRequest) -> DefinitionVersions:
    """The numbers in a definition: the one that holds the image already, and those that others have."""
    versions = await services().compute.list_image_versions(request.definition)
    held = version_made_from(request.image, versions)
    taken = [version.id.name for version in versions if held is None or version.id != held.id]
    return DefinitionVersions(held=held.id.name if held else None, taken=taken)


async def begin_version(spec: VersionSpec) -> Publication:
    """Begins the version, adopts it, or adds its missing regions. Another source's version is not written over."""
    compute = services().compute
    write = next_write(await compute.get_image_version(spec.id), spec)
    operation_url = None
    if write.outcome == "created":
        try:
            operation_url = await compute.begin_image_version(spec)
        except ArmError as error:
            if number_was_taken(error):
                return Publication(outcome="taken", version_id=spec.id)
            raise
    if write.outcome == "updated":
        operation_url = await compute.begin_regions(spec.id, write.missing, [])
    return Publication(outcome=write.outcome, version_id=spec.id, operation_url=operation_url)
