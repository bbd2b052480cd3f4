"""Resource types that only a seed or a machine creates: disks, snapshots, network interfaces. Clients can read them."""
# ruff: noqa: ARG002, D102 - every write is refused, whatever it is

from typing import ClassVar

from azure_compute_simulator.errors import HttpMethodNotSupportedError, OperationNotAllowedError
from azure_compute_simulator.machine_errors import NicInUseError
from azure_compute_simulator.models.attachments import INTERFACES, MANAGED_BY
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import ResourceId


class ReadOnly(ResourceType):
    """A resource type that refuses every write."""

    seconds: ClassVar[dict[str, float]] = {"create": 1.0, "update": 1.0, "delete": 1.0}

    def check_writable(self, method: str) -> None:
        """Refuses every write, before its body is looked at."""
        if method not in ("GET", "HEAD"):
            raise self._not_simulated()

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        raise self._not_simulated()

    def change(self, resource: Resource, request: WriteRequest) -> None:
        raise self._not_simulated()

    def _not_simulated(self) -> HttpMethodNotSupportedError:
        return HttpMethodNotSupportedError(
            f"Writing and deleting '{self.type}' is not simulated. Put the resource into the seed."
        )

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the resource as the seed describes it."""
        return self.new_resource(resource_id, request, location, dict(request.properties))


class Attachable(ReadOnly):
    """What machines bring into being and can leave behind. Clients can read and delete it."""

    def check_writable(self, method: str) -> None:
        """Refuses every write but a deletion."""
        if method != "DELETE":
            super().check_writable(method)


class Disks(Attachable):
    """`Microsoft.Compute/disks`. Images can be created from them."""

    type = "Microsoft.Compute/disks"

    def check_delete(self, resource: Resource) -> None:
        """Raises OperationNotAllowedError while a machine has the disk (reported)."""
        machine = resource.hidden.get(MANAGED_BY)
        if machine:
            raise OperationNotAllowedError(f"Disk {resource.id.name} is attached to VM {machine}.")

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the disk's JSON, with the machine that has it beside the properties (specified)."""
        machine = resource.hidden.get(MANAGED_BY)
        return super().render(resource, api_version, expand) | ({"managedBy": machine} if machine else {})


class Snapshots(ReadOnly):
    """`Microsoft.Compute/snapshots`. Images can be created from them."""

    type = "Microsoft.Compute/snapshots"


class NetworkInterfaces(Attachable):
    """`Microsoft.Network/networkInterfaces`. Machines refer to them."""

    type = INTERFACES

    def check_delete(self, resource: Resource) -> None:
        """Raises NicInUseError while a machine has the interface (reported)."""
        machine = resource.hidden.get(MANAGED_BY)
        if machine:
            raise NicInUseError(str(resource.id), str(machine))
