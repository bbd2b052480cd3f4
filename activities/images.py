"""Activities about managed images."""

import azure.durable_functions as df

from activities.answers import answer
from adapters.planner import plan
from adapters.services import services
from domain import contracts
from domain.contracts import ImageList, ImageRequest, PlanRequest, SubscriptionRequest

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=contracts.GET_MANAGED_IMAGE)
async def get_managed_image(request: dict) -> dict:
    """An `ImageRequest`'s image, or null if there is none. Only reads."""
    return await answer(services().compute.get_managed_image(ImageRequest.model_validate(request).image))


@blueprint.activity_trigger(input_name="request", activity=contracts.LIST_MANAGED_IMAGES)
async def list_managed_images(request: dict) -> dict:
    """All managed images of a `SubscriptionRequest`'s subscription. Only reads."""
    return await answer(_list(SubscriptionRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=contracts.PLAN_MIGRATION)
async def plan_migration(request: dict) -> dict:
    """The `MigrationPlan` for a `PlanRequest`. Only reads."""
    return await answer(plan(PlanRequest.model_validate(request)))


async def _list(request: SubscriptionRequest) -> ImageList:
    return ImageList(images=await services().compute.list_managed_images(request.subscription))
