"""Responses of the compute provider: call the resource type's rules, and write status, headers and body."""

import re
from collections.abc import Iterable

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import (
    AuthorizationFailedError,
    GatewayError,
    HttpMethodNotSupportedError,
    InvalidParameterError,
    NotFoundError,
    SimulatedError,
)
from azure_compute_simulator.models.resource_type import AcceptedWrite, ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Operation, Resource
from azure_compute_simulator.models.values import check_shapes
from azure_compute_simulator.operation_urls import OperationUrls
from azure_compute_simulator.paging import paged
from azure_compute_simulator.resource_ids import ResourceId

_URLS = OperationUrls()


def error_response(error: SimulatedError) -> ArmResponse:
    """Returns the response of an error. The errors of ARM itself have a header that says so (recorded)."""
    by_gateway = isinstance(error, GatewayError)
    headers = error.headers | ({"x-ms-failure-cause": "gateway"} if by_gateway else {})
    return ArmResponse(error.status, {"error": error.body()}, headers, by_gateway=by_gateway)


def item(request: ArmRequest, type_: str) -> ArmResponse:
    """PUT, PATCH, GET and DELETE of one resource."""
    resource_type = request.types.get(type_)
    subscription, group = request.values["subscription"], request.values["group"]
    resource_id = ResourceId(subscription, group, resource_type.type, request.names)
    request.azure.group(*resource_id.group_key)
    resource_type.check_writable(request.method)
    check_shapes(request.body)
    write = WriteRequest(
        request.body, request.principal, request.api_version, partial=request.method == "PATCH"
    )
    if request.method == "PUT":
        _check_policies(request, resource_type, resource_id)
        return _written(request, resource_type, resource_type.put(resource_id, write))
    if request.method == "PATCH":
        return _written(request, resource_type, resource_type.patch(resource_id, write))
    if request.method == "DELETE":
        operation = resource_type.delete(resource_id, request.principal, request.query)
        return _deleted(request, resource_type, operation)
    if request.method in ("GET", "HEAD"):
        resource = resource_type.read(resource_id)
        expand = request.query.get("$expand", "")
        return ArmResponse(200, resource_type.render(resource, request.api_version, expand))
    raise HttpMethodNotSupportedError(
        f"The HTTP method '{request.method}' is not supported at scope '{resource_id}'."
    )


def _check_policies(request: ArmRequest, resource_type: ResourceType, resource_id: ResourceId) -> None:
    """A policy judges new resources; whether it judges an update that keeps the image is not simulated."""
    if request.azure.find(resource_id) is None:
        delay = request.azure.switches.policy_delay_seconds
        request.azure.policies.check(resource_type.type, resource_id, request.body, delay)


def list_in_parent(request: ArmRequest, type_: str) -> ArmResponse:
    """GET of the resources of a type in a resource group, a gallery or a definition."""
    resource_type = request.types.get(type_)
    group = request.azure.group(request.values["subscription"], request.values["group"])
    if not request.names:
        return _page(
            request, resource_type, request.azure.of_type(resource_type.type, group.subscription, group.name)
        )
    parent_type = resource_type.type.rsplit("/", 1)[0]
    parent = ResourceId(request.values["subscription"], request.values["group"], parent_type, request.names)
    resource_type.check_parent(parent.child(resource_type.type.rsplit("/", 1)[1], "-"), "read")
    return _page(request, resource_type, request.azure.children(parent, resource_type.type))


def list_in_subscription(request: ArmRequest, type_: str) -> ArmResponse:
    """GET of the resources of a type in a subscription."""
    resource_type = request.types.get(type_)
    return _page(
        request, resource_type, request.azure.of_type(resource_type.type, request.values["subscription"])
    )


def instance_view(request: ArmRequest) -> ArmResponse:
    """GET of the instance view of a virtual machine."""
    machines = request.types.virtual_machines
    group = request.azure.group(request.values["subscription"], request.values["group"])
    machine = machines.read(ResourceId(group.subscription, group.name, machines.type, request.names))
    return ArmResponse(200, machines.instance_view(machine))


def soft_deleted_versions(request: ArmRequest) -> ArmResponse:
    """GET of the soft-deleted versions of a definition. `Images` is the only type of artifact."""
    group = request.azure.group(request.values["subscription"], request.values["group"])
    if request.values["artifact"].lower() != "images":
        raise InvalidParameterError(
            f"The artifact type '{request.values['artifact']}' is not simulated: use 'Images'.",
            target="artifactType",
        )
    definition = ResourceId(
        group.subscription, group.name, "Microsoft.Compute/galleries/images", request.names
    )
    return paged(request, request.types.image_versions.soft_deleted(definition, request.api_version))


def operation_status(request: ArmRequest) -> ArmResponse:
    """GET of a long-running operation. With `monitor=true` only the status code says whether it is done."""
    operation = request.azure.operations.get(request.values["operation"].lower())
    if operation is None:
        raise NotFoundError("The entity was not found in this Azure location.")
    if request.azure.switches.signed_operation_urls and not _URLS.is_signed(operation, request.query):
        raise AuthorizationFailedError(
            "The signature of the operation's URL is missing or is not the one it was given."
        )
    request.types.get(operation.resource.id.type).count_poll(operation.resource)
    request.azure.settle_resource(operation.resource)
    if request.query.get("monitor") == "true":
        return _monitor(operation)
    body: Json = {"startTime": timestamp(operation.started)}
    if operation.ended:
        body["endTime"] = timestamp(operation.ended)
    body |= {"status": operation.status}
    if operation.error:
        body["error"] = operation.error.body()
    return ArmResponse(200, body | {"name": operation.id}, _retry_after(request, operation))


def _retry_after(request: ArmRequest, operation: Operation) -> dict[str, str]:
    """Returns a Retry-After header if the switch says so. Recorded on some polls of images and machines only."""
    seconds = request.azure.switches.operation_retry_after_seconds
    short_family = request.types.get(operation.resource.id.type).operations == "operations"
    wanted = seconds is not None and short_family and operation.status == "InProgress"
    return {"Retry-After": f"{seconds:g}"} if wanted else {}


def _monitor(operation: Operation) -> ArmResponse:
    if operation.status == "InProgress":
        return ArmResponse(202)
    if operation.error:
        return ArmResponse(409, {"error": operation.error.body()})
    return ArmResponse(200)


def _written(request: ArmRequest, resource_type: ResourceType, started: AcceptedWrite) -> ArmResponse:
    body = resource_type.render(started.resource, request.api_version)
    headers = {"Azure-AsyncOperation": _operation_url(request, resource_type, started.operation)}
    status = 201 if started.created else 200
    return ArmResponse(status, body, headers | _notification(resource_type), request_id=started.operation.id)


def _deleted(request: ArmRequest, resource_type: ResourceType, operation: Operation | None) -> ArmResponse:
    if operation is None:
        return ArmResponse(204, by_gateway=True)
    return accepted(request, resource_type, operation)


def accepted(request: ArmRequest, resource_type: ResourceType, operation: Operation) -> ArmResponse:
    """Returns 202, with the URLs at which the operation is polled."""
    headers = {
        "Azure-AsyncOperation": _operation_url(request, resource_type, operation),
        "Location": _operation_url(request, resource_type, operation, monitor=True),
    }
    return ArmResponse(202, None, headers | _notification(resource_type), request_id=operation.id)


def _operation_url(
    request: ArmRequest, resource_type: ResourceType, operation: Operation, *, monitor: bool = False
) -> str:
    return _URLS.url(
        operation,
        origin=request.origin,
        family=resource_type.operations,
        api_version=request.api_version,
        signed=request.azure.switches.signed_operation_urls,
        monitor=monitor,
    )


def _notification(resource_type: ResourceType) -> dict[str, str]:
    """Returns a header that images and machines have, and galleries do not (recorded)."""
    return {"azure-asyncnotification": "Enabled"} if resource_type.operations == "operations" else {}


def _page(request: ArmRequest, resource_type: ResourceType, resources: Iterable[Resource]) -> ArmResponse:
    documents = [resource_type.render(resource, request.api_version) for resource in resources]
    if resource_type.type in request.azure.switches.upper_case_list_ids:
        for document in documents:
            document["id"] = _with_upper_case_group(document["id"])
    return paged(request, documents)


def _with_upper_case_group(id_: str) -> str:
    """Returns the id as the list of galleries shows it, its resource group in upper case (recorded)."""
    return re.sub(r"(?<=/resourceGroups/)[^/]+", lambda match: match.group().upper(), id_, count=1)
