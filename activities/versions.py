"""Activities about image definitions and image versions."""

import azure.durable_functions as df

from activities.results import result_of
from domain import names
from domain.migration.publishing import VersionsRequest
from domain.migration.replication import RegionsRequest, StatusRequest
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageDefinition
from services.publish_version import begin_version, ensure_definition, list_numbers
from services.replicate_version import change_regions, read_replication

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.ENSURE_IMAGE_DEFINITION)
async def ensure_image_definition(request: dict) -> dict:
    """Returns the `ImageDefinition` as it is in the gallery. Idempotent: creates it only where it is missing."""
    return await result_of(ensure_definition(ImageDefinition.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.LIST_IMAGE_VERSIONS)
async def list_image_versions(request: dict) -> dict:
    """Returns the `DefinitionVersions` for a `VersionsRequest`. Writes nothing."""
    return await result_of(list_numbers(VersionsRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.BEGIN_IMAGE_VERSION)
async def begin_image_version(request: dict) -> dict:
    """Begins a `VersionSpec`; returns a `Publication`. Idempotent: adopts or completes a version that exists."""
    return await result_of(begin_version(VersionSpec.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.GET_REPLICATION_STATUS)
async def get_replication_status(request: dict) -> dict:
    """Returns the `ReplicationReport` for a `StatusRequest`. Writes nothing."""
    return await result_of(read_replication(StatusRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.UPDATE_REGIONS)
async def update_regions(request: dict) -> dict:
    """Changes a version's regions as the `RegionsRequest` says; returns a `RegionsUpdate`. Idempotent."""
    return await result_of(change_regions(RegionsRequest.model_validate(request)))
