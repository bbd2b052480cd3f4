"""The rules that compiled templates and snapshots are held against. Each returns a sentence for every fault."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.contract.infra.compiled import DEPLOYMENT, Resource, load_types, resources

# types with a publicNetworkAccess whose default depends on something else, such as a private endpoint
DECIDED_BY_CHANCE = {"Microsoft.Web/sites", "Microsoft.Storage/storageAccounts"}

# the widest scope of each built-in role: what the app itself uses
BUILT_IN = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Microsoft.Storage/storageAccounts",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Microsoft.Storage/storageAccounts",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Microsoft.Storage/storageAccounts",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Microsoft.Insights/components",
    "0ad04412-c4d5-4796-b79c-f76d14c8d402": "Microsoft.DurableTask/schedulers",
}
SUBSCRIPTION = "subscription"
GROUP = "resource group"
# the widest scope of each custom role; those of a subscription only read, or nobody knows beforehand in which resource
# group they are needed
CUSTOM = {
    "Gallerist image reader": SUBSCRIPTION,
    "Gallerist gallery reader": SUBSCRIPTION,
    "Gallerist promoter": SUBSCRIPTION,
    "Gallerist references": SUBSCRIPTION,
    "Gallerist image retirer": SUBSCRIPTION,
    "Gallerist strict retirer": SUBSCRIPTION,
    "Gallerist verify: sizes": SUBSCRIPTION,
    "Gallerist retention: locks": SUBSCRIPTION,
    "Gallerist gallery publisher": "Microsoft.Compute/galleries",
    "Gallerist retention": "Microsoft.Compute/galleries",
    "Gallerist verify": GROUP,
    "Gallerist repoint": GROUP,
    "Gallerist verify: subnet": "Microsoft.Network/virtualNetworks/subnets",
    "Gallerist notify": "Microsoft.EventGrid/topics",
}
# readers that a management group gives once for all of its subscriptions
INHERITED = {"Gallerist image reader", "Gallerist gallery reader"}
MANAGEMENT_GROUP = "managementGroup"


def fixed_names(template: dict[str, Any]) -> list[str]:
    """A deployment at subscription scope is bound to its first location, and event subscriptions share one topic."""
    faults = []
    for resource in resources(template):
        if resource.type == DEPLOYMENT and "location" in resource.body:
            needed = {"environmentName", "location"}
        elif resource.type.endswith("/eventSubscriptions"):
            needed = {"environmentName"}
        else:
            continue
        missing = sorted(part for part in needed if part not in resource.name)
        if missing:
            faults.append(f"{resource.type} {resource.name}: the name is without {' and '.join(missing)}")
    return faults


def chance(template: dict[str, Any]) -> list[str]:
    """Without it, a private endpoint closes a site to azd and Event Grid."""
    return [
        f"{resource.type} {resource.name}: publicNetworkAccess is left to chance"
        for resource in resources(template)
        if resource.type in DECIDED_BY_CHANCE
        and not resource.body.get("properties", {}).get("publicNetworkAccess")
    ]


def wide_roles(template: dict[str, Any]) -> list[str]:
    """A subscription is the scope only of the custom roles that need it, and of no built-in one."""
    faults = []
    for resource in resources(template):
        if resource.type != "Microsoft.Authorization/roleAssignments":
            continue
        role = str(resource.body["properties"]["roleDefinitionId"])
        scope = str(resource.body.get("scope", ""))
        whole = resource.name + role
        names = set(re.findall(r'"roleName": "([^"]+)"', whole))
        wanted = {CUSTOM.get(name, "nothing") for name in names} | {
            kind for guid, kind in BUILT_IN.items() if guid in whole
        }
        if not scope and not _may_be_whole(resource.target, role, names, wanted):
            faults.append(f"{sorted(names) or role}: assigned to a whole {resource.target}")
        elif scope and any("/" in kind and kind not in scope for kind in wanted):
            faults.append(f"{role}: assigned to {scope}")
    return faults


def _may_be_whole(target: str, role: str, names: set[str], wanted: set[str]) -> bool:
    """Whether a role may be assigned to the whole of what is deployed to."""
    if target == SUBSCRIPTION:
        return wanted == {SUBSCRIPTION}
    if target == MANAGEMENT_GROUP:
        return bool(names) and names <= INHERITED
    # the definition of a role for a resource group has the name of its part
    return re.search(r"'part-(verify|repoint)-\{0\}'", role) is not None


def against_types(template: dict[str, Any]) -> list[str]:
    """Whether Azure's types know each resource, find what they require, and take its values."""
    return [fault for resource in resources(template) for fault in typed(resource)]


def typed(resource: Resource) -> list[str]:
    """Whether Azure's types know a resource, find what they require, and take its values."""
    if resource.type == DEPLOYMENT:
        return []
    described = load_types().get(resource.kind)
    if described is None:
        return [f"{resource.kind} is not in types.json; run: python -m scripts.excerpt_types"]
    # the types have the last part of a name alone
    body = {
        **resource.body,
        "name": resource.name if resource.name.startswith("[") else resource.name.rsplit("/", 1)[-1],
    }
    return [f"{resource.type} {resource.name}: {fault}" for fault in _check(body, described, "")]


def _check(value: Any, described: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("["):
        # only Azure evaluates it; a snapshot shows what can be evaluated without
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _check(item, described.get("items", {}), f"{path}[{number}]")
    elif isinstance(value, dict):
        yield from _check_object(value, described, path)
    elif "values" in described and isinstance(value, str) and value not in described["values"]:
        yield f"{path} is {value}, not one of {json.dumps(described['values'])}"


def _check_object(value: dict[str, Any], described: dict[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in described.get("required", []):
        # an extension resource has its name in an expression, and Bicep writes loops of properties as "copy"
        if name not in value and "copy" not in value:
            yield f"{prefix}{name} is required"
    for name, part in described.get("properties", {}).items():
        if value.get(name) is not None:
            yield from _check(value[name], part, f"{prefix}{name}")
    if "by" in described:
        variant = value.get(described["by"])
        if variant is None:
            yield f"{prefix}{described['by']} is required"
        elif variant in described["variants"]:
            yield from _check_object(value, described["variants"][variant], path)
        elif not str(variant).startswith("["):
            yield f"{prefix}{described['by']} is {variant}, not one of {json.dumps(sorted(described['variants']))}"


RULES = (fixed_names, chance, wide_roles, against_types)
