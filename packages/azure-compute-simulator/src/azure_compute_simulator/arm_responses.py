"""Responses about ARM's own resources: subscriptions, groups, regions, permissions, lists of resources."""

import re
from typing import Any

from azure_compute_simulator import access, regions
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import HttpMethodNotSupportedError, InvalidFilterInQueryStringError
from azure_compute_simulator.models.resources import Json, Resource, ResourceGroup, Subscription
from azure_compute_simulator.models.values import merged
from azure_compute_simulator.paging import paged

# reported: a list of resources has a thousand on a page (azure-sdk-for-js #18535)
_LARGEST_PAGE = 1000
# what a seeded record that somebody else wrote can show instead of its own
_SHOWN_IN_LISTS = {"id", "location", "tags"}
_FILTER_TERM = re.compile(
    r"\s*(resourceType|name|resourceGroup|location|tagName|tagValue)\s+eq\s+'([^']*)'\s*", re.IGNORECASE
)


def subscriptions(request: ArmRequest) -> ArmResponse:
    """GET of the subscriptions in which the caller has a role (documented)."""
    found = [
        _subscription(item)
        for item in request.azure.subscriptions.values()
        if access.sees(request.azure.roles, request.principal, f"/subscriptions/{item.id}")
    ]
    return paged(request, found, by_gateway=True)


def subscription(request: ArmRequest) -> ArmResponse:
    """GET of one subscription."""
    found = request.azure.subscription(request.values["subscription"])
    return ArmResponse(200, _subscription(found), by_gateway=True)


def tenants(request: ArmRequest) -> ArmResponse:
    """GET of the tenants that own the subscriptions."""
    ids = {found.tenant for found in request.azure.subscriptions.values()} | {request.principal.tenant}
    documents = [{"id": f"/tenants/{tenant}", "tenantId": tenant} for tenant in sorted(ids)]
    return ArmResponse(200, {"value": documents}, by_gateway=True)


def locations(request: ArmRequest) -> ArmResponse:
    """GET of the regions that a subscription may use, and of the logical regions, which it may not (reported)."""
    found = request.azure.subscription(request.values["subscription"])
    names = found.locations or (*regions.DISPLAY_NAMES, *regions.LOGICAL_DISPLAY_NAMES)
    return ArmResponse(200, {"value": [_location(found, name) for name in names]}, by_gateway=True)


def resource_groups(request: ArmRequest) -> ArmResponse:
    """GET of the resource groups of a subscription."""
    owner = request.values["subscription"].lower()
    found = [_group(group) for group in request.azure.groups.values() if group.subscription.lower() == owner]
    return paged(request, found, by_gateway=True)


def resource_group(request: ArmRequest) -> ArmResponse:
    """PUT, GET and HEAD of one resource group. Deleting a group is not simulated."""
    owner, name = request.values["subscription"], request.values["group"]
    key = (owner.lower(), name.lower())
    if request.method == "HEAD":
        return ArmResponse(204 if key in request.azure.groups else 404, by_gateway=True)
    if request.method == "GET":
        return ArmResponse(200, _group(request.azure.group(owner, name)), by_gateway=True)
    if request.method != "PUT":
        raise HttpMethodNotSupportedError(
            f"The HTTP method '{request.method}' is not simulated for resource groups."
        )
    existing = request.azure.groups.get(key)
    location = regions.short_name(str(request.body.get("location", "")))
    group = ResourceGroup(
        request.azure.subscription(owner).id,
        existing.name if existing else name,
        location,
        request.body.get("tags"),
    )
    request.azure.groups[key] = group
    return ArmResponse(200 if existing else 201, _group(group), by_gateway=True)


def permissions(request: ArmRequest) -> ArmResponse:
    """GET of the caller's permissions at a subscription, a group or a resource.

    No document says whether that needs a right of its own, so a switch decides.
    """
    scope = request.path[: request.path.lower().rindex("/providers/microsoft.authorization/")]
    roles = request.azure.roles
    if request.azure.switches.permissions_need_read:
        access.check_access(roles, request.principal, "Microsoft.Authorization/permissions/read", scope)
    return ArmResponse(200, {"value": access.permissions(roles, request.principal, scope)}, by_gateway=True)


def locks(request: ArmRequest) -> ArmResponse:
    """GET of the locks at and below a subscription, a group or a resource; those above it are not in the list."""
    if request.method != "GET":
        raise HttpMethodNotSupportedError("Locks are set by the seed or the control plane.")
    scope = request.path[: request.path.lower().rindex("/providers/microsoft.authorization/")]
    found = [lock.as_json() for lock in request.azure.locks if lock.is_within(scope)]
    return paged(request, found, by_gateway=True)


def resources(request: ArmRequest) -> ArmResponse:
    """GET of all resources of a subscription or a group, with `$filter` and `$expand`."""
    owner, group = request.values["subscription"].lower(), request.values.get("group")
    if group:
        request.azure.group(owner, group)
    wanted = _parse_filter(request.query.get("$filter", ""))
    expand = request.query.get("$expand", "").lower()
    found = [
        _generic(resource, expand, with_tags="tagname" not in wanted)
        for resource in request.azure.listed()
        if resource.id.subscription.lower() == owner
        and (group is None or resource.id.group.lower() == group.lower())
        and _matches(resource, wanted)
    ]
    return paged(request, found, by_gateway=True, largest=_LARGEST_PAGE)


def _parse_filter(text: str) -> dict[str, str]:
    """Reads terms such as `resourceType eq '…'` joined by `and`. Raises InvalidFilterInQueryStringError."""
    wanted: dict[str, str] = {}
    for term in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else []:
        match = _FILTER_TERM.fullmatch(term)
        if match is None:
            raise InvalidFilterInQueryStringError(f"Invalid $filter '{text}' specified in the query string.")
        name = match[1].lower()
        # the values of tags differ by case, everything else does not (documented)
        wanted[name] = match[2] if name == "tagvalue" else match[2].lower()
    if "tagvalue" in wanted and "tagname" not in wanted:
        raise InvalidFilterInQueryStringError(f"Invalid $filter '{text}': tagValue needs tagName.")
    return wanted


def _matches(resource: Resource, wanted: dict[str, str]) -> bool:
    tags = {name.lower(): value for name, value in (resource.tags or {}).items()}
    tag = wanted.get("tagname")
    facts = {
        "resourcetype": resource.id.type.lower(),
        "name": "/".join(resource.id.names).lower(),
        "resourcegroup": resource.id.group.lower(),
        "location": regions.short_name(resource.location),
        "tagname": tag if tag in tags else None,
        "tagvalue": tags.get(tag or ""),
    }
    return all(facts[name] == value for name, value in wanted.items())


def _generic(resource: Resource, expand: str, *, with_tags: bool) -> Json:
    """Returns a resource as the list shows it. A filter by tag leaves the tags out (documented)."""
    document: Json = {
        "id": str(resource.id),
        "name": "/".join(resource.id.names),
        "type": resource.id.type,
        "location": resource.location,
    }
    if resource.tags is not None:
        document["tags"] = resource.tags
    shown = resource.hidden.get("shown") or {}
    document = merged(document, {name: shown[name] for name in _SHOWN_IN_LISTS & shown.keys()})
    if not with_tags:
        document.pop("tags", None)
    optional: dict[str, Any] = {
        "createdTime": timestamp(resource.created),
        "changedTime": timestamp(resource.changed),
        "provisioningState": resource.provisioning_state,
    }
    return document | {name: value for name, value in optional.items() if name.lower() in expand}


def _location(found: Subscription, name: str) -> Json:
    logical = regions.is_logical(name)
    return {
        "id": f"/subscriptions/{found.id}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": regions.display_name(name),
        "regionalDisplayName": regions.display_name(name),
        "metadata": {
            "regionType": "Logical" if logical else "Physical",
            "regionCategory": "Other" if logical else "Recommended",
        },
    }


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
