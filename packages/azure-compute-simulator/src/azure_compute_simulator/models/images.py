"""Managed images, created from a virtual machine, a disk, a snapshot or a blob."""

from dataclasses import replace
from typing import Any, ClassVar

from azure_compute_simulator.errors import (
    InvalidParameterError,
    NotFoundError,
    OperationNotAllowedOnVMImageAsVMsBeingProvisionedError,
    PropertyChangeNotAllowedError,
)
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.values import enum_value
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_SOURCES = ("managedDisk", "snapshot", "blobUri")
# recorded: hyperVGeneration is required for blobs since this api-version
_GENERATION_REQUIRED_SINCE = "2019-03-01"
# sizes of disks that neither the request nor the seed gives: those of the recorded Windows and Linux images
_DEFAULT_SIZES = {"Windows": 127, "Linux": 30}
_ENUMS = {
    "osType": ("Windows", "Linux"),
    "osState": ("Generalized", "Specialized"),
    "caching": ("None", "ReadOnly", "ReadWrite"),
}


class Images(ResourceType):
    """`Microsoft.Compute/images`."""

    type = "Microsoft.Compute/images"
    seconds: ClassVar[dict[str, float]] = {"create": 5.2, "update": 5.2, "delete": 5.1}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns an image. The sizes of its disks appear only after it was created (recorded)."""
        properties, sizes = _content(self.azure, request)
        image = self.new_resource(resource_id, request, location, properties, {"sizes": sizes})
        image.extended_location = request.body.get("extendedLocation")
        return image

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a finished image. With its disks stated, it is as ARM shows one whose source machine may be gone."""
        machine = request.properties.get("sourceVirtualMachine")
        if not machine or not (request.properties.get("storageProfile") or {}).get("osDisk"):
            return super().create_from_seed(resource_id, request, location)
        disks = {name: value for name, value in request.properties.items() if name != "sourceVirtualMachine"}
        without_machine = replace(request, body=request.body | {"properties": disks})
        image = super().create_from_seed(resource_id, without_machine, location)
        image.properties = {"sourceVirtualMachine": dict(machine), **image.properties}
        return image

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Raises PropertyChangeNotAllowedError if the request changes anything but tags.

        The service never writes an image over (reported: packer-plugin-azure #41, azure-cli #5172); an image is
        replaced by deleting and creating it.
        """
        changed = _changed_property(resource.properties, request.properties)
        if request.body.get("extendedLocation") not in (None, resource.extended_location):
            changed = "extendedLocation"
        if changed:
            raise PropertyChangeNotAllowedError(changed)

    def check_delete(self, resource: Resource) -> None:
        """Refuses to delete an image while machines are being created from it (documented; the text is inferred)."""
        for operation in self.azure.running.values():
            if operation.verb == "create" and operation.resource.hidden.get("image") == str(resource.id):
                raise OperationNotAllowedOnVMImageAsVMsBeingProvisionedError(
                    f"Operation 'delete' is not allowed on VM Image '{resource.id.name}' since VMs are being "
                    "provisioned using the VM Image."
                )

    def on_written(self, resource: Resource) -> None:
        """Adds the sizes of the disks."""
        disks = _disks(resource.properties["storageProfile"])
        for disk, size in zip(disks, resource.hidden["sizes"], strict=True):
            disk.setdefault("diskSizeGB", size)


def _changed_property(existing: Json, sent: Json) -> str | None:
    """Returns the path of the first property that differs from the existing one. What is not sent does not differ.

    Reported: the path of the source machine. The other paths are inferred from those of virtual machines.
    """
    if _id_of(sent.get("sourceVirtualMachine")) not in (None, _id_of(existing.get("sourceVirtualMachine"))):
        return "sourceVirtualMachine"
    if sent.get("hyperVGeneration") not in (None, existing["hyperVGeneration"]):
        return "hyperVGeneration"
    profile = sent.get("storageProfile") or {}
    if _changed_field(profile.get("osDisk") or {}, existing["storageProfile"]["osDisk"]):
        return f"osDisk.{_changed_field(profile['osDisk'], existing['storageProfile']['osDisk'])}"
    data_disks = profile.get("dataDisks")
    existing_disks = existing["storageProfile"]["dataDisks"]
    if data_disks is not None and (
        len(data_disks) != len(existing_disks)
        or any(_changed_field(*pair) for pair in zip(data_disks, existing_disks, strict=True))
    ):
        return "dataDisks"
    return None


def _changed_field(sent: Json, existing: Json) -> str | None:
    """Returns the name of the first field of a disk that differs from the existing disk's."""
    for name, value in sent.items():
        before = existing.get(name)
        if value is not None and _comparable(value) != _comparable(before):
            return name
    return None


def _comparable(value: Any) -> Any:
    """Returns what two values are compared by: ids and enums match in any case."""
    value = value.get("id") if isinstance(value, dict) else value
    return value.lower() if isinstance(value, str) else value


def _id_of(reference: Any) -> str | None:
    return str(reference["id"]).lower() if reference else None


def _content(azure: Azure, request: WriteRequest) -> tuple[Json, list[int]]:
    """Returns the image's properties, and the sizes in GB of its OS disk and data disks."""
    if "sourceVirtualMachine" in request.properties:
        return _from_virtual_machine(azure, request.properties)
    return _from_disks(azure, request)


def _from_virtual_machine(azure: Azure, sent: Json) -> tuple[Json, list[int]]:
    machine = _existing(azure, sent["sourceVirtualMachine"]["id"])
    disks = machine.properties["storageProfile"]
    os_type = disks["osDisk"]["osType"]
    os_disk = {"osType": os_type, "osState": "Generalized"} | _copied_disk(disks["osDisk"])
    data_disks = [{"lun": disk["lun"]} | _copied_disk(disk) for disk in disks.get("dataDisks", [])]
    properties = {
        "sourceVirtualMachine": {"id": sent["sourceVirtualMachine"]["id"]},
        "storageProfile": {"osDisk": os_disk, "dataDisks": data_disks}
        | {
            name: sent["storageProfile"][name]
            for name in ("zoneResilient",)
            if name in sent.get("storageProfile", {})
        },
        "hyperVGeneration": sent.get("hyperVGeneration") or machine.hidden.get("generation", "V1"),
    }
    sizes = [disk.get("diskSizeGB", _DEFAULT_SIZES[os_type]) for disk in _disks(disks)]
    return properties, sizes


def _copied_disk(disk: Json) -> Json:
    return {
        "managedDisk": {"id": disk["managedDisk"]["id"]},
        "caching": disk.get("caching", "None"),
        "storageAccountType": disk["managedDisk"].get("storageAccountType", "Standard_LRS"),
    }


def _from_disks(azure: Azure, request: WriteRequest) -> tuple[Json, list[int]]:
    sent = request.properties
    profile = sent.get("storageProfile") or {}
    if not profile.get("osDisk"):
        raise InvalidParameterError(
            "Required parameter 'storageProfile.osDisk' is missing (null).", target="storageProfile.osDisk"
        )
    os_disk = _sent_disk(profile["osDisk"], "osDisk")
    if "osType" not in os_disk:
        raise InvalidParameterError(
            "Required parameter 'osDisk.osType' is missing (null).", target="osDisk.osType"
        )
    generation = sent.get("hyperVGeneration")
    if "blobUri" in os_disk and not generation and request.api_version >= _GENERATION_REQUIRED_SINCE:
        raise InvalidParameterError(
            "Required parameter 'hyperVGeneration' is missing (null).", target="hyperVGeneration"
        )
    stored: Json = {
        "osDisk": {"osType": os_disk.pop("osType"), "osState": os_disk.pop("osState", "Generalized")}
        | os_disk,
        "dataDisks": [_sent_disk(disk, "dataDisk") for disk in profile.get("dataDisks") or []],
        "zoneResilient": profile.get("zoneResilient") or False,
    }
    generation = generation or _seeded_value(azure, os_disk, "hyperVGeneration") or "V1"
    default = _DEFAULT_SIZES[stored["osDisk"]["osType"]]
    sizes = [
        disk.get("diskSizeGB") or _seeded_value(azure, disk, "diskSizeGB") or default
        for disk in _disks(stored)
    ]
    return {"storageProfile": stored, "hyperVGeneration": generation}, sizes


def _sent_disk(sent: Json, role: str) -> Json:
    disk = {name: value for name, value in sent.items() if value is not None}
    if sum(name in disk for name in _SOURCES) != 1:
        raise InvalidParameterError(
            f"Exactly one of {', '.join(_SOURCES)} must be given for '{role}'.", target=role
        )
    path = f"properties.storageProfile.{role}"
    disk |= {
        name: enum_value(disk[name], allowed, f"{path}.{name}")
        for name, allowed in _ENUMS.items()
        if name in disk
    }
    return disk | {
        "caching": disk.get("caching", "None"),
        "storageAccountType": disk.get("storageAccountType", "Standard_LRS"),
    }


def _seeded_value(azure: Azure, disk: Json, name: str) -> Any:
    """Returns a property of the seeded disk or snapshot. A source that is not seeded is accepted and has none."""
    reference = disk.get("managedDisk") or disk.get("snapshot")
    if not reference:
        return None
    source = azure.resources.get(reference["id"].lower())
    return source.properties.get(name) if source else None


def _existing(azure: Azure, resource_id: str) -> Resource:
    """Returns the resource. Raises NotFoundError."""
    try:
        resource = azure.find(parse_resource_id(resource_id))
    except ValueError:
        resource = None
    if resource is None:
        raise NotFoundError("The entity was not found in this Azure location.")
    return resource


def _disks(profile: Json) -> list[Json]:
    return [profile["osDisk"], *profile.get("dataDisks", [])]
