"""The sweep: a timer that starts a batch over everything, for what no event has told."""

import logging

import azure.durable_functions as df
import azure.functions as func

from adapters.settings import Settings
from adapters.task_hub import start_batch
from domain.fleet.batches import SWEEP_BATCH_ID, BatchState, Scope, StartBatch
from services.container import services

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)


@blueprint.timer_trigger(arg_name="timer", schedule=Settings.from_environment().sweep_schedule)
@blueprint.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Start what was missed: lost events, images older than the deployment, images made anew, blocked ones."""
    scopes = [Scope(subscription=name) for name in services().settings.subscriptions]
    if not scopes:
        logger.info("sweep: no subscription is named in the settings, nothing to look at")
        return
    state = BatchState(request=StartBatch(scope=scopes), started_by="sweep")
    started = await start_batch(client, SWEEP_BATCH_ID, state)
    logger.info("sweep %s%s", "started" if started else "runs already", " (late)" if timer.past_due else "")
