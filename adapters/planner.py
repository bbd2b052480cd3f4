"""Brings together what a plan is made of: the policy, the galleries and the regions, as they are now."""

from adapters.services import services
from domain.contracts import PlanRequest
from domain.planning import MigrationPlan, choose, name_targets, plan_migration


async def plan(request: PlanRequest) -> MigrationPlan:
    """The plan for an image. Only reads.

    Raises:
        ArmError: a gallery or the list of regions cannot be read.
    """
    compute = services().compute
    policy = await services().policies.current()
    decision = choose(policy, request.image, request.overrides, request.now)
    naming = name_targets(request.image, decision.choices) if decision.action == "migrate" else None
    views = {gallery: await compute.view_gallery(gallery) for gallery in (naming.galleries if naming else [])}
    known_regions = await compute.list_regions(request.image.id.subscription)
    return plan_migration(request, decision, views, known_regions)
