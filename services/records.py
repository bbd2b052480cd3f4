"""Keeps evidence, and hands notices to the outbox."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.records.delivery import SendNotice
from domain.records.evidence import Evidence, Stored, digest_of, text_of
from domain.records.notices import Notice
from services.container import services


async def record(evidence: Evidence) -> Stored:
    """Stores a record. A repeated call changes nothing.

    Raises:
        ArmError: the store refuses the record or does not answer.
    """
    text = text_of(evidence)
    await services().evidence.put(evidence.name, text)
    return Stored(name=evidence.name, digest=digest_of(text))


async def announce(client: df.DurableOrchestrationClient, notice: Notice) -> None:
    """Starts the delivery of a notice, unless it was started before. The delivery has a life of its own."""
    hub = TaskHub(client)
    if await hub.get(notice.id) is None:
        await hub.start(names.SEND_NOTICE, notice.id, SendNotice(notice=notice))
