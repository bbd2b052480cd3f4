"""What earlier migrations taught about watching: how far the hints of a gallery are trusted, how long versions take."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.migration.durations import Durations
from domain.migration.hints import HintRecord
from domain.migration.memory import WatchMemory
from domain.planning.targets import TargetPlan
from domain.resources.ids import GalleryId, ImageDefinitionId
from domain.resources.images import ManagedImage


async def memory_of(
    client: df.DurableOrchestrationClient, image: ManagedImage, target: TargetPlan
) -> WatchMemory:
    """What is remembered for one target of a plan. A definition without versions has no durations to read."""
    definition, sizes = target.definition.id, [disk.size_gb for disk in image.disks]
    is_kept = target.definition_exists and (target.numbers is None or target.numbers.any)
    return WatchMemory(
        hints=await hints_of(client, definition.gallery),
        past=(await durations_of(client, definition)).past if is_kept else [],
        size_gb=sum(size or 0 for size in sizes) if all(sizes) else None,
        is_kept=is_kept,
    )


async def hints_of(client: df.DurableOrchestrationClient, gallery: GalleryId) -> HintRecord:
    """How the hints of a gallery did in its last migrations; empty where nothing is known."""
    return HintRecord.read(await TaskHub(client).entity_state(names.GALLERY_HINTS, gallery.digest))


async def durations_of(client: df.DurableOrchestrationClient, definition: ImageDefinitionId) -> Durations:
    """How long the last versions of a definition took; empty where nothing is known."""
    return Durations.read(await TaskHub(client).entity_state(names.DEFINITION_DURATIONS, definition.digest))
