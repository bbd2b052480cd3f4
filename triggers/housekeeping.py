"""A daily timer that forgets migrations and batches that ended long ago; the galleries keep what they have made."""

import logging

import azure.durable_functions as df
import azure.functions as func

from services.forget_history import forget_history as forget

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)

EVERY_NIGHT = "0 42 3 * * *"


@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT)
@blueprint.durable_client_input(client_name="client")
async def forget_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Purge what ended and is older than the settings say: nothing else would, and tables grow for ever."""
    forgotten = await forget(client)
    if forgotten is not None:
        logger.info("forgot %d orchestrations that were started more than %d days ago", *forgotten)
