"""Machines that boot or do not, what they bring and leave, sizes, quotas, and the refusals of each."""

from typing import Any

import pytest
from azure_compute_simulator.faults import MachineFault, MachineFaultKind
from azure_compute_simulator.resource_ids import parse_resource_id
from simulator_client import ArmClient
from simulator_documents import COMPUTE, IMAGE, SUBSCRIPTION, definition, image, seed, version

GROUP = COMPUTE.split("/providers/")[0]
NETWORK = f"{GROUP}/providers/Microsoft.Network"
SUBNET = f"{NETWORK}/virtualNetworks/net/subnets/proofs"
VERSION = f"{COMPUTE}/galleries/g/images/web/versions/1.0.0"
PLAN = {"name": "gen1", "product": "rocky", "publisher": "resf"}


def machine(reference: str = VERSION, size: str = "Standard_D2s_v5", **properties: Any) -> Any:
    """A machine as a careful client asks for it: everything goes with it when it is deleted."""
    return {
        "location": "eastus2",
        "tags": {"purpose": "proof"},
        "properties": {
            "hardwareProfile": {"vmSize": size},
            "storageProfile": {
                "imageReference": {"id": reference},
                "osDisk": {"name": "m-os", "createOption": "FromImage", "deleteOption": "Delete"},
            },
            "osProfile": {
                "computerName": "m",
                "adminUsername": "a",
                "linuxConfiguration": {
                    "ssh": {"publicKeys": [{"path": "/home/a/.ssh/authorized_keys", "keyData": "ssh-rsa A"}]}
                },
            },
            "networkProfile": {
                "networkApiVersion": "2022-11-01",
                "networkInterfaceConfigurations": [
                    {
                        "name": "m-nic",
                        "tags": {"purpose": "proof"},
                        "properties": {
                            "deleteOption": "Delete",
                            "ipConfigurations": [{"name": "ip", "properties": {"subnet": {"id": SUBNET}}}],
                        },
                    }
                ],
            },
        }
        | properties,
    }


@pytest.fixture
def gallery(gallery: ArmClient) -> ArmClient:
    """A gallery whose definition has the version 1.0.0; a timeout of a boot is 40 simulated minutes."""
    gallery.put("galleries/g/images/web/versions/1.0.0", version())
    gallery.simulator.set_pace("seconds:428")
    return gallery


def fault(arm: ArmClient, kind: MachineFaultKind, **fields: Any) -> None:
    arm.simulator.add_fault(MachineFault(kind, **fields))


def view(arm: ArmClient) -> Any:
    return arm.get("virtualMachines/m/instanceView")


def codes(arm: ArmClient) -> list[str]:
    return [status["code"] for status in view(arm)["statuses"]]


def agent(arm: ArmClient) -> str | None:
    """What the agent's status is; None if the view does not have it."""
    found = view(arm).get("vmAgent")
    return found and found["statuses"][0]["displayStatus"]


def listed(arm: ArmClient, path: str) -> list[Any]:
    return list(arm.get(path, "api-version=2023-09-01")["value"])


def leftovers(arm: ArmClient) -> list[str]:
    """The names of disks and interfaces that exist."""
    return sorted(
        one["name"]
        for path in (f"{COMPUTE}/disks", f"{NETWORK}/networkInterfaces")
        for one in listed(arm, path)
    )


def test_a_machine_brings_its_interface_and_disks_and_takes_along_what_says_so(gallery: ArmClient) -> None:
    created = gallery.put("virtualMachines/m", machine())
    assert created["properties"]["networkProfile"]["networkInterfaces"][0]["properties"] == {
        "primary": True,
        "deleteOption": "Delete",
    }
    interface, disk = leftovers(gallery)
    assert (interface.rpartition("-")[0], disk) == ("m-nic", "m-os")
    (found,) = listed(gallery, f"{COMPUTE}/disks")
    assert (found["managedBy"], found["tags"]) == (f"{COMPUTE}/virtualMachines/m", {"purpose": "proof"})
    gallery.send("DELETE", "virtualMachines/m")
    gallery.simulator.skip_time(600)
    assert leftovers(gallery) == []


def test_without_the_delete_option_everything_stays(gallery: ArmClient) -> None:
    wanted = machine()
    del wanted["properties"]["storageProfile"]["osDisk"]["deleteOption"]
    del wanted["properties"]["networkProfile"]["networkInterfaceConfigurations"][0]["properties"][
        "deleteOption"
    ]
    gallery.put("virtualMachines/m", wanted)
    gallery.simulator.skip_time(600)
    status, error = gallery.error("DELETE", "disks/m-os")
    assert (status, error["code"]) == (409, "OperationNotAllowed")
    interface = listed(gallery, f"{NETWORK}/networkInterfaces")[0]["id"]
    status, error = gallery.error("DELETE", interface, query="api-version=2023-09-01")
    assert (status, error["code"]) == (400, "NicInUse")
    gallery.send("DELETE", "virtualMachines/m")
    gallery.simulator.skip_time(600)
    assert len(leftovers(gallery)) == 2
    assert listed(gallery, f"{COMPUTE}/disks")[0]["properties"]["diskState"] == "Unattached"
    for path in (f"{COMPUTE}/disks/m-os", interface):
        assert gallery.send("DELETE", path, query="api-version=2023-09-01").status == 202


def test_the_data_disks_of_the_image_come_by_themselves_and_stay(gallery: ArmClient) -> None:
    """Those that are named must be those of the image, and go with the machine if they say so."""
    source = image("data", blob="x")
    del source["blob"]
    source["properties"]["storageProfile"]["dataDisks"] = [
        {"lun": lun, "diskSizeGB": 64, "managedDisk": {"id": f"{COMPUTE}/disks/d{lun}"}} for lun in (0, 3)
    ]
    gallery.put("images/data", {name: source[name] for name in ("location", "properties")})
    gallery.simulator.skip_time(600)
    gallery.put("galleries/g/images/web/versions/2.0.0", version(f"{COMPUTE}/images/data"))
    gallery.simulator.skip_time(6000)
    wanted = machine(VERSION.replace("1.0.0", "2.0.0"))
    disks = gallery.put("virtualMachines/m", wanted)["properties"]["storageProfile"]["dataDisks"]
    assert [(disk["lun"], disk["deleteOption"]) for disk in disks] == [(0, "Detach"), (3, "Detach")]
    gallery.send("DELETE", "virtualMachines/m")
    gallery.simulator.skip_time(600)
    assert len(leftovers(gallery)) == 2
    named = [{"lun": lun, "createOption": "FromImage", "deleteOption": "Delete"} for lun in (0, 3)]
    wanted["properties"]["storageProfile"]["dataDisks"] = named[:1]
    status, error = gallery.error("PUT", "virtualMachines/n", wanted)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert "does not have required value(s)" in error["message"]
    wanted["properties"]["storageProfile"]["dataDisks"] = named
    gallery.put("virtualMachines/n", wanted)
    gallery.send("DELETE", "virtualMachines/n")
    gallery.simulator.skip_time(600)
    assert len(leftovers(gallery)) == 2


def test_a_machine_is_not_written_over_with_another_secret(gallery: ArmClient) -> None:
    """Reported: azure-cli #11840, and for passwords karpenter-provider-azure #791."""
    wanted = machine()
    gallery.put("virtualMachines/m", wanted)
    assert gallery.send("PUT", "virtualMachines/m", wanted).status == 200
    keys = wanted["properties"]["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"]
    keys[0]["keyData"] = "ssh-rsa B"
    status, error = gallery.error("PUT", "virtualMachines/m", wanted)
    assert (status, error["code"], error["target"]) == (
        409,
        "PropertyChangeNotAllowed",
        "linuxConfiguration.ssh.publicKeys",
    )


def test_a_generalized_image_needs_an_os_profile(gallery: ArmClient) -> None:
    wanted = machine()
    del wanted["properties"]["osProfile"]
    status, error = gallery.error("PUT", "virtualMachines/m", wanted)
    assert (status, error["code"], error["target"]) == (400, "InvalidParameter", "osProfile")


def test_an_interface_needs_the_version_of_the_network_api(gallery: ArmClient) -> None:
    wanted = machine()
    del wanted["properties"]["networkProfile"]["networkApiVersion"]
    assert (
        gallery.error("PUT", "virtualMachines/m", wanted)[1]["target"] == "networkProfile.networkApiVersion"
    )
    wanted = machine()
    (configuration,) = wanted["properties"]["networkProfile"]["networkInterfaceConfigurations"]
    configuration["properties"]["ipConfigurations"] = []
    assert "subnet" in gallery.error("PUT", "virtualMachines/m", wanted)[1]["message"]
    assert leftovers(gallery) == []


def test_a_machine_boots_and_then_its_agent_reports(gallery: ArmClient) -> None:
    gallery.put("virtualMachines/m", machine())
    assert (codes(gallery)[0], agent(gallery)) == ("ProvisioningState/creating", None)
    gallery.simulator.skip_time(45)
    assert (codes(gallery), agent(gallery)) == (
        ["ProvisioningState/succeeded", "PowerState/running"],
        "Not Ready",
    )
    gallery.simulator.skip_time(60)
    assert agent(gallery) == "Ready"


@pytest.mark.parametrize("by", ["fault", "version", "source"])
def test_a_guest_that_never_reports_times_out_after_forty_minutes(gallery: ArmClient, by: str) -> None:
    """The machine runs all the same. The seed of the version or of its source says it, or a fault."""
    if by == "fault":
        fault(gallery, "timed-out")
    else:
        owner = IMAGE if by == "source" else VERSION
        gallery.simulator.azure.get(parse_resource_id(owner)).hidden["boot"] = "timed-out"
    response = gallery.send("PUT", "virtualMachines/m", machine())
    gallery.simulator.skip_time(2000)
    assert codes(gallery)[0] == "ProvisioningState/creating"
    gallery.simulator.skip_time(500)
    assert codes(gallery) == ["ProvisioningState/failed/OSProvisioningTimedOut", "PowerState/running"]
    assert "did not finish in the allotted time" in view(gallery)["statuses"][0]["message"]
    assert gallery.operation(response)["error"]["code"] == "OSProvisioningTimedOut"
    gallery.simulator.skip_time(100_000)
    assert (codes(gallery)[0].split("/")[1], agent(gallery)) == ("failed", "Not Ready")


def test_a_guest_that_timed_out_can_still_succeed(gallery: ArmClient) -> None:
    fault(gallery, "timed-out-then-ready")
    gallery.put("virtualMachines/m", machine())
    gallery.simulator.skip_time(2500)
    assert codes(gallery)[0] == "ProvisioningState/failed/OSProvisioningTimedOut"
    assert gallery.simulator.azure.next_due() is not None
    (created,) = (one for one in gallery.simulator.operations() if one["id"].endswith("virtualMachines/m"))
    assert (created["status"], created["succeededLate"]) == ("Failed", None)
    gallery.simulator.skip_time(900)
    assert (codes(gallery)[0], agent(gallery)) == ("ProvisioningState/succeeded", "Ready")
    (created,) = (one for one in gallery.simulator.operations() if one["id"].endswith("virtualMachines/m"))
    assert created["status"] == "Failed"
    assert created["succeededLate"] > created["ended"]
    assert gallery.simulator.azure.next_due() is None


def test_an_image_that_was_not_generalized_fails_as_a_client_error(gallery: ArmClient) -> None:
    fault(gallery, "client-error")
    gallery.put("virtualMachines/m", machine())
    gallery.simulator.skip_time(700)
    assert codes(gallery)[0] == "ProvisioningState/failed/OSProvisioningClientError"
    assert "has not been properly prepared" in view(gallery)["statuses"][0]["message"]


def test_an_agent_can_stay_silent_although_the_machine_is_provisioned(gallery: ArmClient) -> None:
    fault(gallery, "agent-never-ready")
    gallery.put("virtualMachines/m", machine())
    gallery.simulator.skip_time(100_000)
    assert (codes(gallery)[0], agent(gallery)) == ("ProvisioningState/succeeded", "Not Ready")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("no-agent", "ProvisioningState/failed/OSProvisioningTimedOut"),
        ("reports-ready", "ProvisioningState/succeeded"),
    ],
)
def test_an_image_without_an_agent_has_to_report_by_itself(
    gallery: ArmClient, outcome: MachineFaultKind, state: str
) -> None:
    fault(gallery, outcome)
    wanted = machine()
    wanted["properties"]["osProfile"]["linuxConfiguration"]["provisionVMAgent"] = False
    gallery.put("virtualMachines/m", wanted)
    gallery.simulator.skip_time(3000)
    assert (codes(gallery), agent(gallery)) == ([state, "PowerState/running"], None)


def test_an_image_with_a_plan_needs_it_in_the_request(gallery: ArmClient) -> None:
    document = definition(sku="bought")
    document["properties"]["purchasePlan"] = PLAN
    gallery.put("galleries/g/images/bought", document)
    gallery.simulator.skip_time(600)
    gallery.put("galleries/g/images/bought/versions/1.0.0", version())
    gallery.simulator.skip_time(6000)
    wanted = machine(VERSION.replace("/web/", "/bought/"))
    gallery.put("virtualMachines/m", wanted)
    gallery.simulator.skip_time(600)
    assert codes(gallery) == ["ProvisioningState/failed/VMMarketplaceInvalidInput"]
    created = gallery.put("virtualMachines/n", wanted | {"plan": PLAN})
    assert created["plan"] == PLAN
    fault(gallery, "not-purchasable")
    status, error = gallery.error("PUT", "virtualMachines/o", wanted | {"plan": PLAN})
    assert (status, error["code"]) == (400, "MarketplacePurchaseEligibilityFailed")
    assert "OfferId: rocky" in error["details"][0]["message"]


@pytest.mark.parametrize(
    ("kind", "status", "code", "text"),
    [
        ("sku-not-available", 409, "SkuNotAvailable", "Capacity Restrictions: Standard_D2s_v5"),
        ("quota", 409, "OperationNotAllowed", "standardDSv5Family Cores quota"),
        ("quota-exceeded", 409, "QuotaExceeded", "(Minimum) New Limit Required: 12"),
    ],
)
def test_a_fault_refuses_a_machine(
    gallery: ArmClient, kind: MachineFaultKind, status: int, code: str, text: str
) -> None:
    fault(gallery, kind, size="Standard_D2s_v5")
    answer = gallery.error("PUT", "virtualMachines/m", machine())
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert text in answer[1]["message"]
    assert leftovers(gallery) == []
    assert gallery.send("PUT", "virtualMachines/m", machine()).status == 201


def test_a_refused_machine_can_leave_its_interface(gallery: ArmClient) -> None:
    fault(gallery, "quota", leaves=True)
    gallery.error("PUT", "virtualMachines/m", machine())
    (left,) = listed(gallery, f"{NETWORK}/networkInterfaces")
    assert (left["name"].startswith("m-nic-"), left["tags"]) == (True, {"purpose": "proof"})
    assert gallery.send("DELETE", left["id"], query="api-version=2023-09-01").status == 202


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("allocation-failed", "AllocationFailed"),
        ("zonal-allocation-failed", "ZonalAllocationFailed"),
        ("overconstrained", "OverconstrainedAllocationRequest"),
    ],
)
def test_an_allocation_fails_in_the_operation(gallery: ArmClient, kind: MachineFaultKind, code: str) -> None:
    """The machine stays behind in Failed, with its disks and its interface, until it is deleted."""
    fault(gallery, kind, location="eastus2")
    response = gallery.send("PUT", "virtualMachines/m", machine())
    assert response.status == 201
    gallery.simulator.skip_time(600)
    assert gallery.operation(response)["error"]["code"] == code
    assert (codes(gallery), agent(gallery)) == ([f"ProvisioningState/failed/{code}"], None)
    assert len(leftovers(gallery)) == 2
    gallery.send("DELETE", "virtualMachines/m")
    gallery.simulator.skip_time(600)
    assert leftovers(gallery) == []


@pytest.mark.parametrize(("regional", "family"), [(4, 350), (350, 4)])
def test_the_cores_of_machines_count_against_the_quotas(
    gallery: ArmClient, regional: int, family: int
) -> None:
    gallery.simulator.switches.regional_cores = regional
    gallery.simulator.switches.family_cores = family
    for name in ("a", "b"):
        gallery.put(f"virtualMachines/{name}", machine())
    status, error = gallery.error("PUT", "virtualMachines/c", machine())
    assert (status, error["code"]) == (409, "OperationNotAllowed")
    assert "Current Limit: 4, Current Usage: 4, Additional Required: 2" in error["message"]
    usages = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/eastus2/usages"
    found = {one["name"]["value"]: one for one in gallery.get(usages, "api-version=2024-07-01")["value"]}
    assert (found["cores"]["currentValue"], found["cores"]["limit"]) == (4, regional)
    assert found["standardDSv5Family"]["currentValue"] == 4
    assert found["standardBSFamily"]["currentValue"] == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("Standard_D2ps_v5", "cannot boot Hypervisor Generation '1'"),
        ("Standard_NC24ads_A100_v4", "cannot boot Hypervisor Generation '1'"),
    ],
)
def test_a_size_of_another_generation_is_refused(gallery: ArmClient, size: str, text: str) -> None:
    status, error = gallery.error("PUT", "virtualMachines/m", machine(size=size))
    assert (status, error["code"]) == (400, "BadRequest")
    assert text in error["message"]


def test_a_size_of_another_architecture_is_refused(gallery: ArmClient) -> None:
    gallery.put("galleries/g/images/two", definition("V2", sku="two"))
    gallery.simulator.skip_time(600)
    gallery.put("galleries/g/images/two/versions/1.0.0", version(f"{COMPUTE}/images/second"))
    gallery.simulator.skip_time(6000)
    wanted = machine(VERSION.replace("/web/", "/two/"), "Standard_D2ps_v5")
    status, error = gallery.error("PUT", "virtualMachines/m", wanted)
    assert (status, error["code"]) == (400, "BadRequest")
    assert "only supports a CPU Architecture of 'Arm64'" in error["message"]


def skus(arm: ArmClient, condition: str = "&$filter=location eq 'eastus2'") -> Any:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/skus"
    return arm.get(path, f"api-version=2021-07-01{condition}")["value"]


def test_the_list_of_skus_has_capabilities_and_restrictions(gallery: ArmClient) -> None:
    """A restricted size is listed with its restriction, and refused."""
    gallery.simulator.switches.restricted_sizes = ("Standard_D2s_v6@eastus2", "standard_m8ms")
    found = {one["name"]: one for one in skus(gallery) if one["resourceType"] == "virtualMachines"}
    capabilities = {one["name"]: one["value"] for one in found["Standard_D2s_v6"]["capabilities"]}
    expected = {"HyperVGenerations": "V2", "DiskControllerTypes": "NVMe", "CpuArchitectureType": "x64"}
    assert capabilities | expected == capabilities
    older = {one["name"]: one["value"] for one in found["Standard_M8ms"]["capabilities"]}
    assert (older["TrustedLaunchDisabled"], "DiskControllerTypes" in older) == ("True", False)
    assert found["Standard_D2s_v6"]["restrictions"][0]["reasonCode"] == "NotAvailableForSubscription"
    assert found["Standard_D2s_v5"]["restrictions"] == []
    assert found["Standard_D2s_v5"]["locations"] == ["eastus2"]
    assert {one["resourceType"] for one in skus(gallery)} == {"virtualMachines", "disks"}
    regions = {one["locations"][0] for one in skus(gallery, "")}
    assert {"eastus2", "westus"} <= regions
    gallery.simulator.switches.restricted_sizes = ("Standard_D2s_v5",)
    assert gallery.error("PUT", "virtualMachines/m", machine())[1]["code"] == "SkuNotAvailable"


def test_the_list_of_skus_has_one_filter(gallery: ArmClient) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/skus"
    query = "api-version=2021-07-01&$filter=name eq 'Standard_D2s_v5'"
    assert gallery.error("GET", path, query=query)[1]["code"] == "InvalidFilterInQueryString"


def test_machines_need_the_rights_on_what_they_bring_and_take(gallery: ArmClient) -> None:
    """Reported for disks, documented for subnets, inferred for interfaces and deletions."""
    principal = gallery.simulator.identity.principal(gallery.authorization).object_id

    def may(*actions: str) -> None:
        role = {"principal": principal, "scope": "/", "actions": list(actions)}
        gallery.simulator.set_roles([role])

    writes = [
        "Microsoft.Compute/virtualMachines/write",
        "Microsoft.Compute/galleries/images/versions/read",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "Microsoft.Network/networkInterfaces/write",
        "Microsoft.Network/networkInterfaces/join/action",
        "Microsoft.Compute/disks/write",
    ]
    for missing in writes[1:]:
        may(*(action for action in writes if action != missing))
        error = gallery.error("PUT", "virtualMachines/m", machine())[1]
        assert error["code"] == "LinkedAuthorizationFailed"
        assert missing in error["message"]
    may(*writes)
    assert gallery.send("PUT", "virtualMachines/m", machine()).status == 201
    deletes = ["Microsoft.Compute/virtualMachines/delete", "Microsoft.Compute/disks/delete"]
    may(*deletes)
    assert "networkInterfaces/delete" in gallery.error("DELETE", "virtualMachines/m")[1]["message"]
    may(*deletes, "Microsoft.Network/networkInterfaces/delete")
    assert gallery.send("DELETE", "virtualMachines/m").status == 202


def test_a_seed_with_an_unknown_outcome_is_refused(gallery: ArmClient) -> None:
    odd = image("odd", _simulator={"boot": "explodes"})
    gallery.simulator.reset(seed(odd))
    status, error = gallery.error("PUT", "virtualMachines/m", machine(f"{COMPUTE}/images/odd"))
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert "explodes" in error["message"]
