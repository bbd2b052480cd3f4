"""Whether a source fits an image definition, and the service's message if it does not."""

import json

from azure_compute_simulator.errors import InvalidParameterError
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.sources import Source, is_image, is_machine

_SOURCE_PATH = "galleryImageVersion.properties.storageProfile.source.id"
_OS_DISK_PATH = "galleryImageVersion.properties.storageProfile.osDiskImage.source.id"
# reported: definitions of these types take no virtual machine
_TRUSTED_LAUNCH_SUPPORTED = ("TrustedLaunchSupported", "TrustedLaunchAndConfidentialVmSupported")


def check_security_type(definition: Resource, source_id: str) -> None:
    """Raises InvalidParameterError if the definition's security type does not allow this kind of source.

    Reported: a definition `TrustedLaunchSupported` takes no machine (packer-plugin-azure #304), and a definition
    `ConfidentialVM` neither a managed image nor a version (packer-plugin-azure #372). Inferred: the text for
    `TrustedLaunch`, which takes no managed image either (documented: images never keep the state of trusted launch).
    """
    security_type = _security_type(definition)
    if is_machine(source_id) and security_type in map(str.lower, _TRUSTED_LAUNCH_SUPPORTED):
        raise InvalidParameterError(
            f"The security type 'TrustedLaunchSupported' is not supported for the source id '{source_id}'. Currently "
            "only Vhd Blob, User Image and Gallery Image Version sources are supported for "
            "'TrustedLaunchSupported' images.",
            target=_SOURCE_PATH,
        )
    if security_type == "confidentialvm" and not is_machine(source_id):
        raise InvalidParameterError(
            f"Confidential VM is not supported for the source id '{source_id}'. Currently Snapshot, Disk and VM "
            "sources are supported for the Confidential VM security type.",
            target=_OS_DISK_PATH,
        )
    if security_type == "trustedlaunch" and is_image(source_id):
        raise InvalidParameterError(
            f"The security type 'TrustedLaunch' is not supported for the source id '{source_id}'.",
            target=_SOURCE_PATH,
        )


def _security_type(definition: Resource) -> str:
    for feature in definition.properties.get("features", []):
        if str(feature.get("name")).lower() == "securitytype":
            return str(feature.get("value")).lower()
    return ""


def incompatibility(source: Source, definition: Json) -> str | None:
    """Returns the service's message about the first property that does not fit, or None if all fit."""
    generation = definition["hyperVGeneration"]
    if source.generation != generation:
        return (
            f"The resource with id '{source.id}' has a different Hypervisor generation ['{source.generation}'] than "
            f"the parent gallery image Hypervisor generation ['{generation}']."
        )
    if source.os_type != definition["osType"]:
        return (
            f"The resource with id '{source.id}' has a different OS type ['{source.os_type}'] than the parent gallery "
            f"image OS type generation ['{definition['osType']}']"
        )
    if source.is_managed_image and definition["osState"] != "Generalized":
        return (
            f"Cannot create Gallery Image Version from: {source.id} since the OS State in the parent gallery image "
            f"({definition['osState']}) is not Generalized"
        )
    plan = definition.get("purchasePlan")
    if source.plan is not None and source.plan != plan:
        return (
            f"The resource with id {source.id} has a different plan ['{json.dumps(source.plan)}'] than the parent "
            f"gallery image plan ['{json.dumps(plan)}']"
        )
    return None
