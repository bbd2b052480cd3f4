"""Looks at the versions that a batch waits for: one list of a definition for all of them."""

import asyncio
import logging
import time

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain.errors import ArmError
from domain.fleet.batches import Batch
from domain.fleet.definition_looks import Told
from domain.migration.hints import LOOK_EVENT, Hint
from domain.resources.galleries import VersionStates
from domain.resources.ids import ImageDefinitionId
from services.container import services

# lists that are read side by side, and how long a step reads; what it does not reach, the next one does
LISTS_AT_ONCE = 8
# migrations that are told side by side
TOLD_AT_ONCE = 20
LOOK_SECONDS = 30

logger = logging.getLogger(__name__)


async def look_at_definitions(client: df.DurableOrchestrationClient, batch: Batch) -> None:
    """Lists the versions of the definitions that are due, and tells each migration of which a version is done.

    A list that cannot be read is put off: the migrations look for themselves, too, only more seldom. Where a limit of
    Azure runs low, the rest of it is for the migrations.
    """
    if batch.now is None:
        return
    due, ends_at = batch.definitions_to_look_at(), time.monotonic() + LOOK_SECONDS
    told: list[Told] = []
    scarce: set[str] = set()
    while due and time.monotonic() < ends_at:
        some, due = due[:LISTS_AT_ONCE], due[LISTS_AT_ONCE:]
        for definition, listed in zip(some, await asyncio.gather(*map(_list, some)), strict=True):
            if listed is None:
                batch.looks.put_off(definition, batch.now)
                continue
            told += batch.looks.take_in(definition, listed, batch.now)
            if listed.scarce:
                scarce.add(definition.subscription.lower())
        due = [definition for definition in due if definition.subscription.lower() not in scarce]
    hub = TaskHub(client)
    for start in range(0, len(told), TOLD_AT_ONCE):
        some_told = told[start : start + TOLD_AT_ONCE]
        await asyncio.gather(
            *(
                hub.raise_event_if_running(one.migration, LOOK_EVENT, Hint(not_done_at=one.not_done_at))
                for one in some_told
            )
        )
    batch.note_told(told)


async def _list(definition: ImageDefinitionId) -> VersionStates | None:
    """The states of the definition's versions; None if they cannot be read now."""
    try:
        return await services().compute.list_version_states(definition)
    except ArmError as error:
        logger.info("the versions of %s are not listed now: %s", definition, error)
        return None
