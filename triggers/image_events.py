"""The Event Grid trigger: a managed image was written, so its migration starts."""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.migration.messages import MigrationRequest
from domain.resources.events import Ignored, read_event
from services.start_migration import start_migration

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)


@blueprint.event_grid_trigger(arg_name="event")
@blueprint.durable_client_input(client_name="client")
async def image_events(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    """Take an event of either schema; one that is none of ours is answered too, or it would come again for a day.

    Event Grid delivers at least once: an image whose migration runs is taken as done, for the migration looks at
    the image once more before it ends.
    """
    event_type = event.type if isinstance(event, func.CloudEvent) else event.event_type
    written = read_event(event_type, event.id, event.subject or "", event.get_json())
    if isinstance(written, Ignored):
        logger.info("event %s ignored: %s", event.id, written.reason)
        return
    request = MigrationRequest(image=written.image, started_by=f"event {written.event_id}")
    started = await start_migration(client, request)
    logger.info(
        "event %s: migration %s %s", event.id, started.id, "started" if started.fresh else "runs already"
    )
