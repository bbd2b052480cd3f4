"""Previews the retention of a definition, with the forecast of the limits."""

from datetime import UTC, datetime
from typing import NamedTuple

from domain.resources.ids import ImageDefinitionId
from domain.retention.forecast import Forecast, forecasts, most_replicas
from domain.retention.run import PlanRequest, RetentionPlan
from services.container import services
from services.plan_retention import plan_retention
from services.refusals import NotFoundError


class RetentionView(NamedTuple):
    """The plan, and the limits of the definition's subscription as far as they are read."""

    plan: RetentionPlan
    forecast: list[Forecast]


async def view_retention(definition: ImageDefinitionId) -> RetentionView:
    """What retention would do now. Writes nothing.

    Raises:
        NotFoundError: there is no such definition.
        ArmError: something that decides cannot be read.
    """
    now = datetime.now(UTC)
    plan = await plan_retention(PlanRequest(definition=definition, now=now))
    if plan is None:
        raise NotFoundError(f"there is no image definition {definition}")
    return RetentionView(plan, await _forecast(definition, now))


async def _forecast(definition: ImageDefinitionId, now: datetime) -> list[Forecast]:
    """The limits of the subscription, from a look; what it has not read yet is missing."""
    look = services().looks.begin()
    subscription = definition.subscription.lower()
    seen = (await look.definitions([subscription]))[subscription].values
    versions = await look.versions(one.id for one in seen)
    known = [version for one in versions.values() for version in one.values]
    largest = most_replicas(version for version in known if version.id.definition == definition)
    return [*forecasts(seen, known, now), *([largest] if largest else [])]
