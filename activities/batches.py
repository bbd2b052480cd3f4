"""Activities about batches."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.fleet.batches import Batch
from services import batches

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.ADVANCE_BATCH)
@blueprint.durable_client_input(client_name="client")
async def advance_batch(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Takes a `Batch` one step further; returns the `Batch`. A repeated call starts nothing twice."""
    batch = Batch.model_validate(request)
    step = batches.plan_batch if batch.request.dry_run else batches.advance_batch
    return await result_of(step(client, batch))
