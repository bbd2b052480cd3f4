"""The sweep: a timer that starts a batch over everything, for what no event has told."""

import logging

import azure.durable_functions as df
import azure.functions as func

from adapters.settings import Settings
from services.batches import start_sweep
from services.container import services

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)


@blueprint.timer_trigger(arg_name="timer", schedule=Settings.from_environment().sweep_schedule)
@blueprint.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Start what was missed: lost events, images older than the deployment, images made anew, blocked ones."""
    subscriptions = services().settings.subscriptions
    if not subscriptions:
        logger.info("sweep: no subscription is named in the settings, nothing to look at")
        return
    started = await start_sweep(client, subscriptions)
    logger.info("sweep %s%s", "started" if started else "runs already", " (late)" if timer.past_due else "")
