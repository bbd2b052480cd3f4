"""The instances of a scale set: what a model says of them, and how they are shown."""

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.os_upgrades import Instance
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"
_DEFINITION = "microsoft.compute/galleries/images"
_MACHINE = "Microsoft.Compute/virtualMachines"
# the least that a scale set without a capacity has
_CAPACITY = 1


def render_instance(resource: Resource, instance: Instance, expand: str = "") -> Json:
    """Returns an instance's JSON (specified)."""
    storage = {"imageReference": instance.reference | _exact(instance.version)}
    properties: Json = {
        "latestModelApplied": instance.latest_model,
        "vmId": instance.vm_id,
        "storageProfile": storage,
        "provisioningState": "Succeeded",
        **instance.shown,
    }
    if "instanceview" in expand.lower():
        properties["instanceView"] = instance_view(resource)
    flexible = is_flexible(resource)
    own_id = (
        str(machine_id(resource, instance))
        if flexible
        else f"{resource.id}/virtualMachines/{instance.number}"
    )
    return {
        "name": instance.name,
        "id": own_id,
        "type": _MACHINE if flexible else f"{SCALE_SET}/virtualMachines",
        "location": resource.location,
        "instanceId": instance.name if flexible else str(instance.number),
        "sku": {
            "name": (resource.hidden.get("sku") or {}).get("name", "Standard_D2s_v5"),
            "tier": "Standard",
        },
        "properties": properties,
    }


def instance_view(resource: Resource) -> Json:
    """Returns the instance view of an instance that runs."""
    time = timestamp(resource.changed)
    provisioned = {"code": "ProvisioningState/succeeded", "level": "Info", "time": time}
    running = {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"}
    return {"statuses": [provisioned, running]}


def machine_id(resource: Resource, instance: Instance) -> ResourceId:
    """Returns the id of the virtual machine of an instance in flexible orchestration."""
    return ResourceId(resource.id.subscription, resource.id.group, _MACHINE, (instance.name,))


def show_machine(azure: Azure, resource: Resource, instance: Instance) -> None:
    """Keeps the virtual machine of an instance in flexible orchestration."""
    if not is_flexible(resource):
        return
    id_ = machine_id(resource, instance)
    machine = azure.find(id_)
    if machine is None:
        now = azure.clock.now()
        machine = Resource(id_, resource.location, None, {}, now, now, "Succeeded")
        azure.resources[id_.key] = machine
    machine.properties = {
        "vmId": instance.vm_id,
        "virtualMachineScaleSet": {"id": str(resource.id)},
        "storageProfile": {"imageReference": instance.reference | _exact(instance.version)},
    }


def model_reference(resource: Resource) -> Json:
    """Returns the image reference of a scale set's model."""
    profile = resource.properties.get("virtualMachineProfile") or {}
    reference: Json = (profile.get("storageProfile") or {}).get("imageReference") or {}
    return reference


def followed_definition(resource: Resource) -> ResourceId | None:
    """Returns the definition whose latest version the scale set follows by itself."""
    id_ = named_image(model_reference(resource))
    automatic = upgrade_policy(resource).get("enableAutomaticOSUpgrade")
    return id_ if automatic and id_ is not None and id_.type.lower() == _DEFINITION else None


def named_image(reference: Json) -> ResourceId | None:
    """Returns the id in an image reference; None if it has none."""
    text = reference.get("id")
    try:
        return parse_resource_id(text) if text else None
    except ValueError:
        return None


def upgrade_policy(resource: Resource) -> Json:
    """Returns the policy of automatic OS upgrades."""
    upgrades = resource.properties.get("upgradePolicy") or {}
    policy: Json = upgrades.get("automaticOSUpgradePolicy") or {}
    return policy


def is_flexible(resource: Resource) -> bool:
    """Whether the scale set has flexible orchestration; without a mode it is uniform (inferred)."""
    return str(resource.properties.get("orchestrationMode", "Uniform")).lower() == "flexible"


def capacity(resource: Resource) -> int:
    """Returns how many instances the scale set should have."""
    return int((resource.hidden.get("sku") or {}).get("capacity", _CAPACITY))


def _exact(version: str | None) -> Json:
    return {"exactVersion": version} if version else {}
