"""Writes image definitions and versions so that a repeated call finds what the first one did."""

from domain.arm_errors import diagnose
from domain.errors import ArmError, NotYetError
from domain.migration.publishing import (
    DEFINITION_TAKEN,
    Publication,
    VersionsRequest,
    cannot_be_rewritten,
    next_write,
    number_was_taken,
)
from domain.migration.replication import ExpectedVersion
from domain.planning.numbering import DefinitionVersions
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageDefinition
from domain.resources.ids import ImageDefinitionId
from domain.resources.provenance import (
    FINGERPRINT_TAG,
    GROUP_TAG,
    created_for_another_group,
    version_made_from,
)
from domain.results import failure_of
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
            DEFINITION_TAKEN,
            f"image definition {wanted.id.name} is for images in {existing.tags[GROUP_TAG]}",
        )
    return existing.settled()


async def list_numbers(request: VersionsRequest) -> DefinitionVersions:
    """The numbers in a definition: the one that holds the image already, and those that others have."""
    versions = await services().compute.list_image_versions(request.definition)
    held = version_made_from(request.image, versions, request.copied_from)
    deleted = await list_soft_deleted(request.definition) if request.has_bin else []
    return DefinitionVersions.of(versions, held, deleted or [])


async def list_soft_deleted(definition: ImageDefinitionId) -> list[str] | None:
    """The numbers of a definition's soft-deleted versions. None if they cannot be read.

    Then the look after the write notices if it brought one of them back.
    """
    try:
        return await services().compute.list_soft_deleted(definition)
    except ArmError as error:
        if diagnose(error).retry == "never":
            return None
        raise


async def begin_version(spec: VersionSpec) -> Publication:
    """Begins the version, adopts it, or adds its missing regions. Another source's version is not written over."""
    existing = await services().compute.get_image_version(spec.id)
    write = next_write(existing, spec)
    if write.outcome == "created":
        return await _create(spec.in_regions(write.regions), again=existing is not None)
    if write.outcome == "updated":
        update = await services().compute.begin_regions(spec.id, write.regions, [])
        return Publication(
            outcome="updated",
            version_id=spec.id,
            operation_url=update.operation_url,
            expected=ExpectedVersion.like(update.before),
        )
    expected = ExpectedVersion.like(existing).written() if existing and write.outcome == "adopted" else None
    return Publication(outcome=write.outcome, version_id=spec.id, expected=expected)


async def _create(spec: VersionSpec, *, again: bool) -> Publication:
    """Writes the version, or writes a failed one `again`."""
    try:
        operation_url = await services().compute.begin_image_version(spec)
    except ArmError as error:
        if number_was_taken(error):
            return Publication(outcome="taken", version_id=spec.id)
        if again and cannot_be_rewritten(error):
            return Publication(outcome="unwritable", version_id=spec.id, failure=failure_of(error))
        raise
    expected = ExpectedVersion(
        source=spec.source,
        fingerprint=spec.tags.get(FINGERPRINT_TAG),
        exclude_from_latest=spec.exclude_from_latest,
    )
    return Publication(outcome="created", version_id=spec.id, operation_url=operation_url, expected=expected)
