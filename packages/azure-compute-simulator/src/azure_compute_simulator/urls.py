"""Maps URLs to responses. The fixed segments of ARM paths match in any case."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from werkzeug.routing import Map, Rule

from azure_compute_simulator import (
    arm_responses,
    policy_responses,
    provider_registrations,
    resource_graph,
    responses,
    scale_set_responses,
    size_responses,
    tag_responses,
)
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.models.consumers import CONSUMER_TYPES

Handler = Callable[[ArmRequest], ArmResponse]


@dataclass(frozen=True)
class Endpoint:
    """What a URL leads to.

    `type` is the compute type or the name of ARM's own resource. `listed_in` is the scope of a list: group or
    subscription; None if the URL is not a list, or one of what is below a resource. `action` is what a POST does.
    """

    handler: Handler
    type: str | None = None
    listed_in: str | None = None
    action: str | None = None

    def access(self, method: str) -> str:
        """Returns the kind of access: read, write, delete, an action, list in group or list in subscription."""
        if self.action:
            return f"{self.action}/action"
        if self.listed_in:
            return f"list in {self.listed_in}"
        return {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(method, "write")


_SUBSCRIPTION = "/subscriptions/<subscription>"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/<group>"
_COMPUTE = "/providers/Microsoft.Compute"
_PERMISSIONS = "/providers/Microsoft.Authorization/permissions"
_MAINTENANCE = "/providers/Microsoft.Maintenance"
_SCALE_SET = f"{_GROUP}{_COMPUTE}/virtualMachineScaleSets/<name0>"
_INSTANCES = f"{_SCALE_SET}/virtualMachines"
_TAGS = "/providers/Microsoft.Resources/tags/default"
_LOCKS = "/providers/Microsoft.Authorization/locks"
_POLICIES = f"{_SUBSCRIPTION}/providers/Microsoft.Authorization"
_OPERATIONS = f"{_SUBSCRIPTION}{_COMPUTE}/locations/<location>"

COMPUTE_TYPES = (
    "images",
    "galleries",
    "galleries/images",
    "galleries/images/versions",
    "virtualMachines",
    "virtualMachineScaleSets",
    "disks",
    "snapshots",
)

_ENDPOINTS = {
    "/subscriptions": Endpoint(arm_responses.subscriptions),
    "/providers/Microsoft.ResourceGraph/resources": Endpoint(resource_graph.query),
    f"{_SUBSCRIPTION}/providers/<namespace>": Endpoint(provider_registrations.provider, "providers"),
    "/tenants": Endpoint(arm_responses.tenants),
    _SUBSCRIPTION: Endpoint(arm_responses.subscription, "subscription"),
    f"{_SUBSCRIPTION}/locations": Endpoint(arm_responses.locations, "locations"),
    f"{_SUBSCRIPTION}/resourceGroups": Endpoint(arm_responses.resource_groups, "resourceGroups"),
    f"{_SUBSCRIPTION}/resources": Endpoint(arm_responses.resources, "resources"),
    f"{_SUBSCRIPTION}{_PERMISSIONS}": Endpoint(arm_responses.permissions),
    f"{_GROUP}{_PERMISSIONS}": Endpoint(arm_responses.permissions),
    f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/<name0>/subnets/<name1>{_PERMISSIONS}": Endpoint(
        arm_responses.permissions
    ),
    f"{_SUBSCRIPTION}{_LOCKS}": Endpoint(arm_responses.locks, "locks"),
    f"{_GROUP}{_LOCKS}": Endpoint(arm_responses.locks, "locks"),
    f"{_POLICIES}/policyDefinitions/<policy>": Endpoint(policy_responses.definition, "policyDefinitions"),
    f"{_POLICIES}/policyAssignments": Endpoint(policy_responses.assignments, "policyAssignments"),
    f"{_POLICIES}/policyAssignments/<policy>": Endpoint(policy_responses.assignment, "policyAssignments"),
    _GROUP: Endpoint(arm_responses.resource_group, "resourceGroups"),
    f"{_GROUP}/resources": Endpoint(arm_responses.resources, "resources"),
    f"{_GROUP}/providers/Microsoft.Resources/deployments/<name0>": Endpoint(
        partial(responses.item, type_="Microsoft.Resources/deployments"), "deployments"
    ),
    f"{_GROUP}/providers/Microsoft.Network/networkInterfaces/<name0>": Endpoint(
        partial(responses.item, type_="Microsoft.Network/networkInterfaces"), "networkInterfaces"
    ),
    f"{_GROUP}{_COMPUTE}/galleries/<name0>/softDeletedArtifactTypes/<artifact>/artifacts/<name1>/versions": Endpoint(
        responses.soft_deleted_versions, "galleries/images/versions", "group"
    ),
    f"{_GROUP}{_COMPUTE}/virtualMachines/<name0>/instanceView": Endpoint(
        responses.instance_view, "virtualMachines"
    ),
    _INSTANCES: Endpoint(scale_set_responses.instances, "virtualMachineScaleSets/virtualMachines"),
    f"{_INSTANCES}/<name1>": Endpoint(
        scale_set_responses.instance, "virtualMachineScaleSets/virtualMachines"
    ),
    f"{_INSTANCES}/<name1>/instanceView": Endpoint(
        scale_set_responses.instance_view, "virtualMachineScaleSets/virtualMachines"
    ),
    **{
        f"{above}/{name}": Endpoint(partial(scale_set_responses.action, name=name), type_, action=name)
        for above, type_, names in (
            (_SCALE_SET, "virtualMachineScaleSets", ("manualUpgrade", "reimage", "reimageAll")),
            (f"{_INSTANCES}/<name1>", "virtualMachineScaleSets/virtualMachines", ("reimage", "reimageAll")),
        )
        for name in names
    },
    f"{_SCALE_SET}/osUpgradeHistory": Endpoint(
        scale_set_responses.os_upgrade_history, "virtualMachineScaleSets/osUpgradeHistory"
    ),
    f"{_SCALE_SET}/rollingUpgrades/latest": Endpoint(
        scale_set_responses.latest_rolling_upgrade, "virtualMachineScaleSets/rollingUpgrades"
    ),
    f"{_GROUP}{_MAINTENANCE}/maintenanceConfigurations/<name0>": Endpoint(
        partial(responses.item, type_="Microsoft.Maintenance/maintenanceConfigurations"),
        "maintenanceConfigurations",
    ),
    f"{_SCALE_SET}{_MAINTENANCE}/configurationAssignments": Endpoint(
        scale_set_responses.assignments, "configurationAssignments"
    ),
    f"{_SCALE_SET}{_MAINTENANCE}/configurationAssignments/<name1>": Endpoint(
        scale_set_responses.assignment, "configurationAssignments"
    ),
    f"{_GROUP}/providers/Microsoft.Network/networkInterfaces": Endpoint(
        partial(responses.list_in_parent, type_="Microsoft.Network/networkInterfaces"),
        "networkInterfaces",
        "group",
    ),
    f"{_SUBSCRIPTION}{_COMPUTE}/skus": Endpoint(size_responses.skus, "skus", "subscription"),
    f"{_OPERATIONS}/usages": Endpoint(size_responses.usages, "locations/usages", "subscription"),
    f"{_OPERATIONS}/operations/<operation>": Endpoint(responses.operation_status, "operations"),
    f"{_OPERATIONS}/capsOperations/<operation>": Endpoint(responses.operation_status, "capsOperations"),
}
_FIXED_SEGMENTS = {
    segment.lower(): segment
    for segment in (
        *(part for path in _ENDPOINTS for part in path.split("/") if not part.startswith("<")),
        *_TAGS.split("/"),
        *(part for type_ in (*COMPUTE_TYPES, *CONSUMER_TYPES) for part in type_.split("/")),
    )
}


def _rules() -> list[Rule]:
    rules = [Rule(path, endpoint=endpoint) for path, endpoint in _ENDPOINTS.items()]
    for type_ in COMPUTE_TYPES:
        rules.extend(_type_rules(type_))
    for type_ in CONSUMER_TYPES:
        rules.extend(_consumer_rules(type_))
    return rules


def _consumer_rules(type_: str) -> Iterator[Rule]:
    """Yields the rules of a type of another provider, which the subscription must be registered for."""
    namespace, *parents, segment = type_.split("/")
    above = "".join(f"/{parent}/<name{level}>" for level, parent in enumerate(parents))
    collection = f"{_GROUP}/providers/{namespace}{above}/{segment}"

    def checked(handler: Handler, listed_in: str | None = None) -> Endpoint:
        return Endpoint(provider_registrations.if_registered(handler, namespace), type_, listed_in)

    yield Rule(f"{collection}/<name{len(parents)}>", endpoint=checked(partial(responses.item, type_=type_)))
    yield Rule(collection, endpoint=checked(partial(responses.list_in_parent, type_=type_), "group"))
    if not parents:
        many = partial(responses.list_in_subscription, type_=type_)
        yield Rule(f"{_SUBSCRIPTION}/providers/{type_}", endpoint=checked(many, "subscription"))


def _type_rules(type_: str) -> Iterator[Rule]:
    """Yields the rules of one type: a resource, the list in its parent, at the top level the list in a subscription."""
    full_type = f"Microsoft.Compute/{type_}"
    *parents, segment = type_.split("/")
    above = "".join(f"/{parent}/<name{level}>" for level, parent in enumerate(parents))
    collection = f"{_GROUP}{_COMPUTE}{above}/{segment}"
    one = partial(responses.item, type_=full_type)
    many = partial(responses.list_in_parent, type_=full_type)
    yield Rule(f"{collection}/<name{len(parents)}>", endpoint=Endpoint(one, type_))
    yield Rule(f"{collection}/<name{len(parents)}>{_PERMISSIONS}", endpoint=_ENDPOINTS[_GROUP + _PERMISSIONS])
    tags = Endpoint(partial(tag_responses.tags, type_=full_type), "tags")
    yield Rule(f"{collection}/<name{len(parents)}>{_TAGS}", endpoint=tags)
    yield Rule(f"{collection}/<name{len(parents)}>{_LOCKS}", endpoint=_ENDPOINTS[_GROUP + _LOCKS])
    yield Rule(collection, endpoint=Endpoint(many, type_, "group"))
    if not parents:
        everywhere = partial(responses.list_in_subscription, type_=full_type)
        yield Rule(f"{_SUBSCRIPTION}{_COMPUTE}/{type_}", endpoint=Endpoint(everywhere, type_, "subscription"))


ARM_MAP = Map(_rules(), strict_slashes=False, merge_slashes=False)


def canonical_path(path: str) -> str:
    """Returns the path with its fixed segments in the case of the rules. Names keep their case.

    In ARM paths every second segment is fixed, and so is the namespace after `providers`.
    """
    segments = path.split("/")
    for index, segment in enumerate(segments):
        if index % 2 == 1 or segments[index - 1].lower() == "providers":
            segments[index] = _FIXED_SEGMENTS.get(segment.lower(), segment)
    return "/".join(segments)
