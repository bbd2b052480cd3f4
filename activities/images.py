"""Activities about managed images."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.migration.messages import ImageRequest, PlanQuery
from services.container import services
from services.plan_migration import plan_image

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.GET_MANAGED_IMAGE)
async def get_managed_image(request: dict) -> dict:
    """Reads the image of an `ImageRequest`; null if there is none."""
    return await result_of(services().compute.get_managed_image(ImageRequest.model_validate(request).image))


@blueprint.activity_trigger(input_name="request", activity=names.PLAN_MIGRATION)
@blueprint.durable_client_input(client_name="client")
async def plan_migration(request: dict, client: df.DurableOrchestrationClient) -> dict:
    """Returns the `PlannedImage` for a `PlanQuery`. Writes nothing."""
    return await result_of(plan_image(client, PlanQuery.model_validate(request)))
