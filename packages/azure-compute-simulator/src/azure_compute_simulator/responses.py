"""What requests to the compute provider answer: find the type's model, let it work, write status, headers and body."""

import re
from collections.abc import Iterable

from azure_compute_simulator.calls import Answer, Call
from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import (
    GatewayError,
    HttpMethodNotSupportedError,
    NotFoundError,
    SimulatedError,
)
from azure_compute_simulator.models.kinds import Kind, Request, Started
from azure_compute_simulator.models.machines import VirtualMachines
from azure_compute_simulator.models.resources import Json, Operation, Resource
from azure_compute_simulator.models.values import check_shapes
from azure_compute_simulator.operation_urls import OperationUrls
from azure_compute_simulator.paging import paged
from azure_compute_simulator.resource_ids import ResourceId

_URLS = OperationUrls()


def error_answer(error: SimulatedError) -> Answer:
    """The envelope of every error; those of ARM itself say so in a header (recorded)."""
    by_gateway = isinstance(error, GatewayError)
    headers = error.headers | ({"x-ms-failure-cause": "gateway"} if by_gateway else {})
    return Answer(error.status, {"error": error.body()}, headers, by_gateway=by_gateway)


def item(call: Call, type_: str) -> Answer:
    """PUT, PATCH, GET, DELETE of one resource."""
    kind = call.azure.kind(type_)
    resource_id = ResourceId(call.values["subscription"], call.values["group"], kind.type, call.names)
    call.azure.group(*resource_id.group_key)
    check_shapes(call.body)
    request = Request(call.body, call.principal, call.api_version)
    if call.method == "PUT":
        return _written(call, kind, kind.put(resource_id, request))
    if call.method == "PATCH":
        return _written(call, kind, kind.patch(resource_id, request))
    if call.method == "DELETE":
        return _deleted(call, kind, kind.delete(resource_id, call.principal, call.query))
    if call.method in ("GET", "HEAD"):
        resource = kind.read(resource_id)
        return Answer(200, kind.render(resource, call.api_version, call.query.get("$expand", "")))
    raise HttpMethodNotSupportedError(
        f"The HTTP method '{call.method}' is not supported at scope '{resource_id}'."
    )


def list_in_parent(call: Call, type_: str) -> Answer:
    """The resources of a type in a resource group, a gallery or a definition."""
    kind = call.azure.kind(type_)
    group = call.azure.group(call.values["subscription"], call.values["group"])
    if not call.names:
        return _page(call, kind, call.azure.of_type(kind.type, group.subscription, group.name))
    parent_type = kind.type.rsplit("/", 1)[0]
    parent = ResourceId(call.values["subscription"], call.values["group"], parent_type, call.names)
    kind.check_parent(parent.child(kind.type.rsplit("/", 1)[1], "-"), "read")
    return _page(call, kind, call.azure.children(parent, kind.type))


def list_in_subscription(call: Call, type_: str) -> Answer:
    """The resources of a type in a whole subscription."""
    kind = call.azure.kind(type_)
    return _page(call, kind, call.azure.of_type(kind.type, call.values["subscription"]))


def instance_view(call: Call) -> Answer:
    """The instance view of a virtual machine."""
    kind = call.azure.kind("Microsoft.Compute/virtualMachines")
    assert isinstance(kind, VirtualMachines)  # noqa: S101 - registered under this name
    group = call.azure.group(call.values["subscription"], call.values["group"])
    machine = kind.read(ResourceId(group.subscription, group.name, kind.type, call.names))
    return Answer(200, kind.instance_view(machine))


def operation_status(call: Call) -> Answer:
    """The state of a long-running operation; with `monitor=true` only whether it is done."""
    operation = call.azure.operations.get(call.values["operation"].lower())
    if operation is None:
        raise NotFoundError("The entity was not found in this Azure location.")
    call.azure.kind(operation.resource.id.type).look(operation.resource)
    call.azure.settle_resource(operation.resource)
    if call.query.get("monitor") == "true":
        return _monitor(operation)
    body: Json = {"startTime": timestamp(operation.started)}
    if operation.ended:
        body["endTime"] = timestamp(operation.ended)
    body |= {"status": operation.status}
    if operation.error:
        body["error"] = operation.error.body()
    return Answer(200, body | {"name": operation.id}, _retry_after(call, operation))


def _retry_after(call: Call, operation: Operation) -> dict[str, str]:
    """Recorded on some polls of operations of images and machines; never to be relied on."""
    seconds = call.azure.switches.operation_retry_after_seconds
    short_family = call.azure.kind(operation.resource.id.type).operations == "operations"
    wanted = seconds is not None and short_family and operation.status == "InProgress"
    return {"Retry-After": f"{seconds:g}"} if wanted else {}


def _monitor(operation: Operation) -> Answer:
    if operation.status == "InProgress":
        return Answer(202)
    if operation.error:
        return Answer(409, {"error": operation.error.body()})
    return Answer(200)


def _written(call: Call, kind: Kind, started: Started) -> Answer:
    body = kind.render(started.resource, call.api_version)
    headers = {"Azure-AsyncOperation": _operation_url(call, kind, started.operation)}
    status = 201 if started.created else 200
    return Answer(status, body, headers | _notification(kind), request_id=started.operation.id)


def _deleted(call: Call, kind: Kind, operation: Operation | None) -> Answer:
    if operation is None:
        return Answer(204, by_gateway=True)
    headers = {
        "Azure-AsyncOperation": _operation_url(call, kind, operation),
        "Location": _operation_url(call, kind, operation, monitor=True),
    }
    return Answer(202, None, headers | _notification(kind), request_id=operation.id)


def _operation_url(call: Call, kind: Kind, operation: Operation, *, monitor: bool = False) -> str:
    return _URLS.url(
        operation,
        origin=call.origin,
        family=kind.operations,
        api_version=call.api_version,
        signed=call.azure.switches.signed_operation_urls,
        monitor=monitor,
    )


def _notification(kind: Kind) -> dict[str, str]:
    """Recorded on images and machines, not on galleries."""
    return {"azure-asyncnotification": "Enabled"} if kind.operations == "operations" else {}


def _page(call: Call, kind: Kind, resources: Iterable[Resource]) -> Answer:
    documents = [kind.render(resource, call.api_version) for resource in resources]
    if kind.type in call.azure.switches.upper_case_list_ids:
        for document in documents:
            document["id"] = _with_upper_case_group(document["id"])
    return paged(call, documents)


def _with_upper_case_group(id_: str) -> str:
    """Recorded: the list of galleries writes the resource group in upper case."""
    return re.sub(r"(?<=/resourceGroups/)[^/]+", lambda match: match.group().upper(), id_, count=1)
