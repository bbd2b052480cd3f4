"""What each ARM request answers: finds the resource type's model, lets it work, writes status, headers and body."""

import re
from collections.abc import Iterable
from typing import Any

from local.simulator import access, regions
from local.simulator.calls import Answer, Call
from local.simulator.clock import timestamp
from local.simulator.errors import (
    GatewayError,
    HttpMethodNotSupportedError,
    InvalidFilterInQueryStringError,
    NotFoundError,
    SimulatedError,
)
from local.simulator.models.kinds import Kind, Request, Started
from local.simulator.models.machines import VirtualMachines
from local.simulator.models.resources import Json, Operation, Resource, ResourceGroup, Subscription
from local.simulator.models.values import check_shapes
from local.simulator.operation_urls import OperationUrls
from local.simulator.resource_ids import ResourceId

_URLS = OperationUrls()
_FILTER_TERM = re.compile(r"\s*(resourceType|name)\s+eq\s+'([^']*)'\s*", re.IGNORECASE)


def error_answer(error: SimulatedError) -> Answer:
    """The envelope of every error; those of ARM itself say so in a header (recorded)."""
    by_gateway = isinstance(error, GatewayError)
    headers = error.headers | ({"x-ms-failure-cause": "gateway"} if by_gateway else {})
    return Answer(error.status, {"error": error.body()}, headers, by_gateway=by_gateway)


# resources of the compute provider


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
    return _paged(call, documents)


def _paged(call: Call, documents: list[Json], *, by_gateway: bool = False) -> Answer:
    size = call.azure.switches.page_size
    if not size:
        return Answer(200, {"value": documents}, by_gateway=by_gateway)
    start = int(call.query.get("$skiptoken", "0"))
    body: Json = {"value": documents[start : start + size]}
    if start + size < len(documents):
        query = {name: value for name, value in call.query.items() if name != "$skiptoken"}
        text = "&".join(f"{name}={value}" for name, value in query.items())
        body["nextLink"] = f"{call.origin}{call.path}?{text}&$skiptoken={start + size}"
    return Answer(200, body, by_gateway=by_gateway)


def _with_upper_case_group(id_: str) -> str:
    """Recorded: the list of galleries writes the resource group in upper case."""
    return re.sub(r"(?<=/resourceGroups/)[^/]+", lambda match: match.group().upper(), id_, count=1)


# ARM's own resources


def subscriptions(call: Call) -> Answer:
    """All subscriptions."""
    return _paged(call, [_subscription(item) for item in call.azure.subscriptions.values()], by_gateway=True)


def subscription(call: Call) -> Answer:
    """One subscription."""
    found = call.azure.subscription(call.values["subscription"])
    return Answer(200, _subscription(found), by_gateway=True)


def tenants(call: Call) -> Answer:
    """The tenants that own the subscriptions."""
    ids = {found.tenant for found in call.azure.subscriptions.values()} | {call.principal.tenant}
    documents = [{"id": f"/tenants/{tenant}", "tenantId": tenant} for tenant in sorted(ids)]
    return Answer(200, {"value": documents}, by_gateway=True)


def locations(call: Call) -> Answer:
    """The regions that a subscription may use."""
    found = call.azure.subscription(call.values["subscription"])
    names = found.locations or tuple(regions.DISPLAY_NAMES)
    documents = [
        {
            "id": f"/subscriptions/{found.id}/locations/{name}",
            "name": name,
            "type": "Region",
            "displayName": regions.display_name(name),
            "regionalDisplayName": regions.display_name(name),
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        }
        for name in names
    ]
    return Answer(200, {"value": documents}, by_gateway=True)


def resource_groups(call: Call) -> Answer:
    """The groups of a subscription."""
    owner = call.values["subscription"].lower()
    found = [_group(group) for group in call.azure.groups.values() if group.subscription.lower() == owner]
    return _paged(call, found, by_gateway=True)


def resource_group(call: Call) -> Answer:
    """PUT, GET, HEAD of one group. Deleting a group is not simulated."""
    owner, name = call.values["subscription"], call.values["group"]
    key = (owner.lower(), name.lower())
    if call.method == "HEAD":
        return Answer(204 if key in call.azure.groups else 404, by_gateway=True)
    if call.method == "GET":
        return Answer(200, _group(call.azure.group(owner, name)), by_gateway=True)
    if call.method != "PUT":
        raise HttpMethodNotSupportedError(
            f"The HTTP method '{call.method}' is not simulated for resource groups."
        )
    existing = call.azure.groups.get(key)
    location = regions.short_name(str(call.body.get("location", "")))
    group = ResourceGroup(
        call.azure.subscription(owner).id,
        existing.name if existing else name,
        location,
        call.body.get("tags"),
    )
    call.azure.groups[key] = group
    return Answer(200 if existing else 201, _group(group), by_gateway=True)


def permissions(call: Call) -> Answer:
    """What the caller may do at a subscription, a group or a resource; everybody may ask."""
    scope = call.path[: call.path.lower().rindex("/providers/microsoft.authorization/")]
    return Answer(
        200, {"value": access.permissions(call.azure.roles, call.principal, scope)}, by_gateway=True
    )


def resources(call: Call) -> Answer:
    """All resources of a subscription or a group, by `$filter`, with `$expand=createdTime` on demand."""
    owner, group = call.values["subscription"].lower(), call.values.get("group")
    if group:
        call.azure.group(owner, group)
    wanted = _parse_filter(call.query.get("$filter", ""))
    expand = call.query.get("$expand", "").lower()
    found = [
        _generic(resource, expand)
        for resource in call.azure.resources.values()
        if resource.id.subscription.lower() == owner
        and (group is None or resource.id.group.lower() == group.lower())
        and _matches(resource, wanted)
    ]
    return _paged(call, found, by_gateway=True)


def _parse_filter(text: str) -> dict[str, str]:
    """Terms `resourceType eq '…'` and `name eq '…'` joined by `and`. Raises InvalidFilterInQueryStringError."""
    wanted: dict[str, str] = {}
    for term in re.split(r"\band\b", text, flags=re.IGNORECASE) if text else []:
        match = _FILTER_TERM.fullmatch(term)
        if match is None:
            raise InvalidFilterInQueryStringError(f"Invalid $filter '{text}' specified in the query string.")
        wanted[match[1].lower()] = match[2].lower()
    return wanted


def _matches(resource: Resource, wanted: dict[str, str]) -> bool:
    facts = {"resourcetype": resource.id.type.lower(), "name": "/".join(resource.id.names).lower()}
    return all(facts[name] == value for name, value in wanted.items())


def _generic(resource: Resource, expand: str) -> Json:
    document: Json = {
        "id": str(resource.id),
        "name": "/".join(resource.id.names),
        "type": resource.id.type,
        "location": resource.location,
    }
    if resource.tags is not None:
        document["tags"] = resource.tags
    optional: dict[str, Any] = {
        "createdTime": timestamp(resource.created),
        "changedTime": timestamp(resource.changed),
        "provisioningState": resource.provisioning_state,
    }
    return document | {name: value for name, value in optional.items() if name.lower() in expand}


def _subscription(found: Subscription) -> Json:
    return {
        "id": f"/subscriptions/{found.id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": found.id,
        "tenantId": found.tenant,
        "displayName": found.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group(group: ResourceGroup) -> Json:
    document: Json = {
        "id": f"/subscriptions/{group.subscription}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": {"provisioningState": "Succeeded"},
    }
    return document | ({"tags": group.tags} if group.tags is not None else {})
