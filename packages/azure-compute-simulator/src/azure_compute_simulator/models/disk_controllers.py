"""Which disk controllers VM sizes and images have, and the service's refusal if they have none in common."""

import re
from collections.abc import Mapping
from typing import Any

from azure_compute_simulator.errors import InvalidParameterError

SCSI, NVME = "scsi", "nvme"
# documented: sizes of v6 and newer typically have NVMe only, Ebsv5 and Ebdsv5 both, older ones SCSI
_FIRST_NVME_GENERATION = 6
_GENERATION = re.compile(r"_v(\d+)$", re.IGNORECASE)
_BOTH = re.compile(r"Standard_E\d+(-\d+)?bd?s_v5", re.IGNORECASE)
_ADVICE = (
    "Please query sku api at https://aka.ms/azure-compute-skus  to determine supported disk controller types for the "
    "VM size."
)


def image_controllers(definition: Mapping[str, Any]) -> frozenset[str]:
    """Returns the controllers that a definition's properties state. Without the feature it is SCSI (documented)."""
    for feature in definition.get("features", []):
        if str(feature.get("name")).lower() == "diskcontrollertypes":
            return frozenset(part.strip().lower() for part in str(feature.get("value")).split(","))
    return frozenset({SCSI})


def check_disk_controllers(
    machine: Mapping[str, Any], size: str | None, image: frozenset[str] | None
) -> None:
    """Raises InvalidParameterError with the reported texts if the machine cannot boot from the image.

    `machine` has the storage profile; `image` is None if nothing is known of the image.
    """
    if not size:
        return
    supported = size_controllers(size)
    wanted = (machine.get("storageProfile") or {}).get("diskControllerType")
    if wanted and str(wanted).lower() not in supported:
        raise InvalidParameterError(
            f"The VM size '{size}' cannot boot with DiskControllerType '{wanted}'. Please check that the disk "
            "controller type provided is one of the supported disk controller types for the VM size "
            f"'{size}'. {_ADVICE}",
            target="storageProfile.diskControllerType",
        )
    if image is not None and not image & (frozenset({str(wanted).lower()}) if wanted else supported):
        raise InvalidParameterError(
            f"The VM size '{size}' cannot boot with OS image or disk. Please check that disk controller types "
            "supported by the OS image or disk is one of the supported disk controller types for the VM size "
            f"'{size}'. {_ADVICE}",
            target="vmSize",
        )


def size_controllers(size: str) -> frozenset[str]:
    """Returns the controllers of a size, by its name."""
    generation = _GENERATION.search(size)
    if generation and int(generation[1]) >= _FIRST_NVME_GENERATION:
        return frozenset({NVME})
    return frozenset({SCSI, NVME}) if _BOTH.fullmatch(size) else frozenset({SCSI})
