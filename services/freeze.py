"""Stops and allows deletions."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain.records.freeze import Freeze
from services.container import services


async def set_freeze(client: df.DurableOrchestrationClient, freeze: Freeze) -> None:
    """Stops deletions, or allows them again; returns once the task hub has it in its queue."""
    await TaskHub(client).keep_freeze(freeze)


async def frozen_because(client: df.DurableOrchestrationClient) -> str | None:
    """Why nothing may be deleted at the moment; None if deletions are allowed.

    Raises:
        PolicyError: no usable policy has been read yet.
    """
    if (await services().policies.current()).freeze:
        return "the policy has 'freeze: true'"
    freeze = await TaskHub(client).freeze()
    return f"{freeze.by} stopped all deletions: {freeze.reason}" if freeze.frozen else None
