"""Checks of the definition's features: the security type, and the VM sizes that the version will start on."""

from collections.abc import Mapping

from domain.planning.checks.check import Check, failed, passed, warned
from domain.resources.features import (
    DISK_CONTROLLER_TYPES,
    SECURITY_TYPE,
    SECURITY_TYPES_WITHOUT_MANAGED_IMAGES,
    agrees,
    disk_controllers,
    feature,
)
from domain.resources.galleries import ImageDefinition
from domain.resources.images import ManagedImage

# documented in "NVMe overview": which sizes have which controllers
_SCSI_SIZES = "sizes with SCSI disks (D and E up to v5, F up to v2 and others)"
_NVME_SIZES = "sizes with NVMe disks only (most of v6 and newer, such as Dsv6, Dasv6, Esv6 and Fasv6)"


def usable_features(stated: Mapping[str, str], generation: str) -> dict[str, str]:
    """Returns the features that an image of this generation can have: trusted launch and NVMe need V2 (documented)."""
    if generation == "V2":
        return dict(stated)
    usable = dict(stated) | {SECURITY_TYPE: "Standard"}
    if "nvme" in disk_controllers(stated):
        usable[DISK_CONTROLLER_TYPES] = "SCSI"
    return usable


def check_generation(image: ManagedImage, stated: Mapping[str, str]) -> list[Check]:
    """Warns of features that the policy states and that the image's generation cannot have."""
    usable = usable_features(stated, image.hyper_v_generation)
    return [
        warned(
            "definition features",
            f"{name} {value} needs Hyper-V generation 2, the image is of generation 1; "
            f"the definition gets {usable[name]}",
            "capture the image from a VM of generation 2, or let another rule of the policy match it",
        )
        for name, value in stated.items()
        if not agrees(usable, name, value)
    ]


def check_features(existing: ImageDefinition, wanted: ImageDefinition) -> list[Check]:
    """Checks the features of an existing definition against those of the policy.

    They are never written over: the service takes a change only with `allowUpdateImage` (reported, azure-cli #33172),
    and it would change what the definition's other versions can be used for.
    """
    name, security_type = existing.id.name, existing.security_type
    if security_type.lower() in SECURITY_TYPES_WITHOUT_MANAGED_IMAGES:
        return [
            failed(
                "definition features",
                f"definition '{name}' has the security type {security_type}, "
                "and no version of it can be made from a managed image",
                "name a definition of security type Standard, TrustedLaunchSupported or ConfidentialVMSupported "
                "in the policy's rule or with 'definition' in the request",
            )
        ]
    return [
        warned(
            "definition features",
            f"definition '{name}' {_stated(existing.features, feature_name)}, the policy asks for "
            f"{feature_name} {value}: VMs from the version will not get it",
            "name another definition in the policy's rule, or change the definition's features by hand, "
            "with allowUpdateImage; Gallerist never changes a definition that exists",
        )
        for feature_name, value in wanted.features.items()
        if not agrees(existing.features, feature_name, value)
    ]


def _stated(features: Mapping[str, str], name: str) -> str:
    value = feature(features, name)
    return f"has {name} {value}" if value else f"does not state {name}"


def check_vm_sizes(definition: ImageDefinition, *, exists: bool) -> Check:
    """Says which VM sizes the version will start on; warns if a new definition is made and nobody decided that."""
    name = "VM sizes"
    controllers = disk_controllers(definition.features)
    if {"scsi", "nvme"} <= controllers:
        return passed(name, f"VMs start on {_SCSI_SIZES} and on {_NVME_SIZES}")
    if "nvme" in controllers:
        return passed(name, f"VMs start on {_NVME_SIZES}, not on {_SCSI_SIZES}")
    detail = f"VMs start on {_SCSI_SIZES}, not on {_NVME_SIZES}"
    if definition.hyper_v_generation == "V1":
        return passed(name, f"{detail}, because NVMe needs Hyper-V generation 2")
    if exists or DISK_CONTROLLER_TYPES in definition.features:
        return passed(name, f"{detail}, because of the definition's {DISK_CONTROLLER_TYPES}")
    return warned(
        name,
        f"{detail}, because the policy states no {DISK_CONTROLLER_TYPES}; "
        "that is fixed when the definition is created",
        f"set definition.features.{DISK_CONTROLLER_TYPES} in the policy: 'SCSI, NVMe' if the image has the drivers "
        "for NVMe, SCSI if it has not",
    )
