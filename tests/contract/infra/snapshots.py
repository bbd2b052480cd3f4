"""Reads the snapshots of infra/: what Azure gets on each documented path."""

import json
import re
from typing import Any, NamedTuple

from scripts.compile_infra import SNAPSHOTS
from tests.contract.infra.rules import BUILT_IN, CUSTOM, GROUP, INHERITED, MANAGEMENT_GROUP, SUBSCRIPTION

NAMES = sorted(file.name.removesuffix(".bicepparam") for file in SNAPSHOTS.glob("*.bicepparam"))
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"


class Assignment(NamedTuple):
    """A role, by its name or the GUID of a built-in one, and the id it is assigned to."""

    role: str
    scope: str


def load(name: str) -> list[dict[str, Any]]:
    """The resources that Azure gets."""
    text = (SNAPSHOTS / f"{name}.snapshot.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["predictedResources"]
    return found


def ids(*names: str) -> set[str]:
    """The ids of what the snapshots create, in lower case: Azure ignores it."""
    return {resource["id"].lower() for name in names for resource in load(name)}


def assignments(resources: list[dict[str, Any]]) -> list[Assignment]:
    """The role assignments with the names of their roles."""
    custom = {
        resource["id"].lower(): resource["properties"]["roleName"].split(" (")[0]
        for resource in resources
        if resource["type"] == DEFINITION
    }
    return [
        Assignment(_role(resource["properties"]["roleDefinitionId"], custom), _scope(resource["id"]))
        for resource in resources
        if resource["type"] == ASSIGNMENT
    ]


def too_wide(resources: list[dict[str, Any]]) -> list[str]:
    """Returns a sentence for each role whose scope is not the narrowest one that its part can use."""
    return [
        f"{role} is assigned to {scope}"
        for role, scope in assignments(resources)
        if _kind(scope) != {**BUILT_IN, **CUSTOM}.get(role)
        and not (role in INHERITED and _kind(scope) == MANAGEMENT_GROUP)
    ]


def _role(definition: str, custom: dict[str, str]) -> str:
    return custom.get(definition.lower(), definition.rsplit("/", 1)[-1].rstrip("']"))


def _scope(identifier: str) -> str:
    """The id of what a role is assigned to. The name of an assignment is unknown before its principal is."""
    if found := re.match(r"\[extensionResourceId\('([^']+)'", identifier):
        return found[1]
    if found := re.match(r"\[subscriptionResourceId\('([^']+)'", identifier):
        return f"/subscriptions/{found[1]}"
    if found := re.match(r"\[resourceId\('([^']+)', '([^']+)'", identifier):
        return f"/subscriptions/{found[1]}/resourceGroups/{found[2]}"
    return identifier.rsplit(f"/providers/{ASSIGNMENT}/", 1)[0]


def _kind(scope: str) -> str:
    parts = scope.strip("/").split("/")
    if "managementGroups" in parts:
        return MANAGEMENT_GROUP
    if len(parts) <= 4:  # /subscriptions/{1}/resourceGroups/{3}
        return {2: SUBSCRIPTION, 4: GROUP}.get(len(parts), "nothing")
    provider, *pairs = parts[5:]
    return "/".join([provider, *pairs[::2]])
