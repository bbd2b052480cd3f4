"""The bodies of the requests that write to a gallery: every field that has a default is said outright."""

from typing import Any

from domain.contracts import VersionSpec
from domain.galleries import ImageDefinition, TargetRegion
from domain.regions import canonical_region


def definition_body(definition: ImageDefinition) -> dict[str, Any]:
    """An image definition with every field said outright: the service's defaults differ by API version."""
    plan = definition.purchase_plan
    return {
        "location": definition.location,
        "properties": {
            "osType": definition.os_type,
            "osState": definition.os_state,
            "hyperVGeneration": definition.hyper_v_generation,
            "architecture": definition.architecture,
            "identifier": {
                "publisher": definition.publisher,
                "offer": definition.offer,
                "sku": definition.sku,
            },
            "features": [{"name": "SecurityType", "value": definition.security_type}],
            # an empty plan object breaks later deployments (reported by users): none at all then
            **({"purchasePlan": plan.model_dump()} if plan else {}),
        },
    }


def version_body(spec: VersionSpec) -> dict[str, Any]:
    """An image version as it is to be made."""
    return {
        "location": spec.location,
        "tags": spec.tags,
        "properties": {
            "publishingProfile": {
                "replicaCount": 1,
                "targetRegions": [region_body(region, spec.data_disk_luns) for region in spec.regions],
                "excludeFromLatest": spec.exclude_from_latest,
                "storageAccountType": "Standard_LRS",
                **({"endOfLifeDate": spec.end_of_life.isoformat()} if spec.end_of_life else {}),
            },
            "storageProfile": {"source": {"id": spec.source}},
        },
    }


def region_body(region: TargetRegion, data_disk_luns: list[int]) -> dict[str, Any]:
    """One target region; with a disk encryption set, every disk names it."""
    body: dict[str, Any] = {
        "name": region.name,
        "regionalReplicaCount": region.replicas,
        "storageAccountType": region.storage_account_type,
    }
    if region.exclude_from_latest is not None:
        body["excludeFromLatest"] = region.exclude_from_latest
    if region.disk_encryption_set is not None:
        encryption = {"diskEncryptionSetId": str(region.disk_encryption_set)}
        # every disk names its set; the whole object is left out where there is none (reported by users)
        body["encryption"] = {
            "osDiskImage": encryption,
            "dataDiskImages": [{"lun": lun, **encryption} for lun in data_disk_luns],
        }
    return body


def merge_regions(
    existing: list[dict[str, Any]], put: list[dict[str, Any]], remove: list[str]
) -> list[dict[str, Any]]:
    """The regions as they came, without those to remove, with those to have; replica counts only ever grow."""
    wanted = {canonical_region(region["name"]): region for region in put}
    merged = []
    for region in existing:
        name = canonical_region(region["name"])
        replicas = wanted.pop(name, {}).get("regionalReplicaCount", 0)
        if name not in remove:
            count = max(region.get("regionalReplicaCount") or 1, replicas)
            merged.append({**region, "regionalReplicaCount": count})
    return merged + list(wanted.values())
