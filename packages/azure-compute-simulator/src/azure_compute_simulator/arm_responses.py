"""What requests about ARM's own resources answer: subscriptions, groups, regions, permissions, lists of resources."""

import re
from typing import Any

from azure_compute_simulator import access, regions
from azure_compute_simulator.calls import Answer, Call
from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import HttpMethodNotSupportedError, InvalidFilterInQueryStringError
from azure_compute_simulator.models.resources import Json, Resource, ResourceGroup, Subscription
from azure_compute_simulator.paging import paged

_FILTER_TERM = re.compile(r"\s*(resourceType|name)\s+eq\s+'([^']*)'\s*", re.IGNORECASE)


def subscriptions(call: Call) -> Answer:
    """All subscriptions."""
    return paged(call, [_subscription(item) for item in call.azure.subscriptions.values()], by_gateway=True)


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
    return paged(call, found, by_gateway=True)


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
    return paged(call, found, by_gateway=True)


def _parse_filter(text: str) -> dict[str, str]:
    """Terms `resourceType eq '…'` and `name eq '…'` joined by `and`. Raises InvalidFilterInQueryStringError."""
    wanted: dict[str, str] = {}
    for term in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else []:
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
