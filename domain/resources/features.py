"""Features of an image definition, by Azure's own names: what their values mean, and when two of them agree."""

from collections.abc import Mapping

SECURITY_TYPE = "SecurityType"
DISK_CONTROLLER_TYPES = "DiskControllerTypes"
# what a definition without the feature is taken for. Documented: an image that is not marked gets SCSI disks;
# recorded: definitions without a security type are Standard
_UNSTATED = {
    SECURITY_TYPE: "Standard",
    DISK_CONTROLLER_TYPES: "SCSI",
    "IsHibernateSupported": "False",
}
# reported for ConfidentialVM (packer-plugin-azure #372); documented for TrustedLaunch: only its own VMs can be sources
SECURITY_TYPES_WITHOUT_MANAGED_IMAGES = frozenset({"confidentialvm", "trustedlaunch"})
# the kinds of VMs that can be created from a definition of each security type (documented)
_VMS_OF_SECURITY_TYPE = {
    "standard": {"standard"},
    "trustedlaunchsupported": {"standard", "trustedlaunch"},
    "confidentialvmsupported": {"standard", "confidentialvm"},
    "trustedlaunchandconfidentialvmsupported": {"standard", "trustedlaunch", "confidentialvm"},
}


def feature(features: Mapping[str, str], name: str) -> str | None:
    """Returns a feature's value, or what its absence means; None if that is not known. Case is ignored."""
    by_name = {key.lower(): value for key, value in features.items()}
    return by_name.get(name.lower(), _UNSTATED.get(name))


def disk_controllers(features: Mapping[str, str]) -> frozenset[str]:
    """Returns the disk controllers that VMs can have, in lower case: `scsi`, `nvme` or both."""
    stated = feature(features, DISK_CONTROLLER_TYPES) or ""
    return frozenset(part.strip().lower() for part in stated.split(",") if part.strip())


def agrees(features: Mapping[str, str], name: str, wanted: str) -> bool:
    """Whether a definition with these features gives what is wanted of this one.

    A security type may allow more than is wanted, because each VM chooses its own; other values must be the same.
    """
    if name == DISK_CONTROLLER_TYPES:
        return disk_controllers(features) == disk_controllers({name: wanted})
    stated = (feature(features, name) or "").lower()
    if name == SECURITY_TYPE:
        allowed, needed = _VMS_OF_SECURITY_TYPE.get(stated), _VMS_OF_SECURITY_TYPE.get(wanted.lower())
        return allowed >= needed if allowed and needed else stated == wanted.lower()
    return stated == wanted.lower()
