"""Starts what follows a migration: promotions of its versions, and the retirement of its image."""

from datetime import UTC, datetime

import azure.durable_functions as df

from domain.fleet.hand_over import HandedOver, HandOver, Known, why_not_promoted
from domain.migration.status import TargetStatus
from domain.policy.sections import Choices
from domain.promotion.messages import promotion_id
from domain.records.evidence import lineage_folder
from domain.retirement.hand_over import retirement_after
from services.container import services
from services.promotion_policy import promotion_request
from services.refusals import ConflictError, NotFoundError
from services.retirements import start_retirement
from services.start_promotion import checked_plan, start_promotion
from services.view_promotions import find_promotion


async def hand_over(client: df.DurableOrchestrationClient, request: HandOver) -> HandedOver:
    """Starts what the policy in force asks for. Idempotent: what runs, or was decided about, is not started again.

    Raises:
        ArmError: a version cannot be read.
        NotYetError: Azure still works on a version.
        PolicyError: no usable policy has been read yet.
    """
    policy = await services().policies.current()
    choices = policy.decide(request.image, datetime.now(UTC)).choices
    handed = HandedOver()
    if choices.promote.when not in (None, "never"):
        for target in request.status.targets:
            promoted = await _promote(client, request, target, choices)
            handed.started += promoted.started
            handed.warnings += promoted.warnings
    retirement = retirement_after(request.migration, request.status, request.image, choices)
    if retirement is not None:
        handed.started.append((await start_retirement(client, retirement)).id)
    return handed


async def _promote(
    client: df.DurableOrchestrationClient, request: HandOver, target: TargetStatus, choices: Choices
) -> HandedOver:
    version_id = target.version_id
    version = await services().compute.get_image_version(version_id) if version_id else None
    if version is None:
        return HandedOver()
    try:
        known = Known(
            version,
            await services().evidence.names(lineage_folder(str(version.id))),
            await find_promotion(client, promotion_id(version.id.definition)),
        )
        why = why_not_promoted(choices, target, known, request.status.started_by)
        if why is None:
            promotion = await promotion_request(version.id, request.status.started_by)
            await checked_plan(promotion)
            return HandedOver(started=[(await start_promotion(client, promotion)).id])
    except (ConflictError, NotFoundError) as error:
        why = str(error)
    return HandedOver(
        warnings=[f"version {version.id.name} in {version.id.definition} is not promoted: {why}"]
    )
