"""Starts the migration of one image."""

from typing import NamedTuple

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain import names
from domain.errors import NotYetError
from domain.field_errors import FieldError
from domain.migration.messages import MigrationRequest
from domain.resources.galleries import TargetRegion
from domain.resources.ids import ImageId, does_not_exist
from domain.resources.provenance import migration_id
from domain.resources.regions import unknown_region
from services.container import services


class Started(NamedTuple):
    """The migration's instance id, and whether this call started it."""

    id: str
    fresh: bool


async def start_migration(client: df.DurableOrchestrationClient, request: MigrationRequest) -> Started:
    """Starts the image's migration, unless it is running. There is one instance id per image."""
    instance_id = migration_id(request.image)
    fresh = await TaskHub(client).start(names.MIGRATE_IMAGE, instance_id, request)
    return Started(instance_id, fresh)


async def check_in_azure(image: ImageId, regions: list[TargetRegion] | None) -> list[FieldError]:
    """The fields that only Azure can judge: the image must exist, and so must the regions."""
    errors = await unknown_regions(image, regions or [])
    if not await _exists(image):
        errors.append(FieldError("image", does_not_exist(image)))
    return errors


async def unknown_regions(image: ImageId, regions: list[TargetRegion]) -> list[FieldError]:
    """The regions that the image's subscription does not have, by their position in the request."""
    known = await services().compute.list_regions(image.subscription)
    return [
        FieldError(f"regions[{index}].name", unknown_region(region.name))
        for index, region in enumerate(regions)
        if region.name not in known
    ]


async def _exists(image: ImageId) -> bool:
    try:
        return await services().compute.get_managed_image(image) is not None
    except NotYetError:
        # it is being created; the migration waits for it
        return True
