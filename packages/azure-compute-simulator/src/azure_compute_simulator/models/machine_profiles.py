"""What a machine's request says of its disks, its agent and its secrets, with the service's defaults."""

import uuid
from typing import Protocol

from azure_compute_simulator.errors import InvalidParameterError
from azure_compute_simulator.models.attachments import DISKS
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.resource_ids import ResourceId


class Image(Protocol):
    """What the disks need of the image."""

    @property
    def id(self) -> str | None:
        """The image's id; None if it is not simulated."""

    @property
    def os_type(self) -> str:
        """The operating system."""

    @property
    def size_gb(self) -> int:
        """The size of the OS disk."""

    @property
    def data_disks(self) -> tuple[tuple[int, int], ...]:
        """The number of each data disk, with its size in GB."""


def machine_disks(machine: ResourceId, sent: Json, image: Image) -> Json:
    """Returns the disks that a machine gets from its image."""
    os_disk = {"osType": image.os_type, "caching": "ReadWrite", "diskSizeGB": image.size_gb}
    name = f"{machine.name}_OsDisk_1_{uuid.uuid4().hex}"
    return {
        "osDisk": os_disk | _managed(machine, sent.get("osDisk") or {}, name),
        "dataDisks": _data_disks(machine, sent.get("dataDisks") or [], image),
    }


def _data_disks(machine: ResourceId, sent: list[Json], image: Image) -> list[Json]:
    """Returns the data disks. Those of the image come by themselves, and stay behind (reported).

    Raises InvalidParameterError if disks are sent whose numbers are not those of the image (reported text).
    """
    sizes = dict(image.data_disks)
    from_image = [disk for disk in sent if str(disk.get("createOption", "")).lower() == "fromimage"]
    numbers = {disk.get("lun") for disk in from_image}
    if image.id and sent and numbers != set(sizes):
        raise InvalidParameterError(
            "StorageProfile.dataDisks.lun does not have required value(s) for image specified in storage profile.",
            target="storageProfile.dataDisks.lun",
        )
    disks = sent or [{"lun": lun, "createOption": "FromImage"} for lun in sizes]
    return [
        {"diskSizeGB": sizes.get(disk.get("lun", 0), 30), "caching": "None"}
        | _managed(machine, disk, f"{machine.name}_disk{disk.get('lun', 0) + 2}_{uuid.uuid4().hex}")
        for disk in disks
    ]


def _managed(machine: ResourceId, sent: Json, name: str) -> Json:
    """Returns a managed disk as it was sent, with the service's defaults: it is kept when the machine goes."""
    disk = {"name": name, "deleteOption": "Detach", "createOption": "FromImage"} | sent
    id_ = ResourceId(machine.subscription, machine.group, DISKS, (disk["name"],))
    defaults = {"storageAccountType": "Premium_LRS", "id": str(id_)}
    return disk | {"managedDisk": defaults | (sent.get("managedDisk") or {})}


def provisions_agent(os_profile: Json) -> bool:
    """Whether the machine gets the VM agent: unless its configuration says no (documented)."""
    for name in ("linuxConfiguration", "windowsConfiguration"):
        if (os_profile.get(name) or {}).get("provisionVMAgent") is False:
            return False
    return True


def secrets_of(os_profile: Json) -> dict[str, str]:
    """Returns what an update cannot change, by its path in the service's error (reported)."""
    ssh = (os_profile.get("linuxConfiguration") or {}).get("ssh") or {}
    keys = [str(key.get("keyData", "")) for key in ssh.get("publicKeys") or []]
    found = {
        "osProfile.adminPassword": os_profile.get("adminPassword"),
        "linuxConfiguration.ssh.publicKeys": "\n".join(keys),
        "customData": os_profile.get("customData"),
    }
    return {path: str(value) for path, value in found.items() if value}
