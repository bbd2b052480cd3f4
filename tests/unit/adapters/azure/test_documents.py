"""ARM's JSON: resources are read from recorded shapes, and written with every field."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.azure.documents import (
    definition_body,
    holds_resources,
    merge_regions,
    parse_gallery,
    parse_image_definition,
    parse_image_version,
    parse_listed_resource,
    parse_managed_image,
    parse_permission,
    parse_soft_deleted,
    parse_timestamp,
    regions_body,
    tags_body,
    version_body,
    whole_version,
)
from domain.errors import ResourceIdError
from domain.resources.galleries import RegionProgress, TargetRegion
from domain.resources.ids import ImageVersionId
from domain.resources.images import PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.regions import canonical_region
from tests.unit.builders import CREATED, GALLERY, NOW, PROVIDER, definition, definition_id, image_id, spec

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")
SET = f"{PROVIDER}/diskEncryptionSets/east"
VERSION = f"{PROVIDER}/galleries/golden/images/web/versions/1.1.2"


def image_resource(**changes: Any) -> dict[str, Any]:
    """An image as ARM returns it, with every optional part."""
    properties = {
        "sourceVirtualMachine": {"id": f"{PROVIDER}/virtualMachines/builder"},
        "storageProfile": {
            "osDisk": {
                "osType": "Windows",
                "osState": "Generalized",
                "managedDisk": {"id": f"{PROVIDER}/disks/os"},
                "diskSizeGB": 127,
                "caching": "ReadWrite",
                "storageAccountType": "Premium_LRS",
            },
            "dataDisks": [{"lun": 0, "managedDisk": {"id": f"{PROVIDER}/disks/data"}, "caching": "None"}],
        },
        "provisioningState": "Succeeded",
        "hyperVGeneration": "V2",
    }
    return {
        "id": f"{PROVIDER}/images/web",
        "location": "West Europe",
        "tags": {"team": "web"},
        "properties": {**properties, **changes},
    }


def test_an_image_is_read() -> None:
    read = parse_managed_image(image_resource(), CREATED)
    assert (read.id.name, read.location, read.tags) == ("web", "westeurope", {"team": "web"})
    assert (read.os_type, read.os_state, read.hyper_v_generation) == ("Windows", "Generalized", "V2")
    assert (read.os_disk.size_gb, read.os_disk.lun) == (127, None)
    assert [(one.lun, one.size_gb) for one in read.data_disks] == [(0, None)]
    assert read.source_virtual_machine == f"{PROVIDER}/virtualMachines/builder"
    assert read.created_at == CREATED


def test_parts_that_arm_leaves_out_of_an_image_have_their_documented_meaning() -> None:
    """No generation means V1, and no OS state generalized."""
    bare = image_resource(
        hyperVGeneration=None,
        sourceVirtualMachine=None,
        storageProfile={"osDisk": {"osType": "Linux", "blobUri": "https://store/vhds/os.vhd"}},
    )
    read = parse_managed_image({**bare, "tags": None}, None)
    assert (read.hyper_v_generation, read.os_state) == ("V1", "Generalized")
    assert (read.data_disks, read.tags, read.source_virtual_machine) == ([], {}, None)
    assert read.os_disk.source == "https://store/vhds/os.vhd"


@pytest.mark.parametrize(
    "source",
    [
        {"managedDisk": {"id": "/disk"}},
        {"snapshot": {"id": "/snapshot"}},
        {"blobUri": "https://store/os.vhd"},
    ],
)
def test_each_kind_of_disk_source_is_read(source: dict[str, Any]) -> None:
    read = parse_managed_image(
        image_resource(storageProfile={"osDisk": {"osType": "Linux", **source}}), CREATED
    )
    assert read.os_disk.source in ("/disk", "/snapshot", "https://store/os.vhd")


def test_the_edge_zone_and_the_encryption_of_an_image_are_read() -> None:
    """Any disk may have a disk encryption set."""
    data_disk = {"lun": 0, "managedDisk": {"id": "/data"}, "diskEncryptionSet": {"id": SET}}
    storage = {
        "osDisk": {"osType": "Linux", "managedDisk": {"id": "/os"}, "diskEncryptionSet": None},
        "dataDisks": [data_disk],
    }
    zone = {"extendedLocation": {"name": "losangeles", "type": "EdgeZone"}}
    read = parse_managed_image({**image_resource(storageProfile=storage), **zone}, CREATED)
    assert (read.edge_zone, read.is_encrypted) == ("losangeles", True)
    assert (read.os_disk.disk_encryption_set, read.data_disks[0].disk_encryption_set) == (None, SET)
    plain = parse_managed_image({**image_resource(), "extendedLocation": None}, CREATED)
    assert (plain.edge_zone, plain.is_encrypted) == (None, False)


@pytest.mark.parametrize(
    ("location", "holds"),
    [
        ({"name": "eastus2", "metadata": {"regionType": "Physical"}}, True),
        ({"name": "eastus2"}, True),
        ({"name": "newregion", "metadata": None}, True),
        ({"name": "centraluseuap", "metadata": {"regionType": "Physical", "regionCategory": "Other"}}, True),
        ({"name": "europe", "metadata": {"regionType": "Logical"}}, False),
        ({"name": "eastusstg", "metadata": {"regionType": "Logical"}}, False),
        ({"name": "southeastasiastage", "metadata": {}}, False),
        ({"name": "losangeles", "type": "EdgeZone", "metadata": {"regionType": "Physical"}}, False),
    ],
)
def test_logical_regions_stage_regions_and_edge_zones_hold_no_resources(
    location: dict[str, Any], holds: bool
) -> None:
    """ARM lists them beside the regions (inspec-azure #313)."""
    assert holds_resources(location) is holds


def version_resource(properties: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A version as ARM returns it: display names of regions, seven digits of a second."""
    body = {
        "publishingProfile": {
            "targetRegions": [
                {"name": "East US 2", "regionalReplicaCount": 2, "storageAccountType": "Standard_ZRS"},
                {"name": "West Europe", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            ],
            "replicaCount": 1,
            "excludeFromLatest": True,
            "publishedDate": "2025-01-07T05:56:46.4648477+00:00",
            "endOfLifeDate": "2030-01-01T00:00:00+00:00",
            "storageAccountType": "Standard_LRS",
        },
        "storageProfile": {"source": {"id": f"{PROVIDER}/images/web"}},
        "provisioningState": "Succeeded",
    }
    return {
        "id": VERSION,
        "location": "eastus2",
        "tags": {"team": "web"},
        "properties": {**body, **(properties or {})},
        **changes,
    }


def test_a_version_is_read() -> None:
    read = parse_image_version(version_resource())
    assert (str(read.id), read.location, read.tags) == (VERSION, "eastus2", {"team": "web"})
    assert [
        (region.name, region.replicas, region.storage_account_type) for region in read.target_regions
    ] == [
        ("eastus2", 2, "Standard_ZRS"),
        ("westeurope", 1, "Standard_LRS"),
    ]
    assert (read.exclude_from_latest, read.source) == (True, f"{PROVIDER}/images/web")
    assert read.published_at == datetime(2025, 1, 7, 5, 56, 46, 464847, tzinfo=UTC)
    assert read.end_of_life == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", [{}, {"replicationStatus": None}])
def test_a_missing_replication_status_is_unknown(status: dict[str, Any]) -> None:
    """Recorded: the status is there only if it was expanded. None must never become an empty list."""
    assert parse_image_version(version_resource(status)).replication is None


def test_the_replication_status_is_read_for_each_region() -> None:
    summary = [
        {"region": "eastus2", "state": "Completed", "progress": 100},
        {"region": "West Europe", "state": "Replicating", "progress": 37, "details": "copying"},
        {"region": "northeurope"},
    ]
    status = {"replicationStatus": {"aggregatedState": "InProgress", "summary": summary}}
    assert parse_image_version(version_resource(status)).replication == [
        RegionProgress(region="eastus2", state="Completed", progress=100),
        RegionProgress(region="westeurope", state="Replicating", progress=37, details="copying"),
        RegionProgress(region="northeurope", state="Unknown", progress=0),
    ]


def test_a_status_without_a_summary_has_no_regions() -> None:
    status = {"replicationStatus": {"aggregatedState": "Unknown"}}
    assert parse_image_version(version_resource(status)).replication == []


@pytest.mark.parametrize(
    ("storage", "source"),
    [
        ({"source": {"id": "/image"}}, "/image"),
        ({"source": {"virtualMachineId": "/machine"}}, "/machine"),
        ({}, None),
        (None, None),
    ],
)
def test_the_source_of_a_version_is_an_image_a_machine_or_missing(
    storage: dict[str, Any] | None, source: str | None
) -> None:
    assert parse_image_version(version_resource({"storageProfile": storage})).source == source


def test_a_version_without_optional_parts_is_read() -> None:
    read = parse_image_version({"id": VERSION, "location": "eastus2", "properties": {}})
    assert (read.provisioning_state, read.target_regions, read.tags) == ("Unknown", [], {})
    assert (read.exclude_from_latest, read.published_at) == (False, None)


def definition_resource(**properties: Any) -> dict[str, Any]:
    body = {
        "hyperVGeneration": "V2",
        "architecture": "Arm64",
        "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
        "osType": "Linux",
        "osState": "Generalized",
        "identifier": {"publisher": "Contoso", "offer": "Web", "sku": "Gen2"},
        "purchasePlan": {"name": "gen2", "product": "rocky", "publisher": "resf"},
        "provisioningState": "Succeeded",
    }
    return {
        "id": f"{PROVIDER}/galleries/golden/images/web",
        "location": "West Europe",
        "properties": {**body, **properties},
    }


def test_a_definition_is_read() -> None:
    read = parse_image_definition(definition_resource())
    assert (read.location, read.hyper_v_generation, read.architecture) == ("westeurope", "V2", "Arm64")
    assert read.security_type == "TrustedLaunchSupported"
    assert read.purchase_plan == PurchasePlan(name="gen2", product="rocky", publisher="resf")
    assert read.identity == ("contoso", "web", "gen2")


def test_the_features_and_tags_of_a_definition_are_read() -> None:
    """Others may have written features that Gallerist does not know, or parts of one."""
    features = [
        {"name": "DiskControllerTypes", "value": "NVMe,SCSI"},
        {"name": "IsHibernateSupported", "value": True},
        {"name": "SomethingNew", "value": "1", "startsAtVersion": "2.0.0"},
        {"name": "Half"},
    ]
    read = parse_image_definition({**definition_resource(features=features), "tags": {"team": "web"}})
    assert read.features == {
        "DiskControllerTypes": "NVMe,SCSI",
        "IsHibernateSupported": "True",
        "SomethingNew": "1",
    }
    assert (read.security_type, read.tags) == ("Standard", {"team": "web"})


@pytest.mark.parametrize("plan", [None, {}, {"name": ""}])
def test_parts_that_arm_leaves_out_of_a_definition_have_their_documented_meaning(
    plan: dict[str, str] | None,
) -> None:
    """Old API versions return neither architecture nor features; an empty plan means none."""
    read = parse_image_definition(
        definition_resource(hyperVGeneration=None, architecture=None, features=None, purchasePlan=plan)
    )
    assert (read.hyper_v_generation, read.architecture, read.security_type) == ("V1", "x64", "Standard")
    assert read.purchase_plan is None


def test_a_gallery_is_read_from_a_list() -> None:
    """Recorded: lists upper-case the resource group."""
    listed = parse_gallery(
        {"id": f"{PROVIDER}/galleries/golden".replace("builds", "BUILDS"), "location": "East US 2"}
    )
    assert (listed.id.name, listed.location) == ("golden", "eastus2")
    assert listed.id == definition().id.gallery


@pytest.mark.parametrize(
    ("properties", "sharing"),
    [
        ({"sharingProfile": {"permissions": "Community"}}, "Community"),
        ({"sharingProfile": {}}, "Private"),
        ({}, "Private"),
        (None, "Private"),
    ],
)
def test_the_sharing_of_a_gallery_is_read(properties: dict[str, Any] | None, sharing: str) -> None:
    listed = {"id": f"{PROVIDER}/galleries/golden", "location": "East US 2", "properties": properties}
    assert parse_gallery(listed).sharing == sharing


def test_the_replication_mode_of_a_version_is_read() -> None:
    """Recorded: it comes back only if it was sent."""
    shallow = version_resource({"publishingProfile": {"replicationMode": "Shallow"}})
    assert parse_image_version(shallow).replication_mode == "Shallow"
    assert parse_image_version(version_resource()).replication_mode == "Full"


def test_a_regions_own_settings_are_read() -> None:
    """Recorded: a region's `excludeFromLatest` comes back only if it was sent."""
    own = {
        "name": "East US 2",
        "excludeFromLatest": False,
        "encryption": {"osDiskImage": {"diskEncryptionSetId": SET.lower()}},
    }
    version = parse_image_version(
        version_resource({"publishingProfile": {"targetRegions": [own, {"name": "West Europe"}]}})
    )
    first, second = version.target_regions
    assert str(first.disk_encryption_set).lower() == SET.lower()
    assert (first.exclude_from_latest, second.exclude_from_latest) == (False, None)
    assert second.disk_encryption_set is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-01-15T08:30:00.1234567Z", "2026-01-15T08:30:00.123456+00:00"),
        ("2026-01-15T08:30:00.5277388-07:00", "2026-01-15T08:30:00.527738-07:00"),
        ("2026-01-15T08:30:00.12+00:00", "2026-01-15T08:30:00.120000+00:00"),
        ("2026-01-15T08:30:00Z", "2026-01-15T08:30:00+00:00"),
    ],
)
def test_a_timestamp_with_seven_digits_of_a_second_is_read(sent: str, read: str) -> None:
    assert parse_timestamp(sent).isoformat() == read


def test_a_definition_is_written_with_every_field() -> None:
    """The service's defaults differ by API version."""
    features = {"SecurityType": "TrustedLaunchSupported", "DiskControllerTypes": "SCSI, NVMe"}
    wanted = definition(features=features, purchase_plan=PLAN, tags={"costCenter": "4711"})
    assert definition_body(wanted) == {
        "location": "northeurope",
        "tags": {"costCenter": "4711"},
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V2",
            "architecture": "x64",
            "identifier": {"publisher": "builds", "offer": "web-20260115", "sku": "linux-gen2"},
            "features": [
                {"name": "SecurityType", "value": "TrustedLaunchSupported"},
                {"name": "DiskControllerTypes", "value": "SCSI, NVMe"},
            ],
            "purchasePlan": {"name": "gen2", "product": "rocky", "publisher": "resf"},
        },
    }


def test_a_definition_without_a_plan_is_written_without_one() -> None:
    assert "purchasePlan" not in definition_body(definition())["properties"]


def test_a_written_definition_reads_as_the_same_definition() -> None:
    wanted = definition(purchase_plan=PLAN, tags={"costCenter": "4711"})
    body = definition_body(wanted)
    returned = {
        "id": str(wanted.id),
        **body,
        "properties": {**body["properties"], "provisioningState": "Succeeded"},
    }
    assert parse_image_definition(returned) == wanted


def test_a_version_is_written_with_its_regions_and_its_source() -> None:
    regions = [
        TargetRegion(name="westeurope", replicas=2, storage_account_type="Standard_ZRS"),
        TargetRegion(name="eastus2"),
    ]
    body = version_body(
        spec(regions=regions, end_of_life=datetime(2030, 1, 1, tzinfo=UTC), tags={"team": "web"})
    )
    assert body == {
        "location": "westeurope",
        "tags": {"team": "web"},
        "properties": {
            "publishingProfile": {
                "replicaCount": 1,
                "targetRegions": [
                    {"name": "westeurope", "regionalReplicaCount": 2, "storageAccountType": "Standard_ZRS"},
                    {"name": "eastus2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
                ],
                "excludeFromLatest": True,
                "storageAccountType": "Standard_LRS",
                "endOfLifeDate": "2030-01-01T00:00:00+00:00",
            },
            "storageProfile": {"source": {"id": str(image_id())}},
        },
    }


def test_a_version_without_an_end_of_life_is_written_without_one() -> None:
    assert "endOfLifeDate" not in version_body(spec())["properties"]["publishingProfile"]


def test_a_written_version_reads_as_the_same_version() -> None:
    wanted = spec(regions=[TargetRegion(name="eastus2", replicas=3)])
    read = parse_image_version({"id": str(wanted.id), **version_body(wanted)})
    assert (read.tags, read.source) == (wanted.tags, wanted.source)
    assert [region.model_dump() for region in read.target_regions] == [
        region.model_dump() for region in wanted.regions
    ]
    assert read.exclude_from_latest is wanted.exclude_from_latest


def test_a_region_is_written_with_its_canonical_name() -> None:
    body = version_body(spec(regions=[TargetRegion(name="East US 2")]))
    assert [region["name"] for region in body["properties"]["publishingProfile"]["targetRegions"]] == [
        "eastus2"
    ]


def names(regions: list[dict[str, Any]]) -> list[str]:
    return [region["name"] for region in regions]


REGION_NAMES = st.lists(
    st.sampled_from(["East US 2", "West Europe", "North Europe", "UK South"]), unique=True
)


@given(REGION_NAMES, REGION_NAMES, st.lists(st.sampled_from(["ukwest", "japaneast"]), unique=True))
def test_merging_regions_loses_none(existing: list[str], requested: list[str], removed: list[str]) -> None:
    """The last writer of the publishing profile wins, so a region that an update leaves out is gone."""
    present = [{"name": name, "regionalReplicaCount": 2, "kept": True} for name in existing]
    put = [{"name": canonical_region(name), "regionalReplicaCount": 1} for name in requested]
    merged = merge_regions(present, put, removed)
    assert merged[: len(existing)] == present
    assert {canonical_region(name) for name in names(merged)} == {
        canonical_region(name) for name in {*existing, *requested}
    }
    assert len(names(merged)) == len(set(map(canonical_region, names(merged))))


def test_merging_regions_drops_only_those_to_remove() -> None:
    present = [{"name": "West Europe"}, {"name": "East US 2"}]
    assert names(merge_regions(present, [], ["eastus2"])) == ["West Europe"]


@pytest.mark.parametrize(("present", "requested", "merged"), [(1, 3, 3), (3, 1, 3), (2, 2, 2)])
def test_merging_regions_never_lowers_a_replica_count(present: int, requested: int, merged: int) -> None:
    """Somebody may have raised them by hand."""
    existing = [{"name": "West Europe", "regionalReplicaCount": present}]
    put = [{"name": "westeurope", "regionalReplicaCount": requested}]
    assert merge_regions(existing, put, []) == [{"name": "West Europe", "regionalReplicaCount": merged}]


def test_every_disk_of_a_region_has_the_regions_disk_encryption_set() -> None:
    """Reported by users: a set for the OS disk alone fails late."""
    key = f"{PROVIDER}/diskEncryptionSets/weu"
    encrypted = TargetRegion(name="westeurope", disk_encryption_set=key, exclude_from_latest=True)
    body = version_body(spec(regions=[encrypted], data_disk_luns=[0, 3]))
    (region,) = body["properties"]["publishingProfile"]["targetRegions"]
    assert region["encryption"] == {
        "osDiskImage": {"diskEncryptionSetId": key},
        "dataDiskImages": [{"lun": 0, "diskEncryptionSetId": key}, {"lun": 3, "diskEncryptionSetId": key}],
    }
    assert region["excludeFromLatest"] is True
    returned = {"id": str(spec().id), **body}
    (read,) = parse_image_version(returned).target_regions
    assert read.model_dump(mode="json") == encrypted.model_dump(mode="json")


def test_a_region_without_own_settings_is_written_without_them() -> None:
    (region,) = version_body(spec())["properties"]["publishingProfile"]["targetRegions"]
    assert region.keys() == {"name", "regionalReplicaCount", "storageAccountType"}


def test_a_permission_is_read() -> None:
    """Recorded: either list can be null."""
    assert parse_permission({"actions": ["*"], "notActions": None}) == Permission(actions=["*"])


def existing_version(state: str = "Succeeded") -> dict[str, Any]:
    return version_resource({"provisioningState": state})


def test_an_update_of_regions_sends_the_whole_publishing_profile_without_the_source() -> None:
    """The profile is the full desired state; without the source in the body, the source need not be readable."""
    version = existing_version()
    body = regions_body(version, [TargetRegion(name="northeurope")], ["westeurope"], NOW)
    assert body is not None
    profile = body["properties"]["publishingProfile"]
    assert names(profile["targetRegions"]) == ["East US 2", "northeurope"]
    assert (profile["endOfLifeDate"], profile["excludeFromLatest"]) == ("2030-01-01T00:00:00+00:00", True)
    assert "publishedDate" not in profile
    assert body["properties"]["storageProfile"] == {}
    assert (body["location"], body["tags"]) == ("eastus2", {"team": "web"})
    assert version == existing_version()


ODD: list[Any] = [None, 7, "text", True, [], [None, 1, "a"], {}, {"id": None}, {"name": []}, float("inf")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def with_odd_part(document: Any, odd: Any) -> Iterator[Any]:
    """Each copy of the document in which one of its parts, however deep, is odd."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield {other: part for other, part in document.items() if other != name}
            for changed in [odd, *with_odd_part(value, odd)]:
                yield {**document, name: changed}
    if isinstance(document, list):
        for index, value in enumerate(document):
            for changed in [odd, *with_odd_part(value, odd)]:
                yield [*document[:index], changed, *document[index + 1 :]]


STATUS = {"replicationStatus": {"summary": [{"region": "eastus2", "state": "Completed", "progress": 100}]}}


def gallery_resource() -> dict[str, Any]:
    return {"id": f"{PROVIDER}/galleries/golden", "location": "East US 2", "properties": {}}


def listed_resource() -> dict[str, Any]:
    """A version in ARM's list of resources."""
    return {
        "id": VERSION,
        "name": "golden/web/1.1.2",
        "location": "eastus2",
        "tags": {"team": "web"},
        "createdTime": "2026-01-15T08:30:00.1234567Z",
        "changedTime": "2026-01-15T08:40:00.1234567Z",
        "provisioningState": "Succeeded",
    }


RECORDS = {
    "image": (image_resource, lambda record: parse_managed_image(record, CREATED)),
    "definition": (definition_resource, parse_image_definition),
    "version": (lambda: version_resource(STATUS), parse_image_version),
    "gallery": (gallery_resource, parse_gallery),
    "listed": (listed_resource, lambda record: parse_listed_resource(record, ImageVersionId)),
}


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_odd_part_of_a_record_keeps_it_from_being_read(kind: str, odd: Any) -> None:
    """Others write what is newer than this app. Only a record without a usable id is refused."""
    whole, parse = RECORDS[kind]
    record = whole()
    for changed in with_odd_part(record, odd):
        if changed.get("id") == record["id"]:
            read = parse(changed)
            assert str(read.id) == record["id"]
        else:
            with pytest.raises(ResourceIdError):
                parse(changed)


@given(JSON)
def test_whatever_stands_in_a_list_is_read_or_refused_for_its_id(record: Any) -> None:
    for _, parse in RECORDS.values():
        with pytest.raises(ResourceIdError):
            parse(record)


def test_unknown_values_are_shown_as_they_are() -> None:
    version = parse_image_version(
        version_resource(
            {
                "provisioningState": "Migrating",
                "publishingProfile": {
                    "targetRegions": [{"name": "East US 9", "storageAccountType": "PremiumV2_LRS"}]
                },
                "replicationStatus": {"summary": [{"region": "eastus9", "state": "Paused"}]},
            }
        )
    )
    assert [(region.name, region.storage_account_type) for region in version.target_regions] == [
        ("eastus9", "PremiumV2_LRS")
    ]
    assert version.replication == [RegionProgress(region="eastus9", state="Paused")]
    assert (version.provisioning_state, version.is_everywhere) == ("Migrating", False)
    found = parse_image_definition(
        definition_resource(hyperVGeneration="V3", osType="Plan9", osState="Frozen")
    )
    assert (found.hyper_v_generation, found.os_type, found.os_state) == ("V3", "Plan9", "Frozen")
    odd = parse_managed_image(image_resource(hyperVGeneration="V3"), None)
    assert odd.hyper_v_generation == "V3"


def test_missing_parts_have_their_documented_meaning_or_are_unknown() -> None:
    bare = parse_managed_image({"id": str(image_id())}, None)
    assert (bare.location, bare.os_type, bare.os_state, bare.hyper_v_generation) == (
        "unknown",
        "Unknown",
        "Generalized",
        "V1",
    )
    assert parse_gallery({"id": f"{PROVIDER}/galleries/golden"}).location == "unknown"


def test_a_region_whose_state_is_unknown_does_not_count_as_replicated() -> None:
    """Also an entry without a name: it is a region that is not known to have the version."""
    summary = [{"region": "eastus2", "state": "Completed"}, {"state": "Completed"}, {}]
    read = parse_image_version(version_resource({"replicationStatus": {"summary": summary}}))
    assert [region.region for region in read.replication or []] == ["eastus2", "unknown", "unknown"]
    assert not read.is_everywhere


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        (NOW + timedelta(seconds=1), True),
        (NOW, False),
        (NOW - timedelta(days=1), False),
    ],
)
def test_an_update_sends_an_end_of_life_that_is_to_come(ends: datetime, *, sent: bool) -> None:
    """ARM refuses one that has passed, and with it any update of the version."""
    version = existing_version()
    version["properties"]["publishingProfile"]["endOfLifeDate"] = ends.isoformat()
    bodies = [
        regions_body(version, [TargetRegion(name="northeurope")], [], NOW),
        tags_body(version, {"new": "tag"}, NOW),
        whole_version(version, NOW),
    ]
    profiles = [body["properties"]["publishingProfile"] for body in bodies if body]
    assert [profile.get("endOfLifeDate") for profile in profiles] == [ends.isoformat() if sent else None] * 3


@pytest.mark.parametrize("odd", [None, "", "soon", 7])
def test_an_end_of_life_that_cannot_be_read_is_sent_as_it_was(odd: Any) -> None:
    version = existing_version()
    version["properties"]["publishingProfile"]["endOfLifeDate"] = odd
    assert whole_version(version, NOW)["properties"]["publishingProfile"]["endOfLifeDate"] == odd


def test_an_update_of_tags_keeps_the_others() -> None:
    assert tags_body(existing_version(), {"new": "tag"}, NOW)["tags"] == {"team": "web", "new": "tag"}


def test_an_update_of_regions_keeps_what_others_set_on_the_version() -> None:
    """A PUT resets what it does not send, and what ARM alone writes is not sent."""
    own = {
        "safetyProfile": {
            "allowDeletionOfReplicatedLocations": True,
            "blockDeletionBeforeEndOfLife": True,
            "reportedForPolicyViolation": False,
        },
        "securityProfile": {"uefiSettings": {"signatureTemplateNames": ["NoSignatureTemplate"]}},
        "newerThanThis": [1],
        "replicationStatus": {"aggregatedState": "Completed", "summary": []},
    }
    body = regions_body(version_resource(own), [TargetRegion(name="northeurope")], [], NOW)
    assert body is not None
    assert body["properties"].keys() == {
        "publishingProfile",
        "storageProfile",
        "safetyProfile",
        "securityProfile",
        "newerThanThis",
    }
    assert body["properties"]["securityProfile"] == own["securityProfile"]
    assert body["properties"]["safetyProfile"] == {
        "allowDeletionOfReplicatedLocations": True,
        "blockDeletionBeforeEndOfLife": True,
    }


def test_a_removal_allows_itself_and_protect_forbids_the_next() -> None:
    """ARM refuses to drop a region unless the same body allows it."""
    removal = regions_body(existing_version(), [], ["westeurope"], NOW)
    again = regions_body(existing_version(), [TargetRegion(name="northeurope")], [], NOW, protect=True)
    assert removal is not None
    assert again is not None
    assert removal["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] is True
    assert again["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] is False


@pytest.mark.parametrize(("state", "written"), [("Succeeded", False), ("Failed", True)])
def test_an_update_without_a_change_is_written_for_a_failed_version_only(state: str, written: bool) -> None:
    assert (
        regions_body(existing_version(state), [TargetRegion(name="eastus2")], [], NOW) is not None
    ) is written


def test_an_added_region_has_its_disk_encryption_set_for_every_disk_of_the_version() -> None:
    storage = {"dataDiskImages": [{"lun": 3}]}
    encrypted = TargetRegion(name="northeurope", disk_encryption_set=SET)
    body = regions_body(version_resource({"storageProfile": storage}), [encrypted], [], NOW)
    assert body is not None
    added = body["properties"]["publishingProfile"]["targetRegions"][-1]
    assert added["encryption"]["dataDiskImages"] == [{"lun": 3, "diskEncryptionSetId": SET}]


def test_a_version_is_written_again_without_a_change_if_that_repairs_it() -> None:
    assert regions_body(existing_version(), [], [], NOW) is None
    body = regions_body(existing_version(), [], [], NOW, repeat=True)
    assert body is not None
    regions = [region["name"] for region in body["properties"]["publishingProfile"]["targetRegions"]]
    assert regions == [
        region["name"] for region in existing_version()["properties"]["publishingProfile"]["targetRegions"]
    ]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_version_is_protected_again_although_its_regions_are_complete(allowed: bool) -> None:
    """Another writer may have added the removed region meanwhile."""
    version = existing_version()
    version["properties"]["safetyProfile"] = {"allowDeletionOfReplicatedLocations": allowed}
    body = regions_body(version, [], [], NOW, protect=True)
    assert (body is not None) is allowed
    if body is not None:
        assert body["properties"]["safetyProfile"]["allowDeletionOfReplicatedLocations"] is False


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, False),
        ({"softDeletePolicy": None}, False),
        ({"softDeletePolicy": {"isSoftDeleteEnabled": False}}, False),
        ({"softDeletePolicy": {"isSoftDeleteEnabled": True}}, True),
    ],
)
def test_a_gallery_shows_whether_it_has_a_bin(properties: dict[str, Any], *, expected: bool) -> None:
    resource = {"id": str(GALLERY), "location": "westeurope", "properties": properties}
    assert parse_gallery(resource).soft_delete is expected


@pytest.mark.parametrize("properties", [{}, {"resourceArmId": str(definition_id().version("1.0.0"))}])
def test_a_soft_deleted_version_has_a_number(properties: dict[str, Any]) -> None:
    assert parse_soft_deleted({"name": "1.0.0", "properties": properties}) == "1.0.0"
