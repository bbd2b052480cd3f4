"""What earlier migrations taught about watching: how far the hints of a gallery are trusted, how long versions take."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.migration.durations import Durations
from domain.migration.hints import HintRecord
from domain.resources.ids import GalleryId, ImageDefinitionId


async def hints_of(client: df.DurableOrchestrationClient, gallery: GalleryId) -> HintRecord:
    """How the hints of a gallery did in its last migrations; empty where nothing is known."""
    return HintRecord.read(await TaskHub(client).entity_state(names.GALLERY_HINTS, gallery.digest))


async def durations_of(client: df.DurableOrchestrationClient, definition: ImageDefinitionId) -> Durations:
    """How long the last versions of a definition took; empty where nothing is known."""
    return Durations.read(await TaskHub(client).entity_state(names.DEFINITION_DURATIONS, definition.digest))
