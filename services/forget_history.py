"""Forgets migrations and batches that ended long ago. The galleries keep what they made."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from services.container import services


class Forgotten(NamedTuple):
    """How many orchestrations were purged, and the age in days from which on they are."""

    instances: int
    days: int


async def forget_history(client: df.DurableOrchestrationClient) -> Forgotten | None:
    """Purges orchestrations that ended and are older than the settings say; None where they are kept for ever."""
    days = services().settings.keep_days
    if not days:
        return None
    purged = await TaskHub(client).purge(datetime.now(UTC) - timedelta(days=days))
    return Forgotten(purged, days)
