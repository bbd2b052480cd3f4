"""The Event Grid trigger: starts the migration of a managed image that was created or changed.

Where a version was written, it asks the migration that waits for it to look.
"""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.field_errors import shortened
from domain.migration.messages import MigrationRequest
from domain.resources.events import Ignored, ImageWritten, VersionWritten, read_event
from services.container import services
from services.hints import pass_on
from services.start_migration import start_migration

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)

# the sources and reasons of ignored events that the log has; it starts anew before it grows without end
ignored_so_far: set[tuple[str, str]] = set()
_MOST_LOGGED = 1000
_NOBODY_WAITS = "no migration waits for this image version"


@blueprint.event_grid_trigger(arg_name="event")
@blueprint.durable_client_input(client_name="client")
async def image_events(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    """Starts a migration for the event's image, or passes on that its version was written, whichever the schema is.

    Unrelated events are acknowledged too; otherwise Event Grid would redeliver them for 24 hours. Event Grid delivers
    at least once: an event whose migration is running is acknowledged, for the migration checks the image again before
    it ends.
    """
    if isinstance(event, func.CloudEvent):
        event_type, source = event.type, event.source
    else:
        event_type, source = event.event_type, event.topic
    written = read_event(
        event_type, event.id, event.subject, event.get_json(), services().settings.subscriptions
    )
    if isinstance(written, Ignored):
        _log_once(str(source), event, written)
        return
    async with services().event_turns:
        await _follow(written, event, str(source), client)


async def _follow(
    written: ImageWritten | VersionWritten,
    event: func.EventGridEvent,
    source: str,
    client: df.DurableOrchestrationClient,
) -> None:
    """Passes the event of a version on; starts the migration of an image."""
    if isinstance(written, VersionWritten):
        asked = await pass_on(client, written.version)
        if not asked:
            _log_once(source, event, Ignored(reason=_NOBODY_WAITS, detail=str(written.version)))
        for migration in asked:
            logger.info("event %s: migration %s looks at %s", event.id, migration, written.version)
        return
    request = MigrationRequest(image=written.image, started_by=f"event {written.event_id}")
    started = await start_migration(client, request)
    outcome = "started" if started.fresh else "is already running"
    logger.info("event %s: migration %s %s", event.id, started.id, outcome)


def _log_once(source: str, event: func.EventGridEvent, ignored: Ignored) -> None:
    """Logs the first ignored event of its kind: a subscription writes thousands of resources a day."""
    kind = (shortened(source.lower()), ignored.reason)
    if kind in ignored_so_far:
        return
    if len(ignored_so_far) >= _MOST_LOGGED:
        ignored_so_far.clear()
    ignored_so_far.add(kind)
    level = logging.WARNING if ignored.unlisted else logging.INFO
    logger.log(
        level,
        "event %s of %s ignored: %s. Others like it are not logged. %s",
        shortened(str(event.id)),
        shortened(source),
        ignored.reason,
        ignored.detail,
    )
