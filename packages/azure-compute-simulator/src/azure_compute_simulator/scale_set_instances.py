"""The machines of a scale set, as a seed describes them: `_simulator.instances` of the scale set. They can be read."""

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.paging import paged
from azure_compute_simulator.resource_ids import ResourceId

INSTANCES = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines"


def instances(request: ArmRequest) -> ArmResponse:
    """GET of the machines of a scale set."""
    group = request.azure.group(request.values["subscription"], request.values["group"])
    scale_sets = request.types.get("Microsoft.Compute/virtualMachineScaleSets")
    id_ = ResourceId(group.subscription, group.name, scale_sets.type, request.names)
    return paged(request, instance_documents(scale_sets.read(id_)))


def instance_documents(resource: Resource) -> list[Json]:
    """Returns the machines of a scale set; none of any other resource."""
    return [
        {
            "name": f"{resource.id.name}_{number}",
            "id": f"{resource.id}/virtualMachines/{number}",
            "instanceId": str(number),
            "type": INSTANCES,
            "location": resource.location,
            "properties": {"provisioningState": "Succeeded"} | properties,
        }
        for number, properties in enumerate(resource.hidden.get("instances") or [])
    ]
