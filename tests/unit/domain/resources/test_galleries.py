"""Target regions as users write them, and copies of one with another setting."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.resources.galleries import TargetRegion, TargetRegions
from domain.resources.ids import DiskEncryptionSetId
from tests.unit.builders import PROVIDER

SET = f"{PROVIDER}/diskEncryptionSets/east"


def test_a_region_can_be_given_by_its_name_alone() -> None:
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
            "give every region a disk_encryption_set, or none of them: missing for westus2, northeurope",
        ),
    ],
)
def test_regions_that_the_service_would_refuse_are_refused(regions: list[Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(TargetRegions).validate_python(regions)


def test_a_copy_of_a_region_changes_one_setting_and_leaves_the_region_unchanged() -> None:
    region = TargetRegion(name="eastus2", replicas=3, exclude_from_latest=True)
    key = DiskEncryptionSetId.parse(SET)
    assert region.with_replicas(1) == TargetRegion(name="eastus2", replicas=1, exclude_from_latest=True)
    assert region.encrypted_with(key) == TargetRegion(
        name="eastus2", replicas=3, exclude_from_latest=True, disk_encryption_set=key
    )
    assert region == TargetRegion(name="eastus2", replicas=3, exclude_from_latest=True)
