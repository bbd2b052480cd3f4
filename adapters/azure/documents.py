"""Reads and writes ARM's JSON: `parse_…` reads a resource, `…_body` writes one. The shape of each stands together.

Others write resources too, with what is newer than this app or missing. So reading refuses nothing but a record without
a usable id (`ResourceIdError`): unknown values are kept as they are, and parts that are missing or of another JSON type
have their documented default, or are `Unknown`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Generic, NamedTuple, TypeVar

from domain.planning.version_spec import VersionSpec
from domain.redaction import blob_address, without_secrets
from domain.resources.galleries import (
    Gallery,
    ImageDefinition,
    ImageVersion,
    PublishedRegion,
    RegionProgress,
)
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId
from domain.resources.images import Disk, ManagedImage, PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.provenance import merge_tags
from domain.resources.regions import canonical_region

Id = TypeVar("Id", bound=ResourceId)
UNKNOWN = "Unknown"

# what ARM alone writes in a version, by the SDK's models
READ_ONLY_PROPERTIES = frozenset(
    {"imageMetadataProfiles", "provisioningState", "replicationStatus", "validationsProfile"}
)
READ_ONLY_PUBLISHING = frozenset({"publishedDate"})
READ_ONLY_SAFETY = frozenset({"reportedForPolicyViolation", "policyViolations"})


class Creation(NamedTuple):
    """When a resource was created, by an entry of ARM's list: the key of its id, and the time as written there."""

    key: str
    text: str

    @property
    def at(self) -> datetime | None:
        """The time; None if it cannot be read."""
        return _time(self.text)


class ListedResource(NamedTuple, Generic[Id]):
    """An entry of ARM's list of resources. The list lags behind the resources by seconds to minutes (reported)."""

    id: Id
    location: str
    tags: dict[str, str]
    provisioning_state: str
    created_at: datetime | None
    changed_at: datetime | None


def parse_managed_image(resource: Any, created_at: datetime | None) -> ManagedImage:
    """Reads a managed image; `created_at` comes from the list of resources.

    No `hyperVGeneration` means V1, and no `osState` Generalized, which managed images always are (documented).
    """
    resource = _object(resource)
    properties = _object(resource.get("properties"))
    storage = _object(properties.get("storageProfile"))
    os_disk = _object(storage.get("osDisk"))
    return ManagedImage(
        id=ImageId.parse(_text(resource.get("id"))),
        location=_text(resource.get("location"), UNKNOWN),
        tags=_tags(resource.get("tags")),
        provisioning_state=_text(properties.get("provisioningState"), UNKNOWN),
        os_type=_text(os_disk.get("osType"), UNKNOWN),
        os_state=_text(os_disk.get("osState"), "Generalized"),
        hyper_v_generation=_text(properties.get("hyperVGeneration"), "V1"),
        os_disk=_parse_disk(os_disk),
        data_disks=[_parse_disk(disk) for disk in _objects(storage.get("dataDisks"))],
        source_virtual_machine=_text(_object(properties.get("sourceVirtualMachine")).get("id")) or None,
        edge_zone=_text(_object(resource.get("extendedLocation")).get("name")) or None,
        created_at=created_at,
    )


def _parse_disk(disk: dict[str, Any]) -> Disk:
    by_id = _object(disk.get("managedDisk")) or _object(disk.get("snapshot"))
    return Disk(
        lun=_number(disk.get("lun")),
        size_gb=_number(disk.get("diskSizeGB")),
        source=_text(by_id.get("id")) or blob_address(_text(disk.get("blobUri"))),
        disk_encryption_set=_text(_object(disk.get("diskEncryptionSet")).get("id")) or None,
    )


def shown_document(document: Any) -> Any:
    """The document of an image, in which the addresses of blobs have no signatures: it is kept as evidence."""
    if isinstance(document, dict):
        return {
            name: blob_address(value)
            if name == "blobUri" and isinstance(value, str)
            else shown_document(value)
            for name, value in document.items()
        }
    return [shown_document(item) for item in document] if isinstance(document, list) else document


def parse_gallery(resource: Any) -> Gallery:
    """Reads a gallery."""
    resource = _object(resource)
    properties = _object(resource.get("properties"))
    return Gallery(
        id=GalleryId.parse(_text(resource.get("id"))),
        location=_text(resource.get("location"), UNKNOWN),
        sharing=_text(_object(properties.get("sharingProfile")).get("permissions"), "Private"),
        soft_delete=_object(properties.get("softDeletePolicy")).get("isSoftDeleteEnabled") is True,
    )


def parse_image_definition(resource: Any) -> ImageDefinition:
    """Reads an image definition. No generation means V1, no architecture x64."""
    resource = _object(resource)
    properties = _object(resource.get("properties"))
    identifier = _object(properties.get("identifier"))
    return ImageDefinition(
        id=ImageDefinitionId.parse(_text(resource.get("id"))),
        location=_text(resource.get("location"), UNKNOWN),
        os_type=_text(properties.get("osType"), UNKNOWN),
        os_state=_text(properties.get("osState"), UNKNOWN),
        hyper_v_generation=_text(properties.get("hyperVGeneration"), "V1"),
        architecture=_text(properties.get("architecture"), "x64"),
        publisher=_text(identifier.get("publisher")),
        offer=_text(identifier.get("offer")),
        sku=_text(identifier.get("sku")),
        purchase_plan=_parse_purchase_plan(_object(properties.get("purchasePlan"))),
        features=_parse_features(_objects(properties.get("features"))),
        tags=_tags(resource.get("tags")),
        provisioning_state=_text(properties.get("provisioningState"), UNKNOWN),
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


def _parse_purchase_plan(plan: dict[str, Any]) -> PurchasePlan | None:
    name = _text(plan.get("name"))
    if not name:
        return None
    return PurchasePlan(name=name, product=_text(plan.get("product")), publisher=_text(plan.get("publisher")))


def parse_image_version(resource: Any) -> ImageVersion:
    """Reads an image version, with its replication status if it was expanded."""
    resource = _object(resource)
    properties = _object(resource.get("properties"))
    profile = _object(properties.get("publishingProfile"))
    source = _object(_object(properties.get("storageProfile")).get("source"))
    safety = _object(properties.get("safetyProfile"))
    status = _object(properties.get("replicationStatus"))
    return ImageVersion(
        id=ImageVersionId.parse(_text(resource.get("id"))),
        location=_text(resource.get("location"), UNKNOWN),
        provisioning_state=_text(properties.get("provisioningState"), UNKNOWN),
        source=_text(source.get("id")) or _text(source.get("virtualMachineId")) or None,
        tags=_tags(resource.get("tags")),
        target_regions=[_parse_target_region(region) for region in _objects(profile.get("targetRegions"))],
        exclude_from_latest=profile.get("excludeFromLatest") is True,
        published_at=_time(profile.get("publishedDate")),
        end_of_life=_time(profile.get("endOfLifeDate")),
        removal_allowed=safety.get("allowDeletionOfReplicatedLocations") is True,
        replication_mode=_text(profile.get("replicationMode"), "Full"),
        replication=[_parse_region_progress(region) for region in _objects(status.get("summary"))]
        if status
        else None,
    )


def _parse_region_progress(region: dict[str, Any]) -> RegionProgress:
    return RegionProgress(
        region=_text(region.get("region"), UNKNOWN),
        state=_text(region.get("state"), UNKNOWN),
        progress=_number(region.get("progress")) or 0,
        details=without_secrets(_text(region.get("details"))),
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


def parse_version_state(resource: Any) -> tuple[str, str]:
    """Reads the number of a version and its provisioning state, and nothing else."""
    resource = _object(resource)
    state = _text(_object(resource.get("properties")).get("provisioningState"), UNKNOWN)
    return _text(resource.get("id")).rpartition("/")[2], state


def parse_soft_deleted(resource: dict[str, Any]) -> str:
    """Reads the number of a soft-deleted version."""
    return str((resource.get("properties") or {}).get("resourceArmId") or resource["name"]).rpartition("/")[2]


def whole_version(resource: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Returns an existing version as an update sends it: everything as it was read, also what is not known here.

    What ARM alone writes is left out, and the source, so that it need not be readable (recorded). So is an end of life
    that has passed by `now`: ARM refuses a body that has one ("must be set to a future date", documented), and so every
    update of the version. Azure forgets the date with that update, because a PUT resets what it does not send.
    """
    properties = _object(resource.get("properties"))
    profile = _without(_object(properties.get("publishingProfile")), READ_ONLY_PUBLISHING)
    ends = _time(profile.get("endOfLifeDate"))
    if ends is not None and ends <= now:
        del profile["endOfLifeDate"]
    return {
        "location": resource.get("location"),
        "tags": dict(_object(resource.get("tags"))),
        "properties": {
            **_without(properties, READ_ONLY_PROPERTIES),
            "publishingProfile": profile,
            "safetyProfile": _without(_object(properties.get("safetyProfile")), READ_ONLY_SAFETY),
            "storageProfile": {},
        },
    }


def regions_body(
    resource: dict[str, Any],
    put: Sequence[PublishedRegion],
    remove: list[str],
    now: datetime,
    *,
    protect: bool = False,
    repeat: bool = False,
) -> dict[str, Any] | None:
    """Returns an existing version with `put` added or grown and `remove` dropped; None if nothing changes.

    With `repeat` it is also written if nothing changes, which starts failed regions again. See `whole_version` for the
    rest of the body.

    ARM refuses to drop a region unless the same body sets `allowDeletionOfReplicatedLocations` (reported by users);
    `protect` resets that.
    """
    properties = _object(resource.get("properties"))
    profile = _object(properties.get("publishingProfile"))
    existing = _objects(profile.get("targetRegions"))
    data_disks = _objects(_object(properties.get("storageProfile")).get("dataDiskImages"))
    luns = [lun for disk in data_disks if (lun := _number(disk.get("lun"))) is not None]
    regions = merge_regions(existing, [region_body(region, luns) for region in put], remove)
    body = whole_version(resource, now)
    safety = body["properties"]["safetyProfile"]
    protects = protect and safety.get("allowDeletionOfReplicatedLocations") is True
    # a version that failed is written again even without a change: the documented way to repair it
    repeats = repeat or protects or properties.get("provisioningState") == "Failed"
    if regions == existing and not repeats:
        return None
    names = {_region_name(region) for region in regions}
    dropped = any(_region_name(region) not in names for region in existing)
    if dropped or protect:
        safety["allowDeletionOfReplicatedLocations"] = dropped
    body["properties"]["publishingProfile"]["targetRegions"] = regions
    return body


def tags_body(resource: dict[str, Any], tags: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Returns an existing version with these tags beside its own; everything else is sent again as it was read."""
    return {**whole_version(resource, now), "tags": merge_tags(tags, _tags(resource.get("tags")))}


def _without(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _parse_target_region(region: dict[str, Any]) -> PublishedRegion:
    os_disk = _object(_object(region.get("encryption")).get("osDiskImage"))
    excluded = region.get("excludeFromLatest")
    return PublishedRegion(
        name=_text(region.get("name"), UNKNOWN),
        replicas=_number(region.get("regionalReplicaCount")) or 1,
        storage_account_type=_text(region.get("storageAccountType"), "Standard_LRS"),
        disk_encryption_set=_text(os_disk.get("diskEncryptionSetId")) or None,
        exclude_from_latest=excluded if isinstance(excluded, bool) else None,
    )


def region_body(region: PublishedRegion, data_disk_luns: list[int]) -> dict[str, Any]:
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
    wanted = {_region_name(region): region for region in put}
    merged = []
    for region in existing:
        name = _region_name(region)
        replicas = wanted.pop(name, {}).get("regionalReplicaCount", 0)
        if name not in remove:
            count = max(_number(region.get("regionalReplicaCount")) or 1, replicas)
            merged.append({**region, "regionalReplicaCount": count})
    return merged + list(wanted.values())


def _region_name(region: dict[str, Any]) -> str:
    return canonical_region(_text(region.get("name"), UNKNOWN))


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


def parse_permission(item: Any) -> Permission:
    """Reads one entry of the list of permissions; there is one for each role that applies to the scope."""
    item = _object(item)
    return Permission(
        actions=[_text(action) for action in item.get("actions") or []],
        not_actions=[_text(action) for action in item.get("notActions") or []],
    )


def parse_listed_resource(resource: Any, id_type: type[Id]) -> ListedResource[Id]:
    """Reads an entry of ARM's list of resources, which has no properties of its type."""
    resource = _object(resource)
    return ListedResource(
        id=id_type.parse(_text(resource.get("id"))),
        location=canonical_region(_text(resource.get("location"), UNKNOWN)),
        tags=_tags(resource.get("tags")),
        provisioning_state=_text(resource.get("provisioningState"), UNKNOWN),
        created_at=_time(resource.get("createdTime")),
        changed_at=_time(resource.get("changedTime")),
    )


def parse_creation(resource: Any) -> Creation:
    """Reads as little as possible: of the thousands of entries of a group, one is looked for."""
    resource = _object(resource)
    return Creation(_text(resource.get("id")).lower(), _text(resource.get("createdTime")))


def parse_timestamp(text: str) -> datetime:
    """Reads a timestamp, in UTC if it names no offset. ARM's have seven digits of a second, Python's have six."""
    head, dot, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    moment = datetime.fromisoformat(f"{head}{dot}{digits[:6]}{tail[len(digits) :]}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any, missing: str = "") -> str:
    return missing if value in (None, "") else str(value)


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and isfinite(value) else None


def _tags(value: Any) -> dict[str, str]:
    return {name: _text(tag) for name, tag in _object(value).items()}


def _time(value: Any) -> datetime | None:
    try:
        return parse_timestamp(_text(value))
    except ValueError:
        return None
