"""Resources that are there because a seed says so, and can only be read: disks, snapshots, network interfaces."""
# ruff: noqa: ARG002 - a refusal looks at nothing

from typing import ClassVar

from azure_compute_simulator.errors import HttpMethodNotSupportedError
from azure_compute_simulator.models.kinds import Kind, Request
from azure_compute_simulator.models.resources import Resource
from azure_compute_simulator.resource_ids import ResourceId


class SeededOnly(Kind):
    """What is common to them."""

    seconds: ClassVar[dict[str, float]] = {"create": 1.0, "update": 1.0, "delete": 1.0}

    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """Refused: only seeds make these."""
        raise HttpMethodNotSupportedError(f"Writing '{self.type}' is not simulated.")

    def change(self, resource: Resource, request: Request) -> None:
        """Refused: only seeds make these."""
        raise HttpMethodNotSupportedError(f"Writing '{self.type}' is not simulated.")

    def check_delete(self, resource: Resource) -> None:
        """Refused: only seeds make these."""
        raise HttpMethodNotSupportedError(f"Deleting '{self.type}' is not simulated.")

    def seeded(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """The resource as the seed has it."""
        return self.new(resource_id, request, location, dict(request.properties))


class Disks(SeededOnly):
    """`Microsoft.Compute/disks`: what images can be made from."""

    type = "Microsoft.Compute/disks"


class Snapshots(SeededOnly):
    """`Microsoft.Compute/snapshots`: what images can be made from."""

    type = "Microsoft.Compute/snapshots"


class NetworkInterfaces(SeededOnly):
    """`Microsoft.Network/networkInterfaces`: what machines are attached to."""

    type = "Microsoft.Network/networkInterfaces"
