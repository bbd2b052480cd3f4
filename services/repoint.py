"""Re-points consumers to a version: the plan, the one write, and the look that verifies it."""

from typing import Any

import azure.durable_functions as df

from adapters.azure.sources import GALLERIES_API
from adapters.task_hub import Instance, TaskHub
from domain import names
from domain.errors import ArmError
from domain.references.expected import subscription_of
from domain.references.forms import Subject
from domain.references.kinds import BY_TYPE
from domain.references.repoint import (
    REPOINT_ID_PREFIX,
    SCALE_SET,
    Repoint,
    RepointedConsumer,
    RepointLook,
    RepointPlan,
    RepointRequest,
    Source,
    Target,
    model_image,
    patch_body,
    plan_repoint,
    provisioning_state,
    repoint_id,
)
from domain.resources.galleries import ImageDefinition
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId, does_not_exist
from domain.resources.images import ManagedImage
from services.container import services
from services.instances import find_instance
from services.refusals import ConflictError, NotFoundError

EXPECTED = "a request to re-point consumers"


async def start_repoint(
    client: df.DurableOrchestrationClient, version: ImageVersionId, consumers: list[str], started_by: str
) -> str:
    """Starts to re-point these consumers; returns the instance id.

    Raises:
        NotFoundError: the version does not exist.
        ConflictError: the same request is running.
    """
    if await read_target(version) is None:
        raise NotFoundError(does_not_exist(version))
    instance_id = repoint_id(version, consumers)
    request = Repoint(
        version_id=version, consumers=[RepointedConsumer(id=one) for one in consumers], started_by=started_by
    )
    if not await TaskHub(client).start(names.REPOINT_CONSUMERS, instance_id, request):
        raise ConflictError("these consumers are being re-pointed to this version", instance_id)
    return instance_id


async def find_repoint(client: df.DurableOrchestrationClient, instance_id: str) -> Repoint | None:
    """How far a request is; None if there is none of this id."""
    if not instance_id.startswith(REPOINT_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, EXPECTED, _record)


def _record(instance: Instance, _goes_on: bool) -> Repoint:  # the signature of all readers
    return Repoint.model_validate(instance.output or instance.custom_status or instance.input)


async def plan(request: RepointRequest) -> RepointPlan:
    """Plans the change of one consumer. Writes nothing.

    Raises:
        ArmError: the version does not exist, or the consumer or the version cannot be read.
    """
    target = await read_target(request.version_id)
    if target is None:
        raise ArmError(404, "ResourceNotFound", does_not_exist(request.version_id))
    return await plan_for(request.consumer, target)


async def plan_for(consumer: str, target: Target) -> RepointPlan:
    """Plans the change of one consumer to a version that was read before."""
    type_ = type_of(consumer)
    if type_.lower() != SCALE_SET.lower():
        return plan_repoint(consumer, type_, {}, Source(), target)
    document = await _scale_set(consumer)
    source = await _source(model_image(document)) if document else Source()
    return plan_repoint(consumer, type_, document, source, target)


async def begin(request: RepointRequest) -> RepointPlan:
    """Changes the consumer, unless it names the version already or cannot; returns the plan that decided.

    Idempotent: one that names the version is not written again.
    """
    found = await plan(request)
    if found.possible and not found.done:
        await services().consumers.patch(
            subscription_of(request.consumer) or "",
            request.consumer,
            BY_TYPE[SCALE_SET.lower()].api_version,
            patch_body(request.version_id),
        )
    return found


async def look(request: RepointRequest) -> RepointLook:
    """Reads the consumer back."""
    document = await _scale_set(request.consumer) or {}
    return RepointLook(names=model_image(document), provisioning_state=provisioning_state(document))


async def read_target(version: ImageVersionId) -> Target | None:
    """Reads the version with its definition; None if one of them does not exist."""
    compute = services().compute
    found = await compute.get_image_version(version)
    definition = await compute.get_image_definition(version.definition)
    if found is None or definition is None:
        return None
    raw = await services().consumers.document(version.subscription, str(version), GALLERIES_API)
    return Target.of(found, definition, _luns(raw or {}))


async def _scale_set(resource_id: str) -> dict[str, Any] | None:
    api_version = BY_TYPE[SCALE_SET.lower()].api_version
    return await services().consumers.document(subscription_of(resource_id) or "", resource_id, api_version)


async def _source(image: str) -> Source:
    """What the model's machines were made from, as far as it can be read."""
    compute = services().compute
    try:
        if Subject(id=image).version is None:
            found = await compute.get_managed_image(ImageId.parse(image))
        else:
            definition = await compute.get_image_definition(
                ImageDefinitionId.parse(image.partition("/versions/")[0])
            )
            return _traits(definition)
    except (ArmError, ValueError):
        return Source()
    return _traits(found)


def _traits(found: ManagedImage | ImageDefinition | None) -> Source:
    if found is None:
        return Source()
    return Source(os_type=found.os_type, hyper_v_generation=found.hyper_v_generation)


def type_of(resource_id: str) -> str:
    """The resource type in an id, empty if it has none."""
    _, found, tail = resource_id.partition("/providers/")
    namespace, *segments = tail.split("/")
    return "/".join([namespace, *segments[::2]]) if found else ""


def _luns(version: dict[str, Any]) -> list[int]:
    properties = version.get("properties")
    storage = properties.get("storageProfile") if isinstance(properties, dict) else None
    disks = storage.get("dataDiskImages") if isinstance(storage, dict) else None
    found = [disk.get("lun") for disk in disks or [] if isinstance(disk, dict)]
    return [lun for lun in found if isinstance(lun, int)]
