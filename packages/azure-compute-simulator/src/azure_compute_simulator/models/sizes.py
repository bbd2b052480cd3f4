"""VM sizes: a small table of real ones, what the list of SKUs says of them, and what each can boot.

Sizes that are not in the table are accepted without a check and are not listed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from azure_compute_simulator.machine_errors import UnfitSizeError
from azure_compute_simulator.models.disk_controllers import NVME, SCSI, size_controllers
from azure_compute_simulator.models.resources import Json

_SHOWN = {SCSI: "SCSI", NVME: "NVMe"}


@dataclass(frozen=True)
class Size:
    """A VM size with the capabilities that the list of SKUs shows (documented values)."""

    name: str
    family: str
    cores: int
    memory_gb: float
    data_disks: int
    generations: str = "V1,V2"
    architecture: str = "x64"
    trusted_launch: bool = True
    more: tuple[tuple[str, str], ...] = ()

    @property
    def controllers(self) -> str | None:
        """Returns the capability; sizes that are older than it do not have it (documented)."""
        if self.name.rpartition("_v")[2] not in ("5", "6"):
            return None
        found = size_controllers(self.name)
        return ", ".join(_SHOWN[one] for one in (SCSI, NVME) if one in found)

    def capabilities(self) -> Iterator[tuple[str, str]]:
        """Yields names and values as the service writes them: all values are text."""
        yield "MaxResourceVolumeMB", "0"
        yield "OSVhdSizeMB", "1047552"
        yield "vCPUs", str(self.cores)
        yield "MemoryPreservingMaintenanceSupported", "True"
        yield "HyperVGenerations", self.generations
        if self.controllers:
            yield "DiskControllerTypes", self.controllers
        yield "MemoryGB", f"{self.memory_gb:g}"
        yield "MaxDataDiskCount", str(self.data_disks)
        yield "CpuArchitectureType", self.architecture
        yield "LowPriorityCapable", "True"
        yield "PremiumIO", "True"
        if not self.trusted_launch:
            yield "TrustedLaunchDisabled", "True"
        yield from self.more


SIZES = (
    Size("Standard_A1_v2", "standardAv2Family", 1, 2, 2, generations="V1", trusted_launch=False),
    Size("Standard_B1s", "standardBSFamily", 1, 1, 2),
    Size("Standard_B2s", "standardBSFamily", 2, 4, 4),
    Size("Standard_D2s_v3", "standardDSv3Family", 2, 8, 4),
    Size("Standard_D2as_v5", "standardDASv5Family", 2, 8, 4),
    Size("Standard_D2ads_v5", "standardDADSv5Family", 2, 8, 4),
    Size("Standard_D2s_v5", "standardDSv5Family", 2, 8, 4),
    Size("Standard_D8s_v5", "standardDSv5Family", 8, 32, 16),
    Size("Standard_E2bds_v5", "standardEBDSv5Family", 2, 16, 4),
    Size("Standard_D2s_v6", "standardDsv6Family", 2, 8, 4, generations="V2"),
    Size("Standard_D2ads_v6", "standardDadsv6Family", 2, 8, 4, generations="V2"),
    Size("Standard_D8s_v6", "standardDsv6Family", 8, 32, 16, generations="V2"),
    Size("Standard_D2ps_v5", "standardDPSv5Family", 2, 8, 4, "V2", "Arm64", trusted_launch=False),
    Size("Standard_D2pds_v6", "standardDpdsv6Family", 2, 8, 4, "V2", "Arm64", trusted_launch=False),
    Size(
        "Standard_DC2as_v5",
        "standardDCASv5Family",
        2,
        8,
        4,
        "V2",
        more=(("ConfidentialComputingType", "SNP"),),
    ),
    Size("Standard_M8ms", "standardMSFamily", 8, 218.75, 8, trusted_launch=False),
    Size("Standard_NC24ads_A100_v4", "standardNCADSA100v4Family", 24, 220, 8, "V2", more=(("GPUs", "1"),)),
)
_BY_NAME = {size.name.lower(): size for size in SIZES}


def find_size(name: str | None) -> Size | None:
    """Returns the size of this name, in any case; None if it is not in the table."""
    return _BY_NAME.get((name or "").lower())


def check_size(size: Size | None, generation: str, architecture: str) -> None:
    """Raises UnfitSizeError with the reported text if the size cannot boot such an image."""
    if size is None:
        return
    if generation not in size.generations.split(","):
        number = generation.removeprefix("V")
        raise UnfitSizeError(
            f"The selected VM size '{size.name}' cannot boot Hypervisor Generation '{number}'. If this was a Create "
            "operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of "
            f"the selected VM Size. If this was an Update operation please select a Hypervisor Generation '{number}' "
            "VM Size. For more information, see https://aka.ms/azuregen2vm"
        )
    if architecture.lower() != size.architecture.lower():
        raise UnfitSizeError(
            f"Cannot create a VM of size '{size.name}' because this VM size only supports a CPU Architecture of "
            f"'{size.architecture}', but an image or disk with CPU Architecture '{architecture}' was given. Please "
            "check that the CPU Architecture of the image or disk is compatible with that of the VM size."
        )


def is_restricted(restricted: Iterable[str], size: str, location: str) -> bool:
    """Whether an entry of the switch `restricted_sizes` names the size: everywhere, or in this region."""
    wanted = {size.lower(), f"{size.lower()}@{location}"}
    return any(entry.lower() in wanted for entry in restricted)


def size_document(size: Size, location: str, *, restricted: bool) -> Json:
    """Returns the entry of the list of SKUs for a size in a region (specified)."""
    restriction = {
        "type": "Location",
        "values": [location],
        "restrictionInfo": {"locations": [location]},
        "reasonCode": "NotAvailableForSubscription",
    }
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": ["1", "2", "3"], "zoneDetails": []}],
        "capabilities": [{"name": name, "value": value} for name, value in size.capabilities()],
        "restrictions": [restriction] if restricted else [],
    }
