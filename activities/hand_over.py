"""The activity at the end of a migration."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.fleet.hand_over import HandOver
from services import hand_over as service

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.HAND_OVER)
@blueprint.durable_client_input(client_name="client")
async def hand_over(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Starts what follows the migration of a `HandOver`; returns the `HandedOver`. Starts nothing twice."""
    return await result_of(service.hand_over(client, HandOver.model_validate(request)))
