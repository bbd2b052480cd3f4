"""Passes a hint from Azure on to the migration that waits for the version. It reads nothing at Azure."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.migration.hints import LOOK_EVENT, holders_of
from domain.migration.publishing import ledger_key
from domain.resources.ids import ImageVersionId


async def pass_on(client: df.DurableOrchestrationClient, version: ImageVersionId) -> list[str]:
    """Asks the migration that reserved the version's number to look now; returns whom it asked.

    The ledger of the definition names the image. A version that nobody here publishes, and one whose migration has
    ended, concern nobody.
    """
    hub = TaskHub(client)
    ledger = await hub.entity_state(names.VERSION_LEDGER, ledger_key(version.definition))
    return [
        migration
        for migration in holders_of(version.name, ledger)
        if await hub.raise_event_if_running(migration, LOOK_EVENT)
    ]
