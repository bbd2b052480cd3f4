"""Reads the history of an image definition: from the gallery, the evidence and the task hub. Writes nothing."""

import asyncio
from typing import NamedTuple

import azure.durable_functions as df

from domain.errors import ArmError, TaskHubError
from domain.fleet.history import (
    PROMOTION_KINDS,
    PromotionLine,
    VersionLine,
    newest_first,
    page_of,
    promotion_line,
    running_line,
    version_lines,
)
from domain.fleet.lineage import StoredText, line_of_evidence
from domain.promotion.latest import RegionLatest, regions_of, resolve
from domain.promotion.messages import promotion_id
from domain.records.evidence import lineage_folder
from domain.resources.ids import ImageDefinitionId, does_not_exist
from domain.retention.ladder import SoftDeletedVersion
from services.container import services
from services.promotions import read_versions
from services.refusals import ConflictError, NotFoundError
from services.view_promotions import find_promotion
from services.why_version import attempt

# the versions whose records are looked for, and the records of each that are read
MOST_VERSIONS = 50
MOST_RECORDS = 20
RECORDS_AT_ONCE = 8


class History(NamedTuple):
    """What is known of a definition; `missing` says what could not be read, or was not looked at."""

    definition: ImageDefinitionId
    latest: list[RegionLatest]
    versions: list[VersionLine]
    promotions: list[PromotionLine]
    missing: list[str]


async def view_history(client: df.DurableOrchestrationClient, definition: ImageDefinitionId) -> History:
    """The versions of a definition, and the promotions over them, as far as evidence and task hub have them.

    Raises:
        NotFoundError: there is no such definition.
        ArmError: the definition or its versions cannot be read.
    """
    compute, missing = services().compute, list[str]()
    if await compute.get_image_definition(definition) is None:
        raise NotFoundError(does_not_exist(definition))
    versions = await read_versions(definition)
    deleted = await _bin(definition, missing)
    looked_at = page_of(versions, MOST_VERSIONS)
    if len(looked_at) < len(versions):
        missing.append(f"the promotions of all but the {MOST_VERSIONS} highest versions")
    touched = [*(str(one.id) for one in looked_at), *(str(row.id) for row in deleted[:MOST_VERSIONS])]
    promotions = await _promotions(touched, missing)
    promotions += await _running(client, definition, missing)
    names = [row.id.name for row in deleted]
    return History(
        definition=definition,
        latest=[resolve(versions, region, names) for region in regions_of(versions)],
        versions=version_lines(versions, deleted),
        promotions=newest_first(promotions),
        missing=missing,
    )


async def _bin(definition: ImageDefinitionId, missing: list[str]) -> list[SoftDeletedVersion]:
    gallery = await services().compute.get_gallery(definition.gallery)
    if gallery is None or not gallery.soft_delete:
        return []
    rows, error = await attempt(services().retention.list_bin(definition))
    if error is not None:
        missing.append(f"what is in the gallery's bin: {error}")
    return rows or []


async def _promotions(versions: list[str], missing: list[str]) -> list[PromotionLine]:
    """The records of promotions that touched these versions."""
    turn = asyncio.Semaphore(RECORDS_AT_ONCE)

    async def read(version: str) -> list[PromotionLine]:
        async with turn:
            return await _of_version(version, missing)

    found = await asyncio.gather(*(read(version) for version in versions))
    return [line for lines in found for line in lines]


async def _of_version(version: str, missing: list[str]) -> list[PromotionLine]:
    store, lines = services().evidence, list[PromotionLine]()
    try:
        names = await store.names(lineage_folder(version))
        wanted = [name for name in names if any(f"-{kind}-" in name for kind in PROMOTION_KINDS)]
        if len(wanted) > MOST_RECORDS:
            missing.append(f"the older records of {version}")
        for name in wanted[-MOST_RECORDS:]:
            text = await store.get(name)
            try:
                line = promotion_line(line_of_evidence(StoredText(name=name, text=text or "")))
            except ValueError:
                line = None
            if line is None:
                missing.append(f"the record {name}: it is not one that this release can read")
            else:
                lines.append(line)
    except ArmError as error:
        missing.append(f"the evidence of {version}: {error}")
    return lines


async def _running(
    client: df.DurableOrchestrationClient, definition: ImageDefinitionId, missing: list[str]
) -> list[PromotionLine]:
    """The promotion that has not ended. Of one that has, the record says more, and stays."""
    try:
        record = await find_promotion(client, promotion_id(definition))
    except (ConflictError, TaskHubError) as error:
        missing.append(f"the task hub: {error}")
        return []
    return [running_line(record)] if record and record.running else []
