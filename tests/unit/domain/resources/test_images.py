"""Managed images: the fingerprint of their content, and their purchase plan."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.resources.images import Disk, ManagedImage, PurchasePlan
from tests.unit.builders import CREATED, PROVIDER, disk, image

# what earlier releases gave `image()` before the creation time was taken out
DATED = "803887dba8a28f10ea32102751bffa704a782753c8fd1a71542bd7af96cff1be"


def disk_in_upper_case() -> Disk:
    return Disk(size_gb=30, source=disk().source.upper())


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"gallerist": "migrate"}},
        {"os_disk": disk(size_gb=None)},
        {"os_disk": disk(size_gb=64)},
        {"os_disk": disk_in_upper_case()},
        {"provisioning_state": "Updating"},
        {"created_at": CREATED + timedelta(hours=1)},
        {"created_at": None},
    ],
    ids=[
        "other tags",
        "size unknown",
        "another size",
        "case of the disk's id",
        "being changed",
        "another creation time",
        "age unknown",
    ],
)
def test_the_fingerprint_stays_while_the_content_is_the_same(changes: dict[str, Any]) -> None:
    assert image(**changes).fingerprint == image().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"os_disk": disk("os2")},
        {"data_disks": [disk("data", lun=0)]},
        {"os_type": "Windows"},
        {"hyper_v_generation": "V1"},
        {"source_virtual_machine": f"{PROVIDER}/virtualMachines/other"},
    ],
    ids=["another disk", "one more disk", "OS", "generation", "source VM"],
)
def test_the_fingerprint_changes_with_the_content(changes: dict[str, Any]) -> None:
    assert image(**changes).fingerprint != image().fingerprint


def test_the_order_of_data_disks_does_not_change_the_fingerprint() -> None:
    disks = [disk("one", lun=1), disk("zero", lun=0)]
    assert image(data_disks=disks).fingerprint == image(data_disks=disks[::-1]).fingerprint


def test_data_disks_with_exchanged_luns_change_the_fingerprint() -> None:
    straight = [disk("one", lun=0), disk("two", lun=1)]
    crossed = [disk("two", lun=0), disk("one", lun=1)]
    assert image(data_disks=straight).fingerprint != image(data_disks=crossed).fingerprint


def test_the_fingerprint_is_the_same_after_json() -> None:
    for created_at in (CREATED, CREATED.astimezone(timezone(timedelta(hours=-7))), None):
        sent = image(created_at=created_at, data_disks=[disk("data", lun=3)])
        assert ManagedImage.model_validate(sent.model_dump(mode="json")).fingerprint == sent.fingerprint


def test_the_dated_fingerprint_is_the_one_that_earlier_releases_wrote() -> None:
    """Its value is fixed: it stands in the tags of versions. The offset of the time does not change it (recorded)."""
    elsewhere = CREATED.astimezone(timezone(timedelta(hours=-7)))
    assert image().dated_fingerprint == DATED
    assert image(created_at=elsewhere).dated_fingerprint == DATED
    assert image(created_at=CREATED + timedelta(microseconds=1)).dated_fingerprint != DATED
    assert image(created_at=None).dated_fingerprint != image().fingerprint


@pytest.mark.parametrize("name_tag", ["PlanInfo", "PlanName", "planinfo"])
def test_the_purchase_plan_is_read_from_packers_tags(name_tag: str) -> None:
    """Packer's code writes PlanInfo, its documentation says PlanName."""
    tags = {name_tag: "gen2", "PlanProduct": "rocky", "PlanPublisher": "resf"}
    assert image(tags=tags).purchase_plan == PurchasePlan(name="gen2", product="rocky", publisher="resf")
    assert not image(tags=tags).has_incomplete_plan_tags


@pytest.mark.parametrize(
    ("tags", "incomplete"),
    [
        ({}, False),
        ({"PlanInfo": "gen2"}, True),
        ({"PlanProduct": "rocky", "PlanPublisher": "resf"}, True),
        ({"PlanInfo": "", "PlanProduct": "", "PlanPublisher": ""}, False),
        ({"PlanInfo": "gen2", "PlanProduct": "rocky", "PlanPublisher": ""}, True),
    ],
)
def test_an_incomplete_purchase_plan_is_no_plan(tags: dict[str, str], incomplete: bool) -> None:
    assert image(tags=tags).purchase_plan is None
    assert image(tags=tags).has_incomplete_plan_tags is incomplete


def test_the_disks_are_the_os_disk_and_the_data_disks() -> None:
    built = image(data_disks=[disk("data", lun=0)], created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert [one.lun for one in built.disks] == [None, 0]
