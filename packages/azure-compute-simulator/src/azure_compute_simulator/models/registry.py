"""All simulated resource types, found by name. A new type is added here and in urls.py."""

from collections.abc import Iterator

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.consumers import stored_documents
from azure_compute_simulator.models.definitions import ImageDefinitions
from azure_compute_simulator.models.deployments import Deployments
from azure_compute_simulator.models.galleries import Galleries
from azure_compute_simulator.models.images import Images
from azure_compute_simulator.models.machines import ScaleSets, VirtualMachines
from azure_compute_simulator.models.read_only import Disks, NetworkInterfaces, Snapshots
from azure_compute_simulator.models.resource_type import ResourceType
from azure_compute_simulator.models.versions import ImageVersions


class ResourceTypes:
    """The resource types of one simulated Azure. Names compare without regard to case."""

    def __init__(self, azure: Azure) -> None:
        self.virtual_machines = VirtualMachines(azure)
        self.image_versions = ImageVersions(azure)
        types: list[ResourceType] = [
            Images(azure),
            Galleries(azure),
            ImageDefinitions(azure),
            self.image_versions,
            self.virtual_machines,
            ScaleSets(azure),
            Deployments(azure, self.get),
            Disks(azure),
            Snapshots(azure),
            NetworkInterfaces(azure),
            *stored_documents(azure),
        ]
        self._by_name = {type_.type.lower(): type_ for type_ in types}
        azure.behaviours = self._by_name

    def get(self, name: str) -> ResourceType:
        """Returns the resource type. Raises KeyError if it is not simulated."""
        return self._by_name[name.lower()]

    def __iter__(self) -> Iterator[ResourceType]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name
