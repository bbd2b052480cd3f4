"""Reads the lineage of a version from its tags, the evidence and the task hub. It outlives source and task hub."""

import azure.durable_functions as df

from domain.errors import ArmError, NotYetError, ResourceIdError, TaskHubError
from domain.fleet.lineage import (
    Lineage,
    LineageLine,
    StoredText,
    in_order,
    line_of_evidence,
    line_of_migration,
    line_of_version,
    lines_of_tags,
    source_in,
    tags_in,
)
from domain.records.evidence import lineage_folder
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageId, ImageVersionId
from services.container import services
from services.refusals import ConflictError, NotFoundError
from services.view_migration import migration_of_image

# of the source's records: the others are about versions and images that are not this one
_OF_SOURCE = ("retirement", "certificate")


async def view_lineage(client: df.DurableOrchestrationClient, version: ImageVersionId) -> Lineage:
    """Everything that is known of a version.

    Raises:
        NotFoundError: nothing is known, and everything could be read.
    """
    missing: list[str] = []
    found, exists = await _version(version, missing)
    lines = [*lines_of_tags(found.tags), line_of_version(found)] if found else []
    lines += await _evidence(str(version), missing)
    if found is None:
        lines = [*lines_of_tags(tags_in(lines), "evidence"), *lines]
    source = source_in(lines)
    lines += await _of_source(source, missing)
    lines += await _task_hub(client, version, source, lines, missing)
    if not lines and not missing:
        raise NotFoundError(f"nothing is known of {version}")
    return Lineage(
        version=version,
        exists=exists,
        source=source or source_in(lines),
        lines=in_order(lines),
        missing=missing,
    )


async def _version(version: ImageVersionId, missing: list[str]) -> tuple[ImageVersion | None, bool | None]:
    try:
        found = await services().compute.get_image_version(version)
    except (ArmError, NotYetError) as error:
        missing.append(f"the version's tags: {error}")
        return None, None
    return found, found is not None


async def _evidence(subject: str, missing: list[str], kinds: tuple[str, ...] = ()) -> list[LineageLine]:
    store = services().evidence
    lines = []
    try:
        for name in await store.names(lineage_folder(subject)):
            text = await store.get(name)
            try:
                line = line_of_evidence(StoredText(name=name, text=text or ""))
            except ValueError:
                missing.append(f"the record {name}: it is not one that this release can read")
                continue
            if not kinds or line.what in kinds:
                lines.append(line)
    except ArmError as error:
        missing.append(f"the evidence of {subject}: {error}")
    return lines


async def _of_source(source: str | None, missing: list[str]) -> list[LineageLine]:
    return await _evidence(source, missing, _OF_SOURCE) if source else []


async def _task_hub(
    client: df.DurableOrchestrationClient,
    version: ImageVersionId,
    source: str | None,
    lines: list[LineageLine],
    missing: list[str],
) -> list[LineageLine]:
    """The migration, unless evidence of it is there."""
    if source is None or any(line.what == "migration" for line in lines):
        return []
    try:
        record = await migration_of_image(client, ImageId.parse(source))
    except (ConflictError, TaskHubError, ResourceIdError) as error:
        missing.append(f"the task hub: {error}")
        return []
    line = line_of_migration(record, version) if record else None
    return [line] if line else []
