"""Virtual machines and scale sets, as far as they come from images: where those must be, and what machines show."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import GalleryImageNotFoundError, InvalidParameterError, NotFoundError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.kinds import Kind, Request
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.regions import short_name
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_VERSION = "microsoft.compute/galleries/images/versions"
_DEFINITION = "microsoft.compute/galleries/images"
_IMAGE = "microsoft.compute/images"
_ETAG_SHOWN_SINCE = "2024-07-01"


class VirtualMachines(Kind):
    """`Microsoft.Compute/virtualMachines`; networks and disks are taken on trust."""

    type = "Microsoft.Compute/virtualMachines"
    # inferred: no creation of a machine is among the recordings
    seconds: ClassVar[dict[str, float]] = {"create": 40.0, "update": 5.0, "delete": 30.0}

    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A machine from a version, a definition's latest version, a managed image, or anything else unchecked."""
        properties = without_empty(request.properties)
        properties.get("osProfile", {}).pop("adminPassword", None)
        storage = properties.get("storageProfile", {})
        image = resolve_image(self.azure, storage.get("imageReference", {}), location)
        storage |= _disks(resource_id, storage, image)
        properties |= {"storageProfile": storage, "vmId": str(uuid.uuid4())}
        properties["timeCreated"] = timestamp(self.azure.clock.now())
        return self.new(
            resource_id, request, location, properties, {"image": image.id, "generation": image.generation}
        )

    def change(self, resource: Resource, request: Request) -> None:
        """Replace the properties that are sent; the disks stay."""
        sent = {name: value for name, value in request.properties.items() if name != "storageProfile"}
        resource.properties |= sent

    def seeded(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A machine as it is; what it came from may be gone."""
        properties = {"vmId": str(uuid.uuid4())} | request.properties
        return self.new(resource_id, request, location, properties)

    def shape(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - the same in all
        """The properties, with the instance view when it is asked for."""
        if "instanceview" in expand.lower():
            properties["instanceView"] = self.instance_view(resource)
        return properties

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """The machine's JSON; newer api-versions have an etag beside the properties (recorded)."""
        document = super().render(resource, api_version, expand)
        return document | ({"etag": '"1"'} if api_version >= _ETAG_SHOWN_SINCE else {})

    def instance_view(self, resource: Resource) -> Json:
        """What the running machine says of itself (recorded)."""
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


class ScaleSets(Kind):
    """`Microsoft.Compute/virtualMachineScaleSets`: they hold on to an image; their machines are not simulated."""

    type = "Microsoft.Compute/virtualMachineScaleSets"
    seconds: ClassVar[dict[str, float]] = {"create": 40.0, "update": 5.0, "delete": 30.0}

    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A scale set whose image must be available in its region."""
        profile = request.properties.get("virtualMachineProfile") or {}
        resolve_image(self.azure, (profile.get("storageProfile") or {}).get("imageReference") or {}, location)
        return self.seeded(resource_id, request, location)

    def change(self, resource: Resource, request: Request) -> None:
        """Replace the properties that are sent."""
        resource.properties |= request.properties

    def seeded(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A scale set as it is; what it refers to may be gone."""
        return self.new(resource_id, request, location, {"uniqueId": str(uuid.uuid4())} | request.properties)


@dataclass(frozen=True)
class FoundImage:
    """What a machine is made from: `id` (None: nothing simulated), and what that says about the machine."""

    id: str | None = None
    generation: str = "V1"
    os_type: str = "Linux"
    size_gb: int = 30


def resolve_image(azure: Azure, reference: Json, location: str) -> FoundImage:
    """Find what an image reference means in a region, and note the exact version in it.

    Raises GalleryImageNotFoundError when the version is not replicated there, NotFoundError when a managed image is
    missing or elsewhere. References to marketplace or shared images are taken on trust.
    """
    if not reference.get("id"):
        return FoundImage()
    try:
        id_ = parse_resource_id(reference["id"])
    except ValueError as error:
        raise InvalidParameterError(str(error), target="imageReference.id") from None
    if id_.type.lower() == _IMAGE:
        return _managed_image(azure, id_, location)
    version = latest_version(azure, id_, location) if id_.type.lower() == _DEFINITION else azure.find(id_)
    if version is None or not version.hidden["replication"].completed_in(location):
        raise GalleryImageNotFoundError(
            f"The gallery image {reference['id']} is not available in {location} region. Please contact image owner to "
            "replicate to this region, or change your requested region."
        )
    reference["exactVersion"] = version.id.name
    definition = azure.get(_parent(version.id)).properties
    size = version.properties["storageProfile"].get("osDiskImage", {}).get("sizeInGB", 30)
    return FoundImage(str(version.id), definition["hyperVGeneration"], definition["osType"], size)


def latest_version(azure: Azure, definition: ResourceId, location: str) -> Resource | None:
    """The highest version that is replicated to a region and not excluded from latest, there or everywhere."""
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
    return FoundImage(str(image.id), generation, os_disk["osType"], os_disk.get("diskSizeGB", 30))


def _excluded(version: Resource, location: str) -> bool:
    profile = version.properties["publishingProfile"]
    here = [target for target in profile["targetRegions"] if short_name(target["name"]) == location]
    return bool(profile["excludeFromLatest"] or any(target.get("excludeFromLatest") for target in here))


def _number(version: Resource) -> tuple[int, ...]:
    return tuple(int(part) for part in version.id.name.split("."))


def _parent(id_: ResourceId) -> ResourceId:
    assert id_.parent is not None  # noqa: S101 - a version has a definition
    return id_.parent


def _disks(machine: ResourceId, sent: Json, image: FoundImage) -> Json:
    """The disks that a machine gets from its image."""
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
