"""The Event Grid trigger: starts the migration of a managed image that was created or changed."""

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
    """Starts a migration for the event's image, whichever schema the event has.

    Unrelated events are acknowledged too; otherwise Event Grid would redeliver them for 24 hours. Event Grid delivers
    at least once: an event whose migration is running is acknowledged, for the migration checks the image again before
    it ends.
    """
    event_type = event.type if isinstance(event, func.CloudEvent) else event.event_type
    written = read_event(event_type, event.id, event.subject or "", event.get_json())
    if isinstance(written, Ignored):
        logger.info("event %s ignored: %s", event.id, written.reason)
        return
    request = MigrationRequest(image=written.image, started_by=f"event {written.event_id}")
    started = await start_migration(client, request)
    outcome = "started" if started.fresh else "is already running"
    logger.info("event %s: migration %s %s", event.id, started.id, outcome)
