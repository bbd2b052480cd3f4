"""The disks and network interfaces that a machine brings into being, and what becomes of them when it is deleted."""

import uuid
from collections.abc import Iterator

from azure_compute_simulator.errors import InvalidParameterError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

DISKS = "Microsoft.Compute/disks"
INTERFACES = "Microsoft.Network/networkInterfaces"
MANAGED_BY = "managed by"


def interfaces_of(
    azure: Azure, machine: ResourceId, location: str, profile: Json
) -> tuple[Json, list[Resource]]:
    """Returns the network profile that the machine shows, and the interfaces that its configurations ask for.

    Specified: configurations need `networkApiVersion`. The suffix of an interface's name is inferred.
    """
    configurations = profile.get("networkInterfaceConfigurations") or []
    if not configurations:
        return profile, []
    if not profile.get("networkApiVersion"):
        raise InvalidParameterError(
            "Required parameter 'networkProfile.networkApiVersion' is missing (null).",
            target="networkProfile.networkApiVersion",
        )
    shown, resources = [], []
    for configuration in configurations:
        interface = _interface(azure, machine, location, configuration)
        resources.append(interface)
        properties = configuration.get("properties") or {}
        shown.append(
            {
                "id": str(interface.id),
                "properties": {
                    "primary": properties.get("primary", len(configurations) == 1),
                    "deleteOption": properties.get("deleteOption", "Detach"),
                },
            }
        )
    return {"networkApiVersion": profile["networkApiVersion"], "networkInterfaces": shown}, resources


def _interface(azure: Azure, machine: ResourceId, location: str, configuration: Json) -> Resource:
    properties = configuration.get("properties") or {}
    name = f"{configuration.get('name', 'nic')}-{uuid.uuid4().hex[:8]}"
    addresses = properties.get("ipConfigurations") or []
    if not any(((one.get("properties") or {}).get("subnet") or {}).get("id") for one in addresses):
        raise InvalidParameterError(
            "Required parameter 'networkInterfaceConfigurations.ipConfigurations.subnet' is missing (null).",
            target="networkProfile.networkInterfaceConfigurations",
        )
    return _resource(
        azure,
        ResourceId(machine.subscription, machine.group, INTERFACES, (name,)),
        location,
        tags=configuration.get("tags"),
        properties={"ipConfigurations": addresses, "virtualMachine": {"id": str(machine)}},
        machine=str(machine),
    )


def disks_of(
    azure: Azure, machine: ResourceId, location: str, storage: Json, tags: Json | None
) -> list[Resource]:
    """Returns the managed disks of a machine's storage profile. They get the machine's tags (inferred)."""
    found = []
    for disk in (storage["osDisk"], *storage["dataDisks"]):
        id_ = (disk.get("managedDisk") or {}).get("id")
        if not id_ or azure.find(parse_resource_id(id_)):
            continue
        properties = {
            "diskSizeGB": disk.get("diskSizeGB", 30),
            "diskState": "Attached",
            "creationData": {"createOption": disk.get("createOption", "FromImage")},
        }
        id_of_disk = parse_resource_id(id_)
        found.append(
            _resource(azure, id_of_disk, location, tags=tags, properties=properties, machine=str(machine))
        )
    return found


def _resource(
    azure: Azure, id_: ResourceId, location: str, *, tags: Json | None, properties: Json, machine: str
) -> Resource:
    now = azure.clock.now()
    return Resource(
        id_,
        location,
        dict(tags) if tags else None,
        properties,
        now,
        now,
        "Succeeded",
        {MANAGED_BY: machine},
    )


def release(azure: Azure, machine: Resource) -> None:
    """Deletes what has the delete option Delete; everything else stays, without the machine (documented)."""
    for id_, option in attached(machine):
        resource = azure.find(parse_resource_id(id_))
        if resource is None or resource.hidden.get(MANAGED_BY, "").lower() != str(machine.id).lower():
            continue
        if option.lower() == "delete":
            del azure.resources[resource.id.key]
            continue
        resource.hidden.pop(MANAGED_BY)
        resource.properties.pop("virtualMachine", None)
        if "diskState" in resource.properties:
            resource.properties["diskState"] = "Unattached"


def attached(machine: Resource) -> Iterator[tuple[str, str]]:
    """Yields the id and the delete option of everything that is attached to the machine. Without one it is kept."""
    storage = machine.properties.get("storageProfile") or {}
    for disk in (storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])):
        id_ = (disk.get("managedDisk") or {}).get("id")
        if id_:
            yield id_, disk.get("deleteOption", "Detach")
    for interface in (machine.properties.get("networkProfile") or {}).get("networkInterfaces") or []:
        if interface.get("id"):
            yield interface["id"], (interface.get("properties") or {}).get("deleteOption", "Detach")
