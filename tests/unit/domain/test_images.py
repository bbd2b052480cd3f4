"""Managed images: what ARM's answer says, and the fingerprint that tells content from content."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from adapters.azure.documents import parse_managed_image
from domain.errors import NotYetError
from domain.resources.images import ManagedImage, PurchasePlan
from tests.unit.builders import CREATED, PROVIDER, disk, image


def resource(**changes: Any) -> dict[str, Any]:
    """An image as ARM answers, with every optional part there."""
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


def test_an_image_is_read_as_arm_returns_it() -> None:
    read = parse_managed_image(resource(), CREATED)
    assert (read.id.name, read.location, read.tags) == ("web", "westeurope", {"team": "web"})
    assert (read.os_type, read.os_state, read.hyper_v_generation) == ("Windows", "Generalized", "V2")
    assert (read.os_disk.size_gb, read.os_disk.lun) == (127, None)
    assert [(one.lun, one.size_gb) for one in read.data_disks] == [(0, None)]
    assert read.source_virtual_machine == f"{PROVIDER}/virtualMachines/builder"
    assert read.created_at == CREATED


def test_what_arm_leaves_out_has_its_documented_meaning() -> None:
    """No generation is V1; a managed image without a state is generalized; no disks and tags are none."""
    bare = resource(
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
def test_each_kind_of_disk_source_is_kept(source: dict[str, Any]) -> None:
    read = parse_managed_image(resource(storageProfile={"osDisk": {"osType": "Linux", **source}}), CREATED)
    assert read.os_disk.source in ("/disk", "/snapshot", "https://store/os.vhd")


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"gallerist": "migrate"}},
        {"os_disk": disk(size_gb=None)},
        {"os_disk": disk(size_gb=64)},
        {"os_disk": disk().model_copy(update={"source": disk().source.upper()})},
        {"provisioning_state": "Updating"},
    ],
    ids=["tagged anew", "size not told yet", "size told", "case of the disk's id", "being changed"],
)
def test_the_fingerprint_stays_where_the_content_does(changes: dict[str, Any]) -> None:
    assert image(**changes).fingerprint == image().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": CREATED + timedelta(microseconds=1)},
        {"created_at": None},
        {"os_disk": disk("os2")},
        {"data_disks": [disk("data", lun=0)]},
        {"os_type": "Windows"},
        {"hyper_v_generation": "V1"},
        {"source_virtual_machine": f"{PROVIDER}/virtualMachines/other"},
    ],
    ids=["made again", "age not known", "another disk", "one disk more", "OS", "generation", "source VM"],
)
def test_the_fingerprint_changes_with_the_content(changes: dict[str, Any]) -> None:
    assert image(**changes).fingerprint != image().fingerprint


def test_the_order_of_data_disks_is_no_content() -> None:
    disks = [disk("one", lun=1), disk("zero", lun=0)]
    assert image(data_disks=disks).fingerprint == image(data_disks=disks[::-1]).fingerprint


def test_data_disks_that_change_places_are_another_content() -> None:
    straight = [disk("one", lun=0), disk("two", lun=1)]
    crossed = [disk("two", lun=0), disk("one", lun=1)]
    assert image(data_disks=straight).fingerprint != image(data_disks=crossed).fingerprint


def test_the_fingerprint_survives_the_durable_boundary() -> None:
    for created_at in (CREATED, CREATED.astimezone(timezone(timedelta(hours=-7))), None):
        sent = image(created_at=created_at, data_disks=[disk("data", lun=3)])
        assert ManagedImage.model_validate(sent.model_dump(mode="json")).fingerprint == sent.fingerprint


def test_one_moment_told_in_another_offset_is_the_same_content() -> None:
    """Recorded: the service's timestamps come with an offset that is not always Z."""
    elsewhere = CREATED.astimezone(timezone(timedelta(hours=-7)))
    assert image(created_at=elsewhere).fingerprint == image().fingerprint


@pytest.mark.parametrize("name_tag", ["PlanInfo", "PlanName", "planinfo"])
def test_the_plan_is_read_from_packers_tags(name_tag: str) -> None:
    """Packer's code writes PlanInfo, its documentation says PlanName."""
    tags = {name_tag: "gen2", "PlanProduct": "rocky", "PlanPublisher": "resf"}
    assert image(tags=tags).purchase_plan == PurchasePlan(name="gen2", product="rocky", publisher="resf")
    assert not image(tags=tags).names_part_of_a_plan


@pytest.mark.parametrize(
    ("tags", "in_part"),
    [
        ({}, False),
        ({"PlanInfo": "gen2"}, True),
        ({"PlanProduct": "rocky", "PlanPublisher": "resf"}, True),
        ({"PlanInfo": "", "PlanProduct": "", "PlanPublisher": ""}, False),
        ({"PlanInfo": "gen2", "PlanProduct": "rocky", "PlanPublisher": ""}, True),
    ],
)
def test_a_plan_that_is_not_told_whole_is_no_plan(tags: dict[str, str], in_part: bool) -> None:
    assert image(tags=tags).purchase_plan is None
    assert image(tags=tags).names_part_of_a_plan is in_part


@pytest.mark.parametrize("state", ["Creating", "Updating"])
def test_an_image_that_arm_still_works_on_is_not_settled(state: str) -> None:
    with pytest.raises(NotYetError, match=f"web-20260115 is in provisioning state {state}"):
        image(provisioning_state=state).settled()


@pytest.mark.parametrize("state", ["Succeeded", "Failed"])
def test_an_image_that_arm_is_done_with_is_settled(state: str) -> None:
    settled = image(provisioning_state=state)
    assert settled.settled() is settled


def test_all_disks_are_the_os_disk_and_the_data_disks() -> None:
    built = image(data_disks=[disk("data", lun=0)], created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert [one.lun for one in built.disks] == [None, 0]
