"""Starts adding regions to the versions that a migration made."""

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.field_errors import FieldError
from domain.migration.messages import AddRegionsRequest, WideningTarget
from domain.migration.status import MigrationRecord
from domain.planning.rollout import Rollout, pace_of, rollout_of
from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from services.container import services
from services.plan_migration import policy_regions
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from services.start_migration import unknown_regions
from services.view_migration import migration_of_id


async def add_regions(
    client: df.DurableOrchestrationClient,
    instance_id: str,
    regions: list[TargetRegion] | None,
    started_by: str,
) -> None:
    """Starts adding these regions, or those that the policy gives the image, to a migration's versions.

    Raises:
        NotFoundError: there is no such migration.
        ConflictError: the migration is running, or made no version.
        InvalidRequestError: a region does not exist, or the policy cannot choose them.
    """
    record = await migration_of_id(client, instance_id)
    if record is None:
        raise NotFoundError(f"there is no migration '{instance_id}'")
    running = ConflictError("the migration is running; add the regions when it has ended", instance_id)
    if record.running:
        raise running
    choices = (await services().policies.current()).choices_of(record.status.rule)
    added = await _regions_to_add(record, regions)
    targets = [
        WideningTarget(
            version_id=target.version_id,
            regions=target.regions,
            proofs=target.proofs,
            rollout=_rollout(choices, TargetRegion(name=target.regions[0].region), added),
        )
        for target in record.status.targets
        if target.version_id and target.regions
    ]
    if not targets:
        raise ConflictError(f"the migration made no version: it is {record.status.state}")
    request = AddRegionsRequest(
        image=record.status.image,
        started_by=started_by,
        rule=record.status.rule,
        fingerprint=record.status.fingerprint,
        targets=targets,
        regions=added,
        pace=pace_of(choices),
    )
    if not await TaskHub(client).start(names.ADD_REGIONS, instance_id, request):
        raise running


async def _regions_to_add(record: MigrationRecord, regions: list[TargetRegion] | None) -> list[TargetRegion]:
    """The regions of the request, or those of the policy, which needs the image to decide."""
    image_id = record.status.image
    if regions is not None:
        errors = await unknown_regions(image_id, regions)
        if errors:
            raise InvalidRequestError(errors)
        return regions
    image = await services().compute.get_managed_image(image_id)
    if image is None:
        message = (
            "the managed image no longer exists, so the policy cannot choose regions; list them in 'regions'"
        )
        raise InvalidRequestError([FieldError("regions", message)])
    return await policy_regions(image)


def _rollout(choices: Choices, home: TargetRegion, added: list[TargetRegion]) -> Rollout:
    """All regions in one wave: the request adds them at once. Home is never removed to be healed."""
    regions = [home, *(region for region in added if region.name != home.name)]
    rollout = rollout_of(choices, regions)
    return Rollout(
        waves=[regions],
        heal_attempts=rollout.heal_attempts,
        stuck_after_hours=rollout.stuck_after_hours,
    )
