"""Virtual machines and scale sets: which images they can be created from, and what they show of them."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import GalleryImageNotFoundError, InvalidParameterError, NotFoundError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.disk_controllers import SCSI, check_disk_controllers, image_controllers
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.regions import short_name
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_VERSION = "microsoft.compute/galleries/images/versions"
_DEFINITION = "microsoft.compute/galleries/images"
_IMAGE = "microsoft.compute/images"
_ETAG_SHOWN_SINCE = "2024-07-01"


class VirtualMachines(ResourceType):
    """`Microsoft.Compute/virtualMachines`. Network interfaces and disks are accepted without a check."""

    type = "Microsoft.Compute/virtualMachines"
    # inferred: no recording creates a machine
    seconds: ClassVar[dict[str, float]] = {"create": 40.0, "update": 5.0, "delete": 30.0}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a machine from a version, a definition's latest version or a managed image.

        Other image references are accepted without a check.
        """
        properties = without_empty(request.properties)
        properties.get("osProfile", {}).pop("adminPassword", None)
        storage = properties.get("storageProfile", {})
        image = resolve_image(self.azure, storage.get("imageReference", {}), location)
        size = (properties.get("hardwareProfile") or {}).get("vmSize")
        check_disk_controllers(properties, size, image.disk_controllers)
        storage |= _disks(resource_id, storage, image)
        properties |= {"storageProfile": storage, "vmId": str(uuid.uuid4())}
        properties["timeCreated"] = timestamp(self.azure.clock.now())
        return self.new_resource(
            resource_id, request, location, properties, {"image": image.id, "generation": image.generation}
        )

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties that are sent, except the disks."""
        sent = {name: value for name, value in request.properties.items() if name != "storageProfile"}
        resource.properties |= sent

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the machine as the seed describes it. Its image need not exist."""
        properties = {"vmId": str(uuid.uuid4())} | request.properties
        return self.new_resource(resource_id, request, location, properties)

    def render_properties(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - the same in every api-version
        """Adds the instance view if `$expand` asks for it."""
        if "instanceview" in expand.lower():
            properties["instanceView"] = self.instance_view(resource)
        return properties

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the machine's JSON. Newer api-versions have an etag beside the properties (recorded)."""
        document = super().render(resource, api_version, expand)
        return document | ({"etag": '"1"'} if api_version >= _ETAG_SHOWN_SINCE else {})

    def instance_view(self, resource: Resource) -> Json:
        """Returns the instance view of a running machine (recorded)."""
        state = resource.provisioning_state
        time = timestamp(resource.changed)
        provisioned = {
            "code": f"ProvisioningState/{state.lower()}",
            "level": "Info",
            "displayStatus": f"Provisioning {state.lower()}",
            "time": time,
        }
        running = {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"}
        agent = {
            "code": "ProvisioningState/succeeded",
            "level": "Info",
            "displayStatus": "Ready",
            "message": "Guest Agent is running",
            "time": time,
        }
        return {
            "vmAgent": {"vmAgentVersion": "2.12.0.2", "statuses": [agent]},
            "disks": [
                {"name": disk.get("name", ""), "statuses": [provisioned]}
                for disk in [resource.properties.get("storageProfile", {}).get("osDisk", {})]
            ],
            "hyperVGeneration": resource.hidden.get("generation", "V1"),
            "statuses": [provisioned, running],
        }


class ScaleSets(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets`. They refer to an image; their machines are not simulated."""

    type = "Microsoft.Compute/virtualMachineScaleSets"
    seconds: ClassVar[dict[str, float]] = {"create": 40.0, "update": 5.0, "delete": 30.0}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a scale set. Its image must be available in its region."""
        profile = request.properties.get("virtualMachineProfile") or {}
        reference = (profile.get("storageProfile") or {}).get("imageReference") or {}
        image = resolve_image(self.azure, reference, location)
        size = (request.body.get("sku") or {}).get("name")
        check_disk_controllers(profile, size, image.disk_controllers)
        return self.create_from_seed(resource_id, request, location)

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties that are sent."""
        resource.properties |= request.properties

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the scale set as the seed describes it. Its image need not exist."""
        return self.new_resource(
            resource_id, request, location, {"uniqueId": str(uuid.uuid4())} | request.properties
        )


@dataclass(frozen=True)
class FoundImage:
    """The image that a machine is created from. `id` and `disk_controllers` are None if it is not simulated."""

    id: str | None = None
    generation: str = "V1"
    os_type: str = "Linux"
    size_gb: int = 30
    disk_controllers: frozenset[str] | None = None


def resolve_image(azure: Azure, reference: Json, location: str) -> FoundImage:
    """Finds the image of a reference, as seen from a region, and writes the exact version into the reference.

    Raises GalleryImageNotFoundError if the version is not replicated to the region, NotFoundError if a managed image
    is missing or in another region. References to marketplace and shared images are accepted without a check.
    """
    if not reference.get("id"):
        return FoundImage()
    try:
        id_ = parse_resource_id(reference["id"])
    except ValueError as error:
        raise InvalidParameterError(str(error), target="imageReference.id") from None
    if id_.type.lower() == _IMAGE:
        return _managed_image(azure, id_, location)
    version = _version(azure, id_, location)
    if version is None or not version.hidden["replication"].completed_in(location):
        raise GalleryImageNotFoundError(
            f"The gallery image {reference['id']} is not available in {location} region. Please contact image owner to "
            "replicate to this region, or change your requested region."
        )
    reference["exactVersion"] = version.id.name
    definition = azure.get(_parent(version.id)).properties
    size = version.properties["storageProfile"].get("osDiskImage", {}).get("sizeInGB", 30)
    return FoundImage(
        str(version.id),
        definition["hyperVGeneration"],
        definition["osType"],
        size,
        image_controllers(definition),
    )


def _version(azure: Azure, id_: ResourceId, location: str) -> Resource | None:
    """Returns the version of a reference: the definition's latest, or one by its id.

    One in the bin can still be used by its id until the bin's `consumptionEndTime` (specified), and is never latest.
    """
    if id_.type.lower() == _DEFINITION:
        return latest_version(azure, id_, location)
    return azure.find(id_) or azure.bin.usable(id_)


def latest_version(azure: Azure, definition: ResourceId, location: str) -> Resource | None:
    """Returns the highest version that is replicated to the region and not excluded from latest, or None."""
    candidates = [
        version
        for version in azure.children(definition, _VERSION)
        if version.hidden["replication"].completed_in(location) and not _excluded(version, location)
    ]
    return max(candidates, key=_number, default=None)


def _managed_image(azure: Azure, id_: ResourceId, location: str) -> FoundImage:
    image = azure.find(id_)
    if image is None or image.location != location:
        raise NotFoundError("The entity was not found in this Azure location.")
    os_disk = image.properties["storageProfile"]["osDisk"]
    generation = image.properties["hyperVGeneration"]
    # documented: only a definition can be marked for NVMe
    controllers = frozenset({SCSI})
    return FoundImage(
        str(image.id), generation, os_disk["osType"], os_disk.get("diskSizeGB", 30), controllers
    )


def _excluded(version: Resource, location: str) -> bool:
    """Whether a version is excluded in a region. The region's own flag wins, if it has one (documented)."""
    profile = version.properties["publishingProfile"]
    for target in profile["targetRegions"]:
        if short_name(target["name"]) == location and target.get("excludeFromLatest") is not None:
            return bool(target["excludeFromLatest"])
    return bool(profile["excludeFromLatest"])


def _number(version: Resource) -> tuple[int, ...]:
    return tuple(int(part) for part in version.id.name.split("."))


def _parent(id_: ResourceId) -> ResourceId:
    assert id_.parent is not None  # noqa: S101 - a version has a definition
    return id_.parent


def _disks(machine: ResourceId, sent: Json, image: FoundImage) -> Json:
    """Returns the disks that a machine gets from its image."""
    name = f"{machine.name}_OsDisk_1_{uuid.uuid4().hex}"
    given = sent.get("osDisk", {})
    disk_id = ResourceId(machine.subscription, machine.group, "Microsoft.Compute/disks", (name,))
    os_disk = {
        "osType": image.os_type,
        "name": name,
        "caching": "ReadWrite",
        "deleteOption": "Detach",
        "diskSizeGB": image.size_gb,
    }
    managed_disk = {"storageAccountType": "Premium_LRS", "id": str(disk_id)} | given.get("managedDisk", {})
    os_disk |= given | {"createOption": "FromImage", "managedDisk": managed_disk}
    return {"osDisk": os_disk, "dataDisks": sent.get("dataDisks", [])}
