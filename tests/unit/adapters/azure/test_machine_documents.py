"""ARM's JSON of machines, of what they leave, and of sizes: written whole, and read whatever it holds."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.azure.machine_documents import (
    LeftResource,
    machine_body,
    parse_left_resource,
    parse_machine,
    parse_size,
)
from adapters.azure.machines import _new_secret
from domain.proofs.machine import MachineSpec
from domain.proofs.sizes import VmSize
from domain.resources.ids import MachineId, SubnetId
from domain.resources.images import PurchasePlan
from tests.unit.builders import GROUP, NOW, PROVIDER, definition_id

SUBNET = SubnetId.parse(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs")
ID = f"{PROVIDER}/virtualMachines/gallerist-proof-0123456789ab-d2s-v5"
VERSION = definition_id().version("1.0.0")


def spec(**changes: Any) -> MachineSpec:
    fields = {
        "id": MachineId.parse(ID),
        "location": "eastus2",
        "size": "Standard_D2s_v5",
        "version_id": VERSION,
        "subnet": SUBNET,
        "os_type": "Linux",
        "agent": True,
        "trusted_launch": False,
        "controller": "scsi",
        "migration": "migration-1",
        "now": NOW,
        "expires_at": NOW + timedelta(hours=3),
    }
    return MachineSpec(**{**fields, **changes})


def properties(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = machine_body(spec(**changes), "SECRET")["properties"]
    return found


def test_everything_goes_with_the_machine_and_has_our_tag() -> None:
    body = machine_body(spec(data_disk_luns=[0, 3]), "SECRET")
    storage, network = body["properties"]["storageProfile"], body["properties"]["networkProfile"]
    (interface,) = network["networkInterfaceConfigurations"]
    disks = [storage["osDisk"], *storage["dataDisks"]]
    assert {disk["deleteOption"] for disk in disks} == {"Delete"}
    assert {disk["createOption"] for disk in disks} == {"FromImage"}
    assert [disk["lun"] for disk in storage["dataDisks"]] == [0, 3]
    assert interface["properties"]["deleteOption"] == "Delete"
    assert body["tags"] == interface["tags"]
    assert body["tags"] == {
        "gallerist-proof": "migration-1",
        "gallerist-proof-expires": "2026-02-01T15:00:00+00:00",
    }
    names = [disk["name"] for disk in disks] + [interface["name"]]
    assert [name.removeprefix(ID.rpartition("/")[2]) for name in names] == [
        "-os",
        "-data-0",
        "-data-3",
        "-nic",
    ]
    assert body["properties"]["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": True}}


def test_the_interface_has_no_public_address() -> None:
    (interface,) = properties()["networkProfile"]["networkInterfaceConfigurations"]
    (address,) = interface["properties"]["ipConfigurations"]
    assert address["properties"] == {"primary": True, "subnet": {"id": str(SUBNET)}}


def test_linux_gets_the_key_alone() -> None:
    profile = properties()["osProfile"]
    assert "adminPassword" not in profile
    assert profile["linuxConfiguration"]["disablePasswordAuthentication"] is True
    (key,) = profile["linuxConfiguration"]["ssh"]["publicKeys"]
    assert key["keyData"] == "SECRET"


def test_windows_gets_the_password_alone() -> None:
    profile = properties(os_type="Windows")["osProfile"]
    assert profile["adminPassword"] == "SECRET"
    assert profile["windowsConfiguration"] == {"provisionVMAgent": True, "enableAutomaticUpdates": False}
    assert len(profile["computerName"]) <= 15
    assert "linuxConfiguration" not in profile


@pytest.mark.parametrize("os_type", ["Linux", "Windows"])
def test_without_an_agent_there_are_no_extensions(os_type: str) -> None:
    profile = properties(os_type=os_type, agent=False)["osProfile"]
    assert profile["allowExtensionOperations"] is False
    assert profile[f"{os_type.lower()}Configuration"]["provisionVMAgent"] is False


def test_plan_trusted_launch_and_controller_are_sent_where_they_are_needed() -> None:
    plain = machine_body(spec(), "SECRET")
    assert "plan" not in plain
    assert "securityProfile" not in plain["properties"]
    assert "diskControllerType" not in plain["properties"]["storageProfile"]
    plan = PurchasePlan(name="n", product="p", publisher="r")
    full = machine_body(spec(plan=plan, trusted_launch=True, controller="nvme"), "SECRET")
    assert full["plan"] == {"name": "n", "product": "p", "publisher": "r"}
    assert full["properties"]["securityProfile"]["securityType"] == "TrustedLaunch"
    assert full["properties"]["storageProfile"]["diskControllerType"] == "NVMe"


def test_each_secret_is_new_and_strong_enough() -> None:
    assert len({_new_secret("Linux") for _ in range(3)}) == 3
    assert _new_secret("Linux").startswith("ssh-rsa ")
    first, second = _new_secret("Windows"), _new_secret("windows")
    assert first != second
    kinds = [str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum()]
    assert all(any(kind(letter) for letter in first) for kind in kinds)
    # documented: from 12 to 123 characters on Windows
    assert 12 <= len(first) <= 123


def seen(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "tags": {"gallerist-proof": "migration-1"},
        "properties": {
            "provisioningState": "Succeeded",
            "timeCreated": "2026-02-01T12:00:00.1234567+00:00",
            "storageProfile": {"imageReference": {"id": str(VERSION), "exactVersion": "1.0.0"}},
            **more,
        },
    }


def view(*statuses: dict[str, Any], agent: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"instanceView": {"statuses": list(statuses), **({"vmAgent": agent} if agent else {})}}


def test_a_running_machine_with_a_ready_agent() -> None:
    ready = {
        "code": "ProvisioningState/succeeded",
        "displayStatus": "Ready",
        "message": "Guest Agent is running",
    }
    agent = {"vmAgentVersion": "2.12.0.2", "statuses": [ready]}
    look = parse_machine(seen(**view({"code": "ProvisioningState/succeeded"}, agent=agent)))
    assert (look.provisioning_state, look.code, look.agent_ready) == ("Succeeded", "", True)
    assert (look.agent_version, look.version_id) == ("2.12.0.2", VERSION)
    assert look.created_at is not None
    assert look.tags == {"gallerist-proof": "migration-1"}


def test_a_failure_has_its_code_and_its_text() -> None:
    failed = {"code": "ProvisioningState/failed/AllocationFailed", "message": "no capacity"}
    unavailable = {"code": "ProvisioningState/Unavailable", "displayStatus": "Not Ready"}
    look = parse_machine(
        seen(
            provisioningState="Failed",
            **view(failed, agent={"vmAgentVersion": "Unknown", "statuses": [unavailable]}),
        )
    )
    assert (look.provisioning_state, look.code, look.message) == ("Failed", "AllocationFailed", "no capacity")
    assert (look.agent_ready, look.agent_message) == (False, "Not Ready")


@pytest.mark.parametrize(
    "odd",
    [
        {"id": ID},
        {"id": ID, "properties": None, "tags": None},
        {"id": ID, "properties": {"instanceView": [], "storageProfile": "x", "timeCreated": 7}},
        {"id": ID, "properties": {"instanceView": {"statuses": "x", "vmAgent": {"statuses": [None, 3]}}}},
        {"id": ID, "properties": {"storageProfile": {"imageReference": {"id": "/SharedGalleries/g"}}}},
        {"id": ID, "properties": {"instanceView": {"statuses": [{"code": None}, {}]}}},
    ],
)
def test_what_is_missing_or_odd_proves_nothing(odd: dict[str, Any]) -> None:
    look = parse_machine(odd)
    assert (look.provisioning_state, look.agent_ready, look.code) == ("Unknown", False, "")
    assert (look.version_id, look.created_at, look.tags) == (None, None, {})


def test_disks_and_interfaces_name_their_machine_in_different_places() -> None:
    disk = parse_left_resource({"id": f"{PROVIDER}/disks/d", "managedBy": ID, "tags": {"a": "b"}}, "v")
    interface = parse_left_resource(
        {
            "id": f"{GROUP}/providers/Microsoft.Network/networkInterfaces/n",
            "properties": {"virtualMachine": {"id": ID}},
        },
        "v",
    )
    free = parse_left_resource({"id": f"{PROVIDER}/disks/d", "properties": None}, "v")
    assert (disk.machine, disk.tags, disk.name) == (ID, {"a": "b"}, "d")
    assert (interface.machine, interface.name) == (ID, "n")
    assert (free.machine, free.tags) == (None, {})
    assert parse_left_resource({}, "v") == LeftResource("", "", "", {}, None, "v")


def sku(*capabilities: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "virtualMachines",
        "name": "Standard_X",
        "family": "f",
        "capabilities": [{"name": name, "value": value} for name, value in capabilities],
        "restrictions": [],
        **more,
    }


def test_a_size_with_everything() -> None:
    document = sku(
        ("vCPUs", "2"),
        ("MemoryGB", "3.5"),
        ("HyperVGenerations", "V1,V2"),
        ("CpuArchitectureType", "Arm64"),
        ("DiskControllerTypes", "SCSI, NVMe"),
        ("MaxDataDiskCount", "4"),
        ("TrustedLaunchDisabled", "True"),
        ("GPUs", "1"),
    )
    assert parse_size(document, "eastus2") == VmSize(
        name="Standard_X",
        family="f",
        cores=2,
        memory_gb=3.5,
        generations=["V1", "V2"],
        architecture="Arm64",
        controllers=["scsi", "nvme"],
        trusted_launch=False,
        data_disks=4,
        special=True,
    )


def test_a_size_that_says_nothing_has_the_documented_defaults() -> None:
    size = parse_size({"resourceType": "virtualMachines", "name": "Old", "capabilities": None}, "eastus2")
    assert size is not None
    assert (size.generations, size.architecture, size.controllers) == (["V1"], "x64", ["scsi"])
    assert (size.trusted_launch, size.data_disks, size.restricted, size.cores) == (True, 0, False, 0)


@pytest.mark.parametrize("amount", ["nan", "inf", "-1", "many", "1e99"])
def test_a_number_that_is_none_is_zero(amount: str) -> None:
    size = parse_size(sku(("vCPUs", amount), ("MemoryGB", amount)), "eastus2")
    assert size is not None
    assert (size.cores, size.memory_gb) == (0, 0)


@pytest.mark.parametrize(
    "document", [{}, {"resourceType": "disks", "name": "P"}, {"resourceType": "virtualMachines"}, None]
)
def test_what_is_no_size_is_left_out(document: Any) -> None:
    assert parse_size(document, "eastus2") is None


@pytest.mark.parametrize(
    ("restriction", "restricted"),
    [
        ({"type": "Location", "values": ["eastus2"]}, True),
        ({"type": "Location", "values": ["East US 2"]}, True),
        ({"type": "Location", "values": ["westus2"]}, False),
        ({"type": "Zone", "values": ["eastus2"]}, False),
        ({"type": "Location"}, True),
        ({}, True),
    ],
)
def test_a_restriction_of_the_region_counts(restriction: dict[str, Any], *, restricted: bool) -> None:
    """What cannot be read restricts: another size costs less than a refusal."""
    size = parse_size(sku(restrictions=[restriction]), "eastus2")
    assert size is not None
    assert size.restricted is restricted
