"""Resource types that only a seed can create: disks, snapshots, network interfaces. Clients can read them."""
# ruff: noqa: ARG002, D102 - every write is refused, whatever it is

from typing import ClassVar

from azure_compute_simulator.errors import HttpMethodNotSupportedError
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Resource
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


class Disks(ReadOnly):
    """`Microsoft.Compute/disks`. Images can be created from them."""

    type = "Microsoft.Compute/disks"


class Snapshots(ReadOnly):
    """`Microsoft.Compute/snapshots`. Images can be created from them."""

    type = "Microsoft.Compute/snapshots"


class NetworkInterfaces(ReadOnly):
    """`Microsoft.Network/networkInterfaces`. Machines refer to them."""

    type = "Microsoft.Network/networkInterfaces"
