"""The timers: one starts a batch to catch missed images, one deletes old history."""

import logging

import azure.durable_functions as df
import azure.functions as func

from adapters.settings import Settings
from services.batches import start_sweep
from services.container import services
from services.forget_history import forget_history as delete_old_history

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)

EVERY_NIGHT = "0 42 3 * * *"


# the SDK takes a timer's schedule when the function is defined, so this one setting is read at import
@blueprint.timer_trigger(arg_name="timer", schedule=Settings.from_environment().sweep_schedule)
@blueprint.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Starts a batch over every configured subscription.

    Catches images whose events were lost, images older than the deployment, images that were replaced under their
    names, and blocked ones whose obstacle may be gone.
    """
    subscriptions = services().settings.subscriptions
    if not subscriptions:
        logger.info("sweep skipped: the setting GALLERIST_SUBSCRIPTIONS names no subscription")
        return
    started = await start_sweep(client, subscriptions)
    late = " (late)" if timer.past_due else ""
    logger.info("sweep %s%s", "started" if started else "skipped: the previous one is still running", late)


@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT)
@blueprint.durable_client_input(client_name="client")
async def forget_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Deletes the history of orchestrations that ended long ago, which Durable Functions keeps for ever."""
    forgotten = await delete_old_history(client)
    if forgotten is not None:
        logger.info(
            "deleted the history of %d orchestrations that ended and are older than %d days",
            forgotten.instances,
            forgotten.days,
        )
