"""Activities about batches."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.fleet.batch_records import BatchStep
from domain.fleet.batches import Batch
from services import batches

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.ADVANCE_BATCH)
@blueprint.durable_client_input(client_name="client")
async def advance_batch(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Takes a `Batch` one step further; returns a `BatchStep`. A repeated call starts nothing twice."""
    batch = Batch.model_validate(request)
    return await result_of(_step(client, batch))


async def _step(client: df.DurableOrchestrationClient, batch: Batch) -> BatchStep:
    advance = batches.plan_batch if batch.request.dry_run else batches.advance_batch
    return BatchStep.after(await advance(client, batch))
