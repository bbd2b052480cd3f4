"""What a snapshot takes from each record of Azure: an allow-list of fields. Everything else is left out and counted.

The fields are those that the app or the simulator reads, by Azure's own names. A field that is not listed here is not
written, whatever it is: passwords, custom data, keys and extensions of machines never are.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

Kind = Literal["images", "galleries", "definitions", "versions", "machines", "scale_sets"]

# a text, a number or a boolean
VALUE = "value"
# a mapping from the names of tags to their values
TAGS = "tags"
# an address without its query, which may hold a signature
ADDRESS = "address"

Allowed = str | Mapping[str, Any] | list[Any]

_ID = {"id": VALUE}
_DISK = {
    "diskSizeGB": VALUE,
    "caching": VALUE,
    "storageAccountType": VALUE,
    "managedDisk": _ID,
    "snapshot": _ID,
    "blobUri": ADDRESS,
    "diskEncryptionSet": _ID,
}
_IMAGE_REFERENCE = {
    "id": VALUE,
    "exactVersion": VALUE,
    "publisher": VALUE,
    "offer": VALUE,
    "sku": VALUE,
    "version": VALUE,
    "sharedGalleryImageId": VALUE,
    "communityGalleryImageId": VALUE,
}
_COMMON = {"id": VALUE, "location": VALUE}
_DISK_IMAGE = {"sizeInGB": VALUE, "hostCaching": VALUE}
_REGION = {
    "name": VALUE,
    "regionalReplicaCount": VALUE,
    "storageAccountType": VALUE,
    "excludeFromLatest": VALUE,
    "encryption": {
        "osDiskImage": {"diskEncryptionSetId": VALUE},
        "dataDiskImages": [{"lun": VALUE, "diskEncryptionSetId": VALUE}],
    },
}

ALLOWED: Mapping[Kind, Allowed] = {
    "images": {
        **_COMMON,
        "tags": TAGS,
        "createdTime": VALUE,
        "extendedLocation": {"name": VALUE, "type": VALUE},
        "properties": {
            "provisioningState": VALUE,
            "hyperVGeneration": VALUE,
            "sourceVirtualMachine": _ID,
            "storageProfile": {
                "zoneResilient": VALUE,
                "osDisk": {"osType": VALUE, "osState": VALUE, **_DISK},
                "dataDisks": [{"lun": VALUE, **_DISK}],
            },
        },
    },
    "galleries": {
        **_COMMON,
        "properties": {
            "provisioningState": VALUE,
            "sharingProfile": {"permissions": VALUE},
            "softDeletePolicy": {"isSoftDeleteEnabled": VALUE},
        },
    },
    "definitions": {
        **_COMMON,
        "tags": TAGS,
        "properties": {
            "provisioningState": VALUE,
            "osType": VALUE,
            "osState": VALUE,
            "hyperVGeneration": VALUE,
            "architecture": VALUE,
            "identifier": {"publisher": VALUE, "offer": VALUE, "sku": VALUE},
            "purchasePlan": {"name": VALUE, "publisher": VALUE, "product": VALUE},
            "features": [{"name": VALUE, "value": VALUE}],
            "endOfLifeDate": VALUE,
            "allowUpdateImage": VALUE,
        },
    },
    "versions": {
        **_COMMON,
        "tags": TAGS,
        "createdTime": VALUE,
        "properties": {
            "provisioningState": VALUE,
            "publishingProfile": {
                "targetRegions": [_REGION],
                "replicaCount": VALUE,
                "excludeFromLatest": VALUE,
                "publishedDate": VALUE,
                "endOfLifeDate": VALUE,
                "storageAccountType": VALUE,
                "replicationMode": VALUE,
            },
            "storageProfile": {
                "source": {"id": VALUE, "virtualMachineId": VALUE},
                "osDiskImage": _DISK_IMAGE,
                "dataDiskImages": [{"lun": VALUE, **_DISK_IMAGE}],
            },
            "safetyProfile": {
                "allowDeletionOfReplicatedLocations": VALUE,
                "blockDeletionBeforeEndOfLife": VALUE,
            },
            # without `details`, a text of the service's own
            "replicationStatus": {
                "aggregatedState": VALUE,
                "summary": [{"region": VALUE, "state": VALUE, "progress": VALUE}],
            },
        },
    },
    "machines": {
        **_COMMON,
        "properties": {
            "provisioningState": VALUE,
            "hardwareProfile": {"vmSize": VALUE},
            "virtualMachineScaleSet": _ID,
            "storageProfile": {"imageReference": _IMAGE_REFERENCE, "osDisk": {"osType": VALUE}},
        },
    },
    "scale_sets": {
        **_COMMON,
        "sku": {"name": VALUE, "tier": VALUE, "capacity": VALUE},
        # the version that each instance runs; null for one that does not say it
        "instances": [VALUE],
        "properties": {
            "provisioningState": VALUE,
            "orchestrationMode": VALUE,
            "upgradePolicy": {
                "mode": VALUE,
                "automaticOSUpgradePolicy": {
                    "enableAutomaticOSUpgrade": VALUE,
                    "disableAutomaticRollback": VALUE,
                },
            },
            "virtualMachineProfile": {"storageProfile": {"imageReference": _IMAGE_REFERENCE}},
        },
    },
}


def select(kind: Kind, record: Mapping[str, Any], left_out: Counter[str]) -> dict[str, Any]:
    """Returns the allowed part of a record. `left_out` counts the paths of the fields that were dropped.

    A path names fields of Azure's own only: where a whole field is dropped, nothing below it is looked at.
    """
    taken: dict[str, Any] = _select(ALLOWED[kind], record, "", left_out)
    return taken


def _select(allowed: Allowed, value: Any, path: str, left_out: Counter[str]) -> Any:
    if value is None:
        return None
    if isinstance(allowed, list):
        if isinstance(value, list):
            return [_select(allowed[0], one, f"{path}[]", left_out) for one in value]
    elif isinstance(allowed, Mapping):
        if isinstance(value, Mapping):
            return _select_fields(allowed, value, path, left_out)
    elif allowed == TAGS:
        if isinstance(value, Mapping):
            return {str(name): str(tag) for name, tag in value.items() if isinstance(tag, str | int | float)}
    elif isinstance(value, str | int | float):
        return _without_query(value, path, left_out) if allowed == ADDRESS else value
    # others wrote it in another form
    left_out[path] += 1
    return None


def _select_fields(
    allowed: Mapping[str, Any], value: Mapping[str, Any], path: str, left_out: Counter[str]
) -> dict[str, Any]:
    taken = {}
    for name, below in value.items():
        inner = f"{path}.{name}" if path else str(name)
        if name not in allowed:
            left_out[inner] += 1
        elif (selected := _select(allowed[name], below, inner, left_out)) is not None:
            taken[name] = selected
    return taken


def _without_query(value: str | float, path: str, left_out: Counter[str]) -> str:
    """A shared access signature stands in the query of an address, a password before its host."""
    parts = urlsplit(str(value))
    host = parts.netloc.rpartition("@")[2]
    if parts.query or parts.fragment or host != parts.netloc:
        left_out[f"{path} (query)"] += 1
    return parts._replace(netloc=host, query="", fragment="").geturl()
