"""Activities about evidence and notices."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.records.delivery import Delivery
from domain.records.evidence import Evidence
from domain.records.notices import Notice
from services import records
from services.deliver_notice import deliver

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.RECORD_EVIDENCE)
async def record_evidence(request: dict) -> dict:
    """Stores an `Evidence`; returns where it is, as `Stored`. Idempotent: a record is written once."""
    return await result_of(records.record(Evidence.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.ANNOUNCE)
@blueprint.durable_client_input(client_name="client")
async def announce(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Starts the delivery of a `Notice`. Idempotent: one delivery per notice."""
    return await result_of(records.announce(client, Notice.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.DELIVER_NOTICE)
async def deliver_notice(request: dict) -> dict:
    """Makes one attempt at a `Delivery`; returns its `DeliveryAnswer`. A repeated call sends the same event again."""
    return await result_of(deliver(Delivery.model_validate(request)))
