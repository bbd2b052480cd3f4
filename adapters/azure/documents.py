"""Reads and writes ARM's JSON for images, galleries, definitions and versions."""

from datetime import datetime
from typing import Any

from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, RegionProgress, TargetRegion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import Disk, ManagedImage, PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.regions import canonical_region


def parse_managed_image(resource: dict[str, Any], created_at: datetime | None) -> ManagedImage:
    """Read an image as ARM returns it.

    An absent `hyperVGeneration` is V1, an absent `osState` Generalized: managed images always are (documented).
    """
    properties = resource["properties"]
    storage = properties["storageProfile"]
    os_disk = storage["osDisk"]
    return ManagedImage(
        id=ImageId.parse(resource["id"]),
        location=resource["location"],
        tags=resource.get("tags") or {},
        provisioning_state=properties.get("provisioningState", "Unknown"),
        os_type=os_disk["osType"],
        os_state=os_disk.get("osState") or "Generalized",
        hyper_v_generation=properties.get("hyperVGeneration") or "V1",
        os_disk=_parse_disk(os_disk),
        data_disks=[_parse_disk(disk) for disk in storage.get("dataDisks") or []],
        source_virtual_machine=(properties.get("sourceVirtualMachine") or {}).get("id"),
        created_at=created_at,
    )


def _parse_disk(disk: dict[str, Any]) -> Disk:
    by_id = disk.get("managedDisk") or disk.get("snapshot") or {}
    return Disk(
        lun=disk.get("lun"),
        size_gb=disk.get("diskSizeGB"),
        source=by_id.get("id") or disk.get("blobUri") or "",
    )


def parse_gallery(resource: dict[str, Any]) -> Gallery:
    """Read a gallery as ARM returns it."""
    return Gallery(id=GalleryId.parse(resource["id"]), location=resource["location"])


def parse_image_definition(resource: dict[str, Any]) -> ImageDefinition:
    """Read an image definition as ARM returns it; an absent generation is V1, an absent architecture x64."""
    properties = resource["properties"]
    identifier = properties["identifier"]
    features = {feature["name"]: feature["value"] for feature in properties.get("features") or []}
    return ImageDefinition(
        id=ImageDefinitionId.parse(resource["id"]),
        location=resource["location"],
        os_type=properties["osType"],
        os_state=properties["osState"],
        hyper_v_generation=properties.get("hyperVGeneration") or "V1",
        architecture=properties.get("architecture") or "x64",
        publisher=identifier["publisher"],
        offer=identifier["offer"],
        sku=identifier["sku"],
        purchase_plan=_parse_purchase_plan(properties.get("purchasePlan")),
        security_type=features.get("SecurityType", "Standard"),
        provisioning_state=properties.get("provisioningState", "Unknown"),
    )


def _parse_purchase_plan(plan: dict[str, Any] | None) -> PurchasePlan | None:
    if not plan or not plan.get("name"):
        return None
    return PurchasePlan(
        name=plan["name"], product=plan.get("product", ""), publisher=plan.get("publisher", "")
    )


def parse_image_version(resource: dict[str, Any]) -> ImageVersion:
    """Read an image version as ARM returns it, with the replication status if it was expanded."""
    properties = resource["properties"]
    profile = properties.get("publishingProfile") or {}
    source = (properties.get("storageProfile") or {}).get("source") or {}
    status = properties.get("replicationStatus")
    return ImageVersion(
        id=ImageVersionId.parse(resource["id"]),
        location=resource["location"],
        provisioning_state=properties.get("provisioningState", "Unknown"),
        source=source.get("id") or source.get("virtualMachineId"),
        tags=resource.get("tags") or {},
        target_regions=[_parse_target_region(region) for region in profile.get("targetRegions") or []],
        exclude_from_latest=bool(profile.get("excludeFromLatest")),
        published_at=profile.get("publishedDate"),
        end_of_life=profile.get("endOfLifeDate"),
        replication=[_parse_region_progress(region) for region in status.get("summary") or []]
        if status
        else None,
    )


def _parse_target_region(region: dict[str, Any]) -> TargetRegion:
    os_disk = (region.get("encryption") or {}).get("osDiskImage") or {}
    return TargetRegion(
        name=region["name"],
        replicas=region.get("regionalReplicaCount") or 1,
        storage_account_type=region.get("storageAccountType") or "Standard_LRS",
        disk_encryption_set=os_disk.get("diskEncryptionSetId") or None,
        exclude_from_latest=region.get("excludeFromLatest"),
    )


def _parse_region_progress(region: dict[str, Any]) -> RegionProgress:
    return RegionProgress(
        region=region["region"],
        state=region.get("state") or "Unknown",
        progress=region.get("progress") or 0,
        details=region.get("details") or "",
    )


def parse_permission(item: dict[str, Any]) -> Permission:
    """Read one entry of ARM's answer; there is one for each role that holds at the scope."""
    return Permission(actions=item.get("actions") or [], not_actions=item.get("notActions") or [])


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
