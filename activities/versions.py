"""Activities about image definitions and image versions."""

import azure.durable_functions as df

from activities.answers import answer
from domain import names
from domain.errors import ArmError, NotYetError
from domain.migration.publishing import (
    DefinitionVersions,
    Publication,
    VersionsRequest,
    next_write,
    taken_meanwhile,
)
from domain.migration.replication import RegionsRequest, RegionsUpdate, ReplicationReport, StatusRequest
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageDefinition
from domain.resources.provenance import version_made_from
from services.container import services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="request", activity=names.ENSURE_IMAGE_DEFINITION)
async def ensure_image_definition(request: dict) -> dict:
    """The `ImageDefinition` as it is in the gallery, made if it was not there. One that exists is never written."""
    return await answer(_ensure(ImageDefinition.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.LIST_IMAGE_VERSIONS)
async def list_image_versions(request: dict) -> dict:
    """The numbers a definition shows, for a `VersionsRequest`. Only reads."""
    return await answer(_list(VersionsRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.BEGIN_IMAGE_VERSION)
async def begin_image_version(request: dict) -> dict:
    """Begin the `VersionSpec`; one that is there already is adopted or finished, and another's is left alone."""
    return await answer(_begin(VersionSpec.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.GET_REPLICATION_STATUS)
async def get_replication_status(request: dict) -> dict:
    """The `ReplicationReport` for a `StatusRequest`. Only reads."""
    return await answer(_status(StatusRequest.model_validate(request)))


@blueprint.activity_trigger(input_name="request", activity=names.UPDATE_REGIONS)
async def update_regions(request: dict) -> dict:
    """Bring a version's regions to what a `RegionsRequest` wants; asking twice writes once."""
    return await answer(_update_regions(RegionsRequest.model_validate(request)))


async def _ensure(wanted: ImageDefinition) -> ImageDefinition:
    compute = services().compute
    existing = await compute.get_image_definition(wanted.id)
    if existing is None:
        await compute.begin_image_definition(wanted)
        raise NotYetError(f"image definition {wanted.id.name} was asked for a moment ago")
    return existing.settled()


async def _list(request: VersionsRequest) -> DefinitionVersions:
    versions = await services().compute.list_image_versions(request.definition)
    held = version_made_from(request.image, versions)
    taken = [version.id.name for version in versions if held is None or version.id != held.id]
    return DefinitionVersions(held=held.id.name if held else None, taken=taken)


async def _begin(spec: VersionSpec) -> Publication:
    compute = services().compute
    write = next_write(await compute.get_image_version(spec.id), spec)
    operation_url = None
    if write.step == "created":
        try:
            operation_url = await compute.begin_image_version(spec)
        except ArmError as error:
            if taken_meanwhile(error):
                return Publication(outcome="taken", version_id=spec.id)
            raise
    if write.step == "updated":
        operation_url = await compute.begin_regions(spec.id, write.missing, [])
    return Publication(outcome=write.step, version_id=spec.id, operation_url=operation_url)


async def _status(request: StatusRequest) -> ReplicationReport:
    """The version's own state; what its operation failed with is told by the operation alone (recorded)."""
    compute = services().compute
    version = await compute.get_image_version(request.version_id)
    error = None
    if request.operation_url and (version is None or version.provisioning_state != "Succeeded"):
        error = await compute.get_operation_error(request.version_id.subscription, request.operation_url)
    if error is not None:
        # it may have failed after the version was read: both have to be of one moment
        version = await compute.get_image_version(request.version_id)
    return ReplicationReport.of(version, request.regions, error)


async def _update_regions(request: RegionsRequest) -> RegionsUpdate:
    url = await services().compute.begin_regions(request.version_id, request.put, request.remove)
    return RegionsUpdate(operation_url=url)
