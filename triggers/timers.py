"""The timers: they catch missed images, say how the fleet stands, continue what was interrupted, and clean up."""

import logging
from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from adapters.settings import Settings
from services.batches import start_sweep
from services.container import services
from services.forget_history import forget_history as delete_old_history
from services.forget_history import forget_operations
from services.gauge import read_gauge
from services.interruptions import continue_interrupted
from services.retention import start_daily
from services.sweep_guards import remove_left_guards
from services.sweep_proofs import delete_left_machines
from services.watch_latest import watch_latest

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)

# the SDK takes a timer's schedule when the function is defined, so these settings are read at import
_SETTINGS = Settings.from_environment()
EVERY_NIGHT = "0 42 3 * * *"
# seven minutes past every hour: ten minutes before the sweep
EVERY_HOUR = "0 7 * * * *"


@blueprint.timer_trigger(arg_name="timer", schedule=_SETTINGS.sweep_schedule)
@blueprint.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Starts a batch over every configured subscription.

    Catches images whose events were lost, images older than the deployment, images that were replaced under their
    names, and blocked ones whose obstacle may be gone. Then it looks whether `latest` of a promoted definition changed.
    """
    await _start_sweep(client, late=" (late)" if timer.past_due else "")
    changed = await watch_latest(client)
    if changed:
        logger.warning("latest of promoted definitions changed in %d regions without a promotion", changed)


async def _start_sweep(client: df.DurableOrchestrationClient, late: str) -> None:
    subscriptions = services().settings.subscriptions
    if not subscriptions:
        logger.info("sweep skipped: the setting GALLERIST_SUBSCRIPTIONS names no subscription")
        return
    started = await start_sweep(client, subscriptions)
    logger.info("sweep %s%s", "started" if started else "skipped: the previous one is still running", late)


@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_HOUR)
@blueprint.durable_client_input(client_name="client")
async def gauge(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Logs how the fleet stands. Alerts read the line, and its absence says that the app is dead."""
    logger.info("%s", (await read_gauge(client)).line())


@blueprint.timer_trigger(arg_name="timer", schedule=_SETTINGS.recovery_schedule)
@blueprint.durable_client_input(client_name="client")
async def recover(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Continues migrations and batches that a dead worker left in Failed: nothing inside them can."""
    continued = await continue_interrupted(client)
    if continued:
        logger.warning("%d interrupted orchestrations continue", continued)


@blueprint.timer_trigger(arg_name="timer", schedule=_SETTINGS.proof_sweep_schedule)
async def sweep_proofs(timer: func.TimerRequest) -> None:  # noqa: ARG001 # the binding's name
    """Deletes the machines of proofs, and their disks and network interfaces, that a crash left behind."""
    deleted = await delete_left_machines(datetime.now(UTC))
    if deleted:
        logger.warning("deletes what was left of proofs: %s", ", ".join(deleted))


@blueprint.timer_trigger(arg_name="timer", schedule=EVERY_NIGHT)
@blueprint.durable_client_input(client_name="client")
async def forget_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Deletes the history of orchestrations that ended long ago, which Durable Functions keeps for ever.

    Then it forgets old operations, and removes the policy assignments that retirements left.
    """
    forgotten = await delete_old_history(client)
    if forgotten is not None:
        logger.info(
            "deleted the history of %d orchestrations that ended and are older than %d days",
            forgotten.instances,
            forgotten.days,
        )
    old = await forget_operations()
    if old:
        logger.info("forgot the addresses of %d old operations", old)
    removed = await remove_left_guards(client)
    if removed:
        logger.warning("removed the policy assignments that retirements left: %s", ", ".join(removed))


@blueprint.timer_trigger(arg_name="timer", schedule=_SETTINGS.retention_schedule)
@blueprint.durable_client_input(client_name="client")
async def keep_versions(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001 # the binding's name
    """Starts the retention of each definition that the policy has one for."""
    started = await start_daily(client)
    if started:
        logger.info("retention started for %d definitions", started)
