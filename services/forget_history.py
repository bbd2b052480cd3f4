"""Forgets migrations, batches and operations that ended long ago. The galleries keep what they made."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from services.container import services

# why an older one failed is of no use to anybody
LONGEST_OPERATION = timedelta(days=7)


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


async def forget_operations() -> int:
    """Forgets the signed URLs of operations that failed, or that nobody watched to their end; returns how many."""
    return await services().compute.forget_operations(datetime.now(UTC) - LONGEST_OPERATION)
