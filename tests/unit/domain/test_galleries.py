"""Galleries, definitions and versions: read from the shapes that ARM was recorded to answer with."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.azure.documents import parse_gallery, parse_image_definition, parse_image_version
from domain.errors import NotYetError
from domain.resources.galleries import RegionProgress, TargetRegions
from domain.resources.ids import DiskEncryptionSetId
from domain.resources.images import PurchasePlan
from tests.unit.builders import PROVIDER, definition

SET = f"{PROVIDER}/diskEncryptionSets/east"
VERSION = f"{PROVIDER}/galleries/golden/images/web/versions/1.1.2"


def version_resource(properties: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A version as ARM answers to a GET: display names of regions, seven digits of a second."""
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


def test_a_version_is_read_as_arm_returns_it() -> None:
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
def test_a_replication_status_that_was_not_told_is_not_known(status: dict[str, Any]) -> None:
    """Recorded: the status is there only where it was expanded; None must never read as an empty list."""
    assert parse_image_version(version_resource(status)).replication is None


def test_the_replication_status_is_read_region_by_region() -> None:
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


def test_a_status_without_a_summary_tells_of_no_region() -> None:
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
def test_the_source_of_a_version_is_an_image_a_machine_or_untold(
    storage: dict[str, Any] | None, source: str | None
) -> None:
    assert parse_image_version(version_resource({"storageProfile": storage})).source == source


def test_a_version_that_tells_little_is_read_too() -> None:
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


def test_a_definition_is_read_as_arm_returns_it() -> None:
    read = parse_image_definition(definition_resource())
    assert (read.location, read.hyper_v_generation, read.architecture) == ("westeurope", "V2", "Arm64")
    assert read.security_type == "TrustedLaunchSupported"
    assert read.purchase_plan == PurchasePlan(name="gen2", product="rocky", publisher="resf")
    assert read.identity == ("contoso", "web", "gen2")


@pytest.mark.parametrize("plan", [None, {}, {"name": ""}])
def test_what_a_definition_leaves_out_has_its_documented_meaning(plan: dict[str, str] | None) -> None:
    """Old API versions answer without architecture and features; an empty plan is none."""
    read = parse_image_definition(
        definition_resource(hyperVGeneration=None, architecture=None, features=None, purchasePlan=plan)
    )
    assert (read.hyper_v_generation, read.architecture, read.security_type) == ("V1", "x64", "Standard")
    assert read.purchase_plan is None


def test_a_gallery_is_read_as_lists_return_it() -> None:
    """Recorded: lists upper-case the resource group."""
    listed = parse_gallery(
        {"id": f"{PROVIDER}/galleries/golden".replace("builds", "BUILDS"), "location": "East US 2"}
    )
    assert (listed.id.name, listed.location) == ("golden", "eastus2")
    assert listed.id == definition().id.gallery


@pytest.mark.parametrize("state", ["Creating", "Updating"])
def test_a_definition_that_arm_still_works_on_is_not_settled(state: str) -> None:
    with pytest.raises(NotYetError, match=f"image definition web-20260115 is in provisioning state {state}"):
        definition(provisioning_state=state).settled()


def test_what_a_region_has_of_its_own_is_read() -> None:
    """Recorded: a region's `excludeFromLatest` comes back only where it was sent."""
    own = {
        "name": "East US 2",
        "excludeFromLatest": False,
        "encryption": {"osDiskImage": {"diskEncryptionSetId": SET.lower()}},
    }
    version = parse_image_version(
        version_resource({"publishingProfile": {"targetRegions": [own, {"name": "West Europe"}]}})
    )
    first, second = version.target_regions
    assert first.disk_encryption_set == DiskEncryptionSetId.parse(SET)
    assert (first.exclude_from_latest, second.exclude_from_latest) == (False, None)
    assert second.disk_encryption_set is None


def test_regions_may_be_given_by_their_names_alone() -> None:
    read = TypeAdapter(TargetRegions).validate_python(["East US 2", {"name": "westeurope", "replicas": 3}])
    assert [(region.name, region.replicas, region.storage_account_type) for region in read] == [
        ("eastus2", 1, "Standard_LRS"),
        ("westeurope", 3, "Standard_LRS"),
    ]


@pytest.mark.parametrize(
    ("regions", "reason"),
    [
        (["East US 2", "eastus2"], "regions named twice: eastus2"),
        ([{"name": "eastus2", "replicas": 0}], "greater than or equal to 1"),
        ([{"name": "eastus2", "replicas": 101}], "less than or equal to 100"),
        ([{"name": "eastus2", "storage_account_type": "Standard_GRS"}], "'Standard_LRS', 'Standard_ZRS'"),
        ([{"name": "eastus2", "replica": 2}], "Extra inputs are not permitted"),
        ([{"replicas": 2}], "Field required"),
        (
            [{"name": "eastus2", "disk_encryption_set": f"{PROVIDER}/disks/x"}],
            "not the id of a disk encryption",
        ),
        (
            ["westus2", {"name": "eastus2", "disk_encryption_set": SET}, "northeurope"],
            "all regions need a disk_encryption_set, or none: westus2, northeurope have none",
        ),
    ],
)
def test_regions_that_the_service_would_refuse_are_refused_first(regions: list[Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(TargetRegions).validate_python(regions)
