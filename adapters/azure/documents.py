"""Reads and writes ARM's JSON: `parse_…` reads a resource, `…_body` writes one. The shape of each stands together."""

from datetime import datetime
from typing import Any

from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, RegionProgress, TargetRegion
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import Disk, ManagedImage, PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.regions import canonical_region

# what ARM alone writes in a version, by the SDK's models
READ_ONLY_PROPERTIES = frozenset(
    {"imageMetadataProfiles", "provisioningState", "replicationStatus", "validationsProfile"}
)
READ_ONLY_PUBLISHING = frozenset({"publishedDate"})
READ_ONLY_SAFETY = frozenset({"reportedForPolicyViolation", "policyViolations"})


def parse_managed_image(resource: dict[str, Any], created_at: datetime | None) -> ManagedImage:
    """Reads a managed image; `created_at` comes from the list of resources.

    No `hyperVGeneration` means V1, and no `osState` Generalized, which managed images always are (documented).
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
        edge_zone=(resource.get("extendedLocation") or {}).get("name"),
        created_at=created_at,
    )


def _parse_disk(disk: dict[str, Any]) -> Disk:
    by_id = disk.get("managedDisk") or disk.get("snapshot") or {}
    return Disk(
        lun=disk.get("lun"),
        size_gb=disk.get("diskSizeGB"),
        source=by_id.get("id") or disk.get("blobUri") or "",
        disk_encryption_set=(disk.get("diskEncryptionSet") or {}).get("id"),
    )


def parse_gallery(resource: dict[str, Any]) -> Gallery:
    properties = resource.get("properties") or {}
    return Gallery(
        id=GalleryId.parse(resource["id"]),
        location=resource["location"],
        sharing=(properties.get("sharingProfile") or {}).get("permissions") or "Private",
        soft_delete=(properties.get("softDeletePolicy") or {}).get("isSoftDeleteEnabled") is True,
    )


def parse_image_definition(resource: dict[str, Any]) -> ImageDefinition:
    """Reads an image definition. No generation means V1, no architecture x64."""
    properties = resource["properties"]
    identifier = properties["identifier"]
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
        features=_parse_features(properties.get("features") or []),
        tags=resource.get("tags") or {},
        provisioning_state=properties.get("provisioningState", "Unknown"),
    )


def _parse_features(features: list[dict[str, Any]]) -> dict[str, str]:
    """Reads what is readable: others may have written features that are not known here."""
    return {
        str(feature["name"]): str(feature["value"])
        for feature in features
        if feature.get("name") and feature.get("value") is not None
    }


def definition_body(definition: ImageDefinition) -> dict[str, Any]:
    """Writes an image definition with every field: the service's defaults differ by API version."""
    plan = definition.purchase_plan
    return {
        "location": definition.location,
        "tags": definition.tags,
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
            "features": [{"name": name, "value": value} for name, value in definition.features.items()],
            # an empty plan object breaks later deployments (reported by users), so it is left out
            **({"purchasePlan": plan.model_dump()} if plan else {}),
        },
    }


def _parse_purchase_plan(plan: dict[str, Any] | None) -> PurchasePlan | None:
    if not plan or not plan.get("name"):
        return None
    return PurchasePlan(
        name=plan["name"], product=plan.get("product", ""), publisher=plan.get("publisher", "")
    )


def parse_image_version(resource: dict[str, Any]) -> ImageVersion:
    """Reads an image version, with its replication status if it was expanded."""
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
        removal_allowed=bool(
            (properties.get("safetyProfile") or {}).get("allowDeletionOfReplicatedLocations")
        ),
        replication_mode=profile.get("replicationMode") or "Full",
        replication=[_parse_region_progress(region) for region in status.get("summary") or []]
        if status
        else None,
    )


def _parse_region_progress(region: dict[str, Any]) -> RegionProgress:
    return RegionProgress(
        region=region["region"],
        state=region.get("state") or "Unknown",
        progress=region.get("progress") or 0,
        details=region.get("details") or "",
    )


def version_body(spec: VersionSpec) -> dict[str, Any]:
    """Writes an image version, with every field that has a default."""
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


def parse_soft_deleted(resource: dict[str, Any]) -> str:
    """Reads the number of a soft-deleted version."""
    return str((resource.get("properties") or {}).get("resourceArmId") or resource["name"]).rpartition("/")[2]


def regions_body(
    resource: dict[str, Any],
    put: list[TargetRegion],
    remove: list[str],
    *,
    protect: bool = False,
    repeat: bool = False,
) -> dict[str, Any] | None:
    """Returns an existing version with `put` added or grown and `remove` dropped; None if nothing changes.

    With `repeat` it is also written if nothing changes, which starts failed regions again.

    The body is the full desired state, and the last writer wins (reported by users), so everything in it is sent again
    as it was read, also what is not known here. The source is left out, so that it need not be readable (recorded).
    ARM refuses to drop a region unless the same body sets `allowDeletionOfReplicatedLocations` (reported by users);
    `protect` resets that.
    """
    properties = resource["properties"]
    profile = properties["publishingProfile"]
    data_disks = (properties.get("storageProfile") or {}).get("dataDiskImages") or []
    added = [region_body(region, [disk["lun"] for disk in data_disks]) for region in put]
    regions = merge_regions(profile["targetRegions"], added, remove)
    safety = _without(properties.get("safetyProfile") or {}, READ_ONLY_SAFETY)
    protects = protect and safety.get("allowDeletionOfReplicatedLocations") is True
    # a version that failed is written again even without a change: the documented way to repair it
    repeats = repeat or protects or properties["provisioningState"] == "Failed"
    if regions == profile["targetRegions"] and not repeats:
        return None
    names = {canonical_region(region["name"]) for region in regions}
    dropped = any(canonical_region(region["name"]) not in names for region in profile["targetRegions"])
    if dropped or protect:
        safety["allowDeletionOfReplicatedLocations"] = dropped
    return {
        "location": resource["location"],
        "tags": resource.get("tags") or {},
        "properties": {
            **_without(properties, READ_ONLY_PROPERTIES),
            "publishingProfile": {**_without(profile, READ_ONLY_PUBLISHING), "targetRegions": regions},
            "safetyProfile": safety,
            "storageProfile": {},
        },
    }


def _without(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _parse_target_region(region: dict[str, Any]) -> TargetRegion:
    os_disk = (region.get("encryption") or {}).get("osDiskImage") or {}
    return TargetRegion(
        name=region["name"],
        replicas=region.get("regionalReplicaCount") or 1,
        storage_account_type=region.get("storageAccountType") or "Standard_LRS",
        disk_encryption_set=os_disk.get("diskEncryptionSetId") or None,
        exclude_from_latest=region.get("excludeFromLatest"),
    )


def region_body(region: TargetRegion, data_disk_luns: list[int]) -> dict[str, Any]:
    """Writes a target region. If it has a disk encryption set, each of its disks names that set."""
    body: dict[str, Any] = {
        "name": region.name,
        "regionalReplicaCount": region.replicas,
        "storageAccountType": region.storage_account_type,
    }
    if region.exclude_from_latest is not None:
        body["excludeFromLatest"] = region.exclude_from_latest
    if region.disk_encryption_set is not None:
        encryption = {"diskEncryptionSetId": str(region.disk_encryption_set)}
        # a set for the OS disk alone fails late, and an empty object fails too (reported by users)
        body["encryption"] = {
            "osDiskImage": encryption,
            "dataDiskImages": [{"lun": lun, **encryption} for lun in data_disk_luns],
        }
    return body


def merge_regions(
    existing: list[dict[str, Any]], put: list[dict[str, Any]], remove: list[str]
) -> list[dict[str, Any]]:
    """Merges `put` into `existing` and drops `remove`. Replica counts are never lowered."""
    wanted = {canonical_region(region["name"]): region for region in put}
    merged = []
    for region in existing:
        name = canonical_region(region["name"])
        replicas = wanted.pop(name, {}).get("regionalReplicaCount", 0)
        if name not in remove:
            count = max(region.get("regionalReplicaCount") or 1, replicas)
            merged.append({**region, "regionalReplicaCount": count})
    return merged + list(wanted.values())


def holds_resources(location: dict[str, Any]) -> bool:
    """Whether resources can be in one of ARM's locations.

    ARM also lists logical regions such as `europe`, stage regions such as `eastusstg` (inspec-azure #313,
    azure-sdk-for-go #14383) and edge zones, which are no target regions.
    """
    metadata = location.get("metadata") or {}
    is_logical = str(metadata.get("regionType", "")).lower() == "logical"
    is_edge_zone = str(location.get("type", "")).lower() == "edgezone"
    is_stage = canonical_region(location["name"]).endswith(("stg", "stage"))
    return not (is_logical or is_edge_zone or is_stage)


def parse_permission(item: dict[str, Any]) -> Permission:
    """Reads one entry of the list of permissions; there is one for each role that applies to the scope."""
    return Permission(actions=item.get("actions") or [], not_actions=item.get("notActions") or [])


def parse_timestamp(text: str) -> datetime:
    """Reads a timestamp. ARM's have seven digits of a second, Python's have six."""
    head, dot, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return datetime.fromisoformat(f"{head}{dot}{digits[:6]}{tail[len(digits) :]}")
