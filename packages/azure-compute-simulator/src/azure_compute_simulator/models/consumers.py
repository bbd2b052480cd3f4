"""Resources of other providers that can name an image: stored as they were sent, without rules of their own."""

from typing import ClassVar

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Resource
from azure_compute_simulator.resource_ids import ResourceId

CONSUMER_TYPES = (
    "Microsoft.Batch/batchAccounts",
    "Microsoft.Batch/batchAccounts/pools",
    "Microsoft.DevOpsInfrastructure/pools",
    "Microsoft.DevCenter/devcenters",
    "Microsoft.DevCenter/devcenters/galleries",
    "Microsoft.DevCenter/devcenters/devboxdefinitions",
    "Microsoft.DevCenter/projects",
    "Microsoft.DevCenter/projects/pools",
    "Microsoft.DevCenter/projects/catalogs",
    "Microsoft.DevCenter/projects/catalogs/imageDefinitions",
    "Microsoft.DesktopVirtualization/hostPools",
    "Microsoft.DesktopVirtualization/hostPools/sessionHostConfigurations",
    "Microsoft.DesktopVirtualization/hostPools/activeSessionHostConfigurations",
    "Microsoft.VirtualMachineImages/imageTemplates",
    "Microsoft.LabServices/labs",
    "Microsoft.DevTestLab/labs",
    "Microsoft.DevTestLab/labs/customimages",
    "Microsoft.AzureFleet/fleets",
    # they only mention an image, or nobody knows what they do with it
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Portal/dashboards",
    "Microsoft.Logic/workflows",
    "Microsoft.ServiceFabric/managedClusters",
    "Microsoft.ServiceFabric/managedClusters/nodeTypes",
    # what was configured of Azure's events; what is delivered, event_grid.py decides
    "Microsoft.EventGrid/systemTopics",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions",
)


class StoredDocument(ResourceType):
    """A resource type whose properties are stored as they were sent. What they name need not exist."""

    # inferred: no recording writes one
    seconds: ClassVar[dict[str, float]] = {"create": 5.0, "update": 5.0, "delete": 5.0}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the resource as it was sent."""
        return self.new_resource(resource_id, request, location, dict(request.properties))

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties that are sent."""
        resource.properties |= request.properties


class GlobalDocument(StoredDocument):
    """A document of no region: a subscription is in none, so the topic of its events is `global` (documented)."""

    regional = False

    def _location(self, resource_id: ResourceId, request: WriteRequest) -> str:  # noqa: ARG002 # the base's signature
        return "global"


def _base_of(name: str) -> type[StoredDocument]:
    return GlobalDocument if name.startswith("Microsoft.EventGrid/") else StoredDocument


def stored_documents(azure: Azure) -> list[ResourceType]:
    """Returns one resource type for each name in `CONSUMER_TYPES`."""
    return [
        type(name.rpartition("/")[2], (_base_of(name),), {"type": name})(azure) for name in CONSUMER_TYPES
    ]
