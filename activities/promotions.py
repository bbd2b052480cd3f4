"""Activities about promotions."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.promotion.messages import PromotionRequest
from domain.promotion.report import ExclusionsRequest, LookRequest
from services import promotions

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.PLAN_PROMOTION)
async def plan_promotion(request: dict) -> dict:
    """Returns the `PromotionPlan` for a `PromotionRequest`. Writes nothing."""
    return await result_of(promotions.plan(PromotionRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.SET_EXCLUSIONS)
async def set_exclusions(request: dict) -> dict:
    """Writes the flags of an `ExclusionsRequest`; returns an `ExclusionsReport`. Idempotent: writes what differs."""
    return await result_of(promotions.set_exclusions(ExclusionsRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.READ_EXCLUSIONS)
async def read_exclusions(request: dict) -> dict:
    """Returns the `ExclusionsReport` after a write that Azure has finished with. Writes nothing."""
    return await result_of(promotions.read_exclusions(ExclusionsRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.LOOK_AT_PROMOTION)
async def look_at_promotion(request: dict) -> dict:
    """Returns the `PromotionReport` for a `LookRequest`. Writes nothing."""
    return await result_of(promotions.look(LookRequest.model_validate(request)))
