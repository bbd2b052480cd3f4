"""The sources of image versions: which are allowed, and what the service reads from them."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from azure_compute_simulator.errors import InvalidParameterError, NotFoundError, OperationNotAllowedError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.resource_ids import parse_resource_id

_IMAGE = "microsoft.compute/images"
_VERSION = "microsoft.compute/galleries/images/versions"
_MACHINE = "microsoft.compute/virtualmachines"
_DEFAULT_SIZE_GB = 30


@dataclass(frozen=True)
class Source:
    """A version's source. `plan` is None if unknown; the disks are in the form that versions show.

    `is_encrypted` says whether a customer's key encrypts it: it has a disk encryption set.
    """

    id: str
    type: str
    os_type: str
    generation: str
    plan: Json | None
    os_disk: Json
    data_disks: tuple[Json, ...]
    subscription: str = ""
    is_encrypted: bool = False

    @property
    def is_managed_image(self) -> bool:
        """Whether the source is a managed image."""
        return self.type == _IMAGE

    @property
    def disks(self) -> Json:
        """Returns what the source adds to the storage profile. Without data disks there is no key (recorded)."""
        disks: Json = {"osDiskImage": dict(self.os_disk)}
        if self.data_disks:
            disks["dataDiskImages"] = [dict(disk) for disk in self.data_disks]
        return disks

    @property
    def largest_disk_gb(self) -> int:
        """Returns the size of the largest disk."""
        return int(max(disk["sizeInGB"] for disk in (self.os_disk, *self.data_disks)))


def source_id(storage_profile: Json) -> str | None:
    """Returns the id of the storage profile's source, or None."""
    source = storage_profile.get("source") or {}
    found = source.get("id") or source.get("virtualMachineId")
    return str(found) if found else None


def check_one_source(storage_profile: Json) -> None:
    """Raises InvalidParameterError unless exactly one source is given (documented)."""
    whole = source_id(storage_profile)
    parts = [storage_profile.get("osDiskImage"), *(storage_profile.get("dataDiskImages") or [])]
    by_disk = any(part and part.get("source") for part in parts)
    if bool(whole) == by_disk:
        raise InvalidParameterError(
            "The gallery artifact version source can only be specified either directly under storageProfile or "
            "within individual OS or data disks. One and only one source type (user image, snapshot, disk, "
            "virtual machine) can be provided",
            target="galleryImageVersion.properties.storageProfile",
        )


def with_caching(storage_profile: Json) -> Json:
    """Returns the storage profile with the caching that the service shows for disks with sources of their own.

    Recorded: `hostCaching` is in the response to the PUT already. The default `None` is inferred.
    """
    profile = deepcopy(storage_profile)
    for disk in _disks_with_sources(profile):
        disk.setdefault("hostCaching", "None")
    return profile


def set_sizes(azure: Azure, storage_profile: Json) -> int:
    """Adds the sizes of disks with sources of their own (recorded: after the source was read). Returns the largest.

    The size is that of the seeded snapshot or disk. Sources that are not seeded, and blobs, have 30 GB.
    """
    for disk in _disks_with_sources(storage_profile):
        source = azure.resources.get(str(disk["source"].get("id", "")).lower())
        disk["sizeInGB"] = int((source.properties if source else {}).get("diskSizeGB", _DEFAULT_SIZE_GB))
    return max((disk["sizeInGB"] for disk in _disks_with_sources(storage_profile)), default=0)


def _disks_with_sources(storage_profile: Json) -> list[Json]:
    disks = [storage_profile.get("osDiskImage"), *(storage_profile.get("dataDiskImages") or [])]
    return [disk for disk in disks if disk and disk.get("source")]


def find_source(azure: Azure, id_: str, location: str) -> Resource:
    """Returns the source of a new version.

    Raises NotFoundError if it is missing or in another region (documented text, inferred code), and
    OperationNotAllowedError if it is a version that is not finished.
    """
    try:
        source = azure.find(parse_resource_id(id_))
    except ValueError:
        source = None
    if source is None or source.location != location:
        raise NotFoundError(
            f"Source '{id_}' is not found. Please check source exists, and is in the same region as gallery image "
            "version being created"
        )
    if source.id.type.lower() == _VERSION and not _usable(source, location):
        raise OperationNotAllowedError(
            f"The source gallery image version '{id_}' cannot be used because its provisioning state is "
            f"'{source.provisioning_state}' or it is not replicated to region '{location}'."
        )
    return source


def read_source(azure: Azure, source: Resource) -> Source:
    """Reads a managed image, an image version or a virtual machine. Raises InvalidParameterError for anything else."""
    readers = {_IMAGE: _read_image, _VERSION: _read_version, _MACHINE: _read_machine}
    reader = readers.get(source.id.type.lower())
    if reader is None:
        raise InvalidParameterError(
            f"The source '{source.id}' is not a user image, a gallery image version or a virtual machine.",
            target="galleryImageVersion.properties.storageProfile.source.id",
        )
    return reader(azure, source)


def is_image(id_: str) -> bool:
    """Whether an id is that of a managed image."""
    return f"/providers/{_IMAGE}/" in id_.lower()


def is_machine(id_: str) -> bool:
    """Whether an id is that of a virtual machine."""
    return f"/providers/{_MACHINE}/" in id_.lower()


def _usable(version: Resource, location: str) -> bool:
    return version.provisioning_state == "Succeeded" and bool(
        version.hidden["replication"].completed_in(location)
    )


def _read_image(_azure: Azure, image: Resource) -> Source:
    profile = image.properties["storageProfile"]
    os_disk = profile["osDisk"]
    return Source(
        id=str(image.id),
        type=_IMAGE,
        os_type=os_disk["osType"],
        generation=image.properties["hyperVGeneration"],
        plan=image.hidden.get("plan"),
        os_disk=_disk(os_disk) | {"source": {}},
        data_disks=tuple({"lun": disk["lun"]} | _disk(disk) for disk in profile["dataDisks"]),
        subscription=image.id.subscription,
        is_encrypted=any(disk.get("diskEncryptionSet") for disk in (os_disk, *profile["dataDisks"])),
    )


def _read_machine(_azure: Azure, machine: Resource) -> Source:
    profile = machine.properties["storageProfile"]
    return Source(
        id=str(machine.id),
        type=_MACHINE,
        os_type=profile["osDisk"]["osType"],
        generation=machine.hidden.get("generation", "V1"),
        plan=None,
        os_disk=_disk(profile["osDisk"]) | {"source": {}},
        data_disks=tuple({"lun": disk["lun"]} | _disk(disk) for disk in profile.get("dataDisks", [])),
        subscription=machine.id.subscription,
        is_encrypted=any(
            (disk.get("managedDisk") or {}).get("diskEncryptionSet")
            for disk in (profile["osDisk"], *profile.get("dataDisks", []))
        ),
    )


def _read_version(azure: Azure, version: Resource) -> Source:
    definition_id = version.id.parent
    assert definition_id is not None  # noqa: S101 - a version has a definition
    definition = azure.get(definition_id)
    profile = version.properties["storageProfile"]
    return Source(
        id=str(version.id),
        type=_VERSION,
        os_type=definition.properties["osType"],
        generation=definition.properties["hyperVGeneration"],
        plan=definition.properties.get("purchasePlan"),
        os_disk=_with_size(profile.get("osDiskImage") or {}),
        data_disks=tuple(_with_size(disk) for disk in profile.get("dataDiskImages") or []),
        subscription=version.id.subscription,
        is_encrypted=any(
            target.get("encryption") for target in version.properties["publishingProfile"]["targetRegions"]
        ),
    )


def _with_size(disk: Json) -> Json:
    """Returns the disk of a version. Seeded ones may have no size."""
    return {"sizeInGB": _DEFAULT_SIZE_GB} | disk


def _disk(disk: dict[str, Any]) -> Json:
    return {"sizeInGB": disk.get("diskSizeGB", _DEFAULT_SIZE_GB), "hostCaching": disk.get("caching", "None")}
