"""Which sizes a proof tries: those that fit, the policy's first, otherwise the cheapest."""

from typing import Any

import pytest

from domain.proofs.sizes import (
    MOST_OF_FAMILY,
    MOST_SIZES,
    ProofSizes,
    SizeNeeds,
    SizesRequest,
    VmSize,
    choose_sizes,
    controllers_to_prove,
    misfit,
)
from tests.unit.builders import SUBSCRIPTION, definition


def size(name: str = "Standard_D2s_v5", **changes: Any) -> VmSize:
    fields = {
        "name": name,
        "family": name,
        "cores": 2,
        "memory_gb": 8.0,
        "generations": ["V1", "V2"],
        "controllers": ["scsi"],
        "data_disks": 4,
    }
    return VmSize(**{**fields, **changes})


def needs(**changes: Any) -> SizeNeeds:
    fields = {
        "os_type": "Linux",
        "generation": "V2",
        "architecture": "x64",
        "trusted_launch": False,
        "controller": "scsi",
        "data_disks": 0,
    }
    return SizeNeeds(**{**fields, **changes})


def chosen(*offered: VmSize, wanted: list[str] | None = None, **needed: Any) -> ProofSizes:
    request = SizesRequest(
        subscription=SUBSCRIPTION, region="eastus2", needs=needs(**needed), wanted=wanted or []
    )
    return choose_sizes(offered, request)


@pytest.mark.parametrize(
    ("of_size", "needed", "reason"),
    [
        ({"restricted": True}, {}, "the subscription cannot have it in this region"),
        ({"generations": ["V1"]}, {}, "it boots generation V1 only"),
        ({"architecture": "Arm64"}, {}, "its architecture is Arm64"),
        ({}, {"controller": "nvme"}, "its disk controllers are scsi"),
        ({"controllers": ["nvme"]}, {}, "its disk controllers are nvme"),
        ({"trusted_launch": False}, {"trusted_launch": True}, "it has no trusted launch"),
        ({}, {"data_disks": 5}, "it takes 4 data disks"),
        ({"controllers": ["scsi", "nvme"]}, {"controller": "nvme", "trusted_launch": True}, None),
        ({"architecture": "ARM64"}, {"architecture": "arm64"}, None),
    ],
)
def test_what_does_not_fit_says_why(
    of_size: dict[str, Any], needed: dict[str, Any], reason: str | None
) -> None:
    assert misfit(size(**of_size), needs(**needed)) == reason


def test_the_cheapest_come_first_and_what_nobody_needs_not_at_all() -> None:
    names = chosen(
        size("Standard_Big", cores=8, memory_gb=32),
        size("Standard_Graphics", special=True),
        size("Standard_More_Memory", memory_gb=16),
        size("Standard_Small", cores=1, memory_gb=2),
        size("Standard_Tiny", cores=1, memory_gb=1),
    ).names
    assert names == ["Standard_Small", "Standard_More_Memory", "Standard_Big"]


def test_windows_needs_more_memory() -> None:
    assert chosen(size("a", memory_gb=2), size("b", memory_gb=4), os_type="Windows").names == ["b"]


def test_few_sizes_are_tried_and_few_of_each_family() -> None:
    """A refusal is often that of a whole family."""
    one_family = [size(f"a{number}", family="a", cores=number) for number in range(1, 9)]
    others = [size(f"b{number}", family=f"b{number}", cores=20) for number in range(20)]
    names = chosen(*one_family, *others).names
    assert names[:MOST_OF_FAMILY] == ["a1", "a2"]
    assert len(names) == MOST_SIZES
    assert names[MOST_OF_FAMILY].startswith("b")


def test_the_policys_sizes_come_in_its_order_and_alone() -> None:
    offered = [size("Standard_Cheap", cores=1), size("Standard_B"), size("Standard_A")]
    assert chosen(*offered, wanted=["standard_b", "Standard_A"]).names == ["Standard_B", "Standard_A"]


def test_without_a_size_the_reason_is_stated() -> None:
    assert "offers no size for generation V2, x64, nvme, 2 data disks" in (
        chosen(size(), controller="nvme", data_disks=2).reason
    )
    found = chosen(
        size("Standard_A", generations=["V1"]), wanted=["Standard_A", "Standard_B"], trusted_launch=True
    )
    assert found.names == []
    assert "trusted launch in eastus2" in found.reason
    assert "Standard_A: it boots generation V1 only; Standard_B: the region does not offer it" in found.reason


@pytest.mark.parametrize(
    ("stated", "controllers"),
    [
        (None, ["scsi"]),
        ("SCSI", ["scsi"]),
        ("SCSI, NVMe", ["scsi", "nvme"]),
        ("NVMe", ["nvme"]),
        ("Something", ["scsi"]),
    ],
)
def test_each_controller_of_the_definition_is_proved(stated: str | None, controllers: list[str]) -> None:
    features = {"DiskControllerTypes": stated} if stated else {}
    assert controllers_to_prove(definition(features=features)) == controllers


@pytest.mark.parametrize(
    ("security_type", "trusted_launch"),
    [
        ("Standard", False),
        ("TrustedLaunchSupported", True),
        ("TrustedLaunchAndConfidentialVmSupported", True),
        ("ConfidentialVMSupported", False),
    ],
)
def test_what_the_definition_promises_is_what_the_machine_has(
    security_type: str, *, trusted_launch: bool
) -> None:
    found = SizeNeeds.of(definition(features={"SecurityType": security_type}), "scsi", 2)
    assert (found.trusted_launch, found.data_disks, found.generation) == (trusted_launch, 2, "V2")
