"""Managed images captured from VMs, as the simulator's seed takes them."""

from typing import Any, NamedTuple

TENANT = "99999999-9999-4999-8999-999999999999"


class Capture(NamedTuple):
    """A generalized VM, and the managed image that is captured from it, as ARM resources."""

    machine: dict[str, Any]
    image: dict[str, Any]

    @property
    def name(self) -> str:
        """The managed image's name."""
        name: str = self.image["name"]
        return name


def captured(
    subscription: str,
    resource_group: str,
    name: str,
    *,
    location: str = "eastus2",
    os_type: str = "Linux",
    generation: str = "V1",
    os_disk_gb: int = 30,
    data_disks_gb: tuple[int, ...] = (),
    tags: dict[str, str] | None = None,
) -> Capture:
    """Returns a generalized VM with these disks, and the managed image captured from it."""
    group = f"/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Compute"
    machine = {
        "id": f"{group}/virtualMachines/{name}-vm",
        "location": location,
        "properties": {
            "storageProfile": {
                "osDisk": {"osType": os_type, **_disk(f"{group}/disks/{name}-os", os_disk_gb, "ReadWrite")},
                "dataDisks": [
                    {"lun": lun, **_disk(f"{group}/disks/{name}-data-{lun}", size, "None")}
                    for lun, size in enumerate(data_disks_gb)
                ],
            }
        },
    }
    image = {
        "id": f"{group}/images/{name}",
        "name": name,
        "location": location,
        "tags": tags or {},
        "properties": {"hyperVGeneration": generation, "sourceVirtualMachine": {"id": machine["id"]}},
    }
    return Capture(machine, image)


def _disk(disk_id: str, size_gb: int, caching: str) -> dict[str, Any]:
    managed_disk = {"id": disk_id, "storageAccountType": "Premium_LRS"}
    return {"managedDisk": managed_disk, "diskSizeGB": size_gb, "caching": caching}
