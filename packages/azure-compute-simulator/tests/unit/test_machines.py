"""Virtual machines and scale sets that are created from images; deployments; disks."""

import json
from typing import Any

import pytest
from simulator_client import ArmClient
from simulator_documents import COMPUTE, IMAGE, definition, image, machine, seed, version

DEFINITION_ID = f"{COMPUTE}/galleries/g/images/web"
VERSIONS = "galleries/g/images/web/versions"


def test_a_machine_from_a_version_shows_the_exact_version(gallery: ArmClient) -> None:
    gallery.put(f"{VERSIONS}/1.0.0", version())
    created = gallery.put("virtualMachines/m", machine(f"{DEFINITION_ID}/versions/1.0.0"))
    assert created["etag"] == '"1"'
    properties = gallery.get("virtualMachines/m")["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["storageProfile"]["imageReference"]["exactVersion"] == "1.0.0"
    assert properties["storageProfile"]["osDisk"]["diskSizeGB"] == 30
    assert "adminPassword" not in properties["osProfile"]
    view = gallery.get("virtualMachines/m/instanceView")
    assert [status["code"] for status in view["statuses"]] == [
        "ProvisioningState/succeeded",
        "PowerState/running",
    ]
    assert gallery.send("DELETE", "virtualMachines/m").status == 202
    assert gallery.send("DELETE", "virtualMachines/m").status == 204


CANNOT_BOOT = "cannot boot with OS image or disk"
SCSI_ONLY, BOTH, NVME_ONLY = None, "SCSI, NVMe", "NVMe"


@pytest.mark.parametrize(
    ("stated", "size", "wanted", "refusal"),
    [
        (SCSI_ONLY, "Standard_D2s_v5", None, None),
        (SCSI_ONLY, "Standard_D8s_v6", None, CANNOT_BOOT),
        (SCSI_ONLY, "Standard_E8as_v7", None, CANNOT_BOOT),
        (BOTH, "Standard_D8s_v6", None, None),
        (BOTH, "Standard_D2s_v5", None, None),
        (NVME_ONLY, "Standard_D2s_v5", None, CANNOT_BOOT),
        (NVME_ONLY, "Standard_E8bds_v5", None, None),
        (SCSI_ONLY, "Standard_E8bds_v5", None, None),
        (SCSI_ONLY, "Standard_E8bds_v5", "NVMe", CANNOT_BOOT),
        (BOTH, "Standard_D4ads_v5", "NVMe", "cannot boot with DiskControllerType 'NVMe'"),
    ],
)
def test_a_machine_and_its_image_need_a_disk_controller_in_common(
    gallery: ArmClient, stated: str | None, size: str, wanted: str | None, refusal: str | None
) -> None:
    """Reported: an image whose definition is not marked does not start on most sizes of v6 (image-builder #1875)."""
    document = definition("V2", sku="other")
    if stated:
        document["properties"]["features"] = [{"name": "DiskControllerTypes", "value": stated}]
    gallery.put("galleries/g/images/other", document)
    gallery.put("galleries/g/images/other/versions/1.0.0", version(f"{COMPUTE}/images/second"))
    requested = machine(f"{COMPUTE}/galleries/g/images/other")
    requested["properties"]["hardwareProfile"]["vmSize"] = size
    if wanted:
        requested["properties"]["storageProfile"]["diskControllerType"] = wanted
    if refusal is None:
        assert gallery.send("PUT", "virtualMachines/m", requested).status == 201
        return
    status, error = gallery.error("PUT", "virtualMachines/m", requested)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert error["message"].startswith(f"The VM size '{size}' {refusal}")
    assert error["target"] == ("vmSize" if refusal == CANNOT_BOOT else "storageProfile.diskControllerType")


def test_a_managed_image_starts_on_no_size_with_nvme_only(arm: ArmClient) -> None:
    """Documented: only a definition can be marked for NVMe."""
    requested = machine(IMAGE)
    requested["properties"]["hardwareProfile"]["vmSize"] = "Standard_D8s_v6"
    assert CANNOT_BOOT in arm.error("PUT", "virtualMachines/m", requested)[1]["message"]


def test_a_scale_set_and_its_image_need_a_disk_controller_in_common(arm: ArmClient) -> None:
    profile = {"storageProfile": {"imageReference": {"id": IMAGE}}}
    requested = {
        "location": "eastus2",
        "sku": {"name": "Standard_D8s_v6", "capacity": 2},
        "properties": {"virtualMachineProfile": profile},
    }
    assert CANNOT_BOOT in arm.error("PUT", "virtualMachineScaleSets/s", requested)[1]["message"]


def test_latest_is_the_highest_version_that_is_replicated_and_not_excluded(gallery: ArmClient) -> None:
    excluded = version()
    excluded["properties"]["publishingProfile"]["excludeFromLatest"] = True
    here_excluded = version()
    here_excluded["properties"]["publishingProfile"]["targetRegions"][0]["excludeFromLatest"] = True
    documents = {"1.2.0": version(), "1.10.0": version(), "2.0.0": excluded, "2.1.0": here_excluded}
    for name, document in documents.items():
        gallery.put(f"{VERSIONS}/{name}", document)
    created = gallery.put("virtualMachines/m", machine(DEFINITION_ID))
    assert created["properties"]["storageProfile"]["imageReference"]["exactVersion"] == "1.10.0"


@pytest.mark.parametrize(("of_version", "of_region"), [(True, False), (False, True)])
def test_the_regions_exclusion_from_latest_wins_over_the_versions(
    gallery: ArmClient, *, of_version: bool, of_region: bool
) -> None:
    """A region without a flag of its own follows the version."""
    gallery.put(f"{VERSIONS}/1.0.0", version(IMAGE, "eastus2", "westus"))
    newer = version(IMAGE, "eastus2", "westus")
    newer["properties"]["publishingProfile"]["excludeFromLatest"] = of_version
    newer["properties"]["publishingProfile"]["targetRegions"][0]["excludeFromLatest"] = of_region
    gallery.put(f"{VERSIONS}/1.0.1", newer)
    latest = {
        location: gallery.put(f"virtualMachines/{location}", machine(DEFINITION_ID, location))["properties"][
            "storageProfile"
        ]["imageReference"]["exactVersion"]
        for location in ("eastus2", "westus")
    }
    assert latest == {
        "eastus2": "1.0.0" if of_region else "1.0.1",
        "westus": "1.0.0" if of_version else "1.0.1",
    }


@pytest.mark.parametrize("path", ["virtualMachines/m", "virtualMachineScaleSets/s"])
def test_a_version_that_is_not_replicated_to_the_region_is_not_found_there(
    gallery: ArmClient, path: str
) -> None:
    """This holds even if the version itself has succeeded."""
    gallery.simulator.set_pace("manual")
    gallery.simulator.switches.succeeded_early = True
    gallery.put(f"{VERSIONS}/1.0.0", version(IMAGE, "eastus2", "westus"))
    id_ = f"{DEFINITION_ID}/versions/1.0.0"
    gallery.simulator.set_progress(id_, region="eastus2")
    assert gallery.get(f"{VERSIONS}/1.0.0")["properties"]["provisioningState"] == "Succeeded"
    document = machine(id_, "westus")
    if "ScaleSets" in path:
        document = {"location": "westus", "properties": {"virtualMachineProfile": document["properties"]}}
    status, error = gallery.error("PUT", path, document)
    assert (status, error["code"]) == (404, "GalleryImageNotFound")
    assert error["message"].startswith(f"The gallery image {id_} is not available in westus region.")
    gallery.simulator.set_progress(id_)
    assert gallery.send("PUT", path, document).status == 201


def test_an_image_cannot_be_deleted_while_machines_are_created_from_it(arm: ArmClient) -> None:
    arm.simulator.set_pace("seconds:1000000")
    arm.put("virtualMachines/m", machine(IMAGE))
    status, error = arm.error("DELETE", "images/web")
    assert (status, error["code"]) == (409, "OperationNotAllowedOnVMImageAsVMsBeingProvisioned")
    arm.simulator.skip_time(1_000_000)
    assert arm.send("DELETE", "images/web").status == 202


def test_scale_sets_are_listed_with_their_image(arm: ArmClient) -> None:
    reference = {"imageReference": {"id": IMAGE}}
    document = {
        "location": "eastus2",
        "sku": {"name": "Standard_D2s_v5", "capacity": 2},
        "properties": {"virtualMachineProfile": {"storageProfile": reference}},
    }
    arm.put("virtualMachineScaleSets/s", document)
    for path in ("virtualMachineScaleSets", "virtualMachines"):
        everywhere = COMPUTE.split("/resourceGroups/")[0] + f"/providers/Microsoft.Compute/{path}"
        assert arm.get(path) == arm.get(everywhere)
    (found,) = arm.get("virtualMachineScaleSets")["value"]
    assert found["properties"]["virtualMachineProfile"]["storageProfile"] == reference


def test_an_image_can_be_created_from_a_machine(arm: ArmClient) -> None:
    arm.put("virtualMachines/m", machine(IMAGE))
    source = {"sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/m"}}
    arm.put("images/new", {"location": "eastus2", "properties": source})
    profile = arm.get("images/new")["properties"]["storageProfile"]
    assert profile["osDisk"]["osType"] == "Linux"
    assert profile["osDisk"]["diskSizeGB"] == 30
    assert "zoneResilient" not in profile


def test_trusted_launch_refuses_machines_as_sources_but_accepts_images(gallery: ArmClient) -> None:
    definition = gallery.get("galleries/g/images/web")["properties"]
    definition |= {
        "identifier": {"publisher": "p", "offer": "o", "sku": "trusted"},
        "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
    }
    gallery.put("galleries/g/images/trusted", {"location": "eastus2", "properties": definition})
    gallery.put("virtualMachines/m", machine(IMAGE))
    path = "galleries/g/images/trusted/versions/1.0.0"
    document = version()
    document["properties"]["storageProfile"] = {
        "source": {"virtualMachineId": f"{COMPUTE}/virtualMachines/m"}
    }
    assert "is not supported for the source id" in gallery.error("PUT", path, document)[1]["message"]
    assert gallery.send("PUT", path, version()).status == 201


def deployment(**resource: Any) -> Any:
    template = {"resources": [resource], "parameters": {"size": {"type": "string"}}}
    return {
        "properties": {"mode": "Incremental", "template": template, "parameters": {"size": {"value": "Big"}}}
    }


def test_a_deployment_starts_its_resources_and_ends_with_them(arm: ArmClient) -> None:
    """Parameters are replaced. Any other expression is refused."""
    path = f"{COMPUTE.split('/providers/')[0]}/providers/Microsoft.Resources/deployments/d"
    resource = machine(IMAGE) | {
        "type": "Microsoft.Compute/virtualMachines",
        "name": "m",
        "apiVersion": "2026-04-01",
    }
    resource["properties"]["hardwareProfile"]["vmSize"] = "[parameters('size')]"
    arm.simulator.set_pace("seconds:1000000")
    arm.put(path, deployment(**resource))
    assert arm.get(path)["properties"]["provisioningState"] == "Accepted"
    arm.simulator.skip_time(1_000_000)
    assert arm.get(path)["properties"]["provisioningState"] == "Succeeded"
    assert arm.get("virtualMachines/m")["properties"]["hardwareProfile"]["vmSize"] == "Big"
    resource["properties"]["hardwareProfile"]["vmSize"] = "[concat('a', 'b')]"
    assert arm.error("PUT", path, deployment(**resource))[1]["code"] == "InvalidTemplate"
    assert arm.error("PUT", path, deployment(type="A.B/c", name="x"))[1]["code"] == "InvalidTemplate"


DEPLOYMENT = f"{COMPUTE.split('/providers/')[0]}/providers/Microsoft.Resources/deployments/d"
DEPLOYMENT_FAILED = (
    "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
    "https://aka.ms/DeployOperations for usage details."
)


def test_a_refused_resource_fails_the_deployment_and_not_the_request(gallery: ArmClient) -> None:
    """The PUT is 201. The failed operation has the refusal as text, in the reported shape."""
    gallery.put(f"{VERSIONS}/1.0.0", version())
    resource = machine(f"{DEFINITION_ID}/versions/1.0.0", "westus") | {
        "type": "Microsoft.Compute/virtualMachines",
        "name": "m",
    }
    response = gallery.send("PUT", DEPLOYMENT, deployment(**resource))
    assert response.status == 201
    operation = gallery.operation(response)
    assert operation["status"] == "Failed"
    assert (operation["error"]["code"], operation["error"]["message"]) == (
        "DeploymentFailed",
        DEPLOYMENT_FAILED,
    )
    (detail,) = operation["error"]["details"]
    assert detail["code"] == "NotFound"
    assert json.loads(detail["message"])["error"]["code"] == "GalleryImageNotFound"
    assert gallery.get(DEPLOYMENT)["properties"]["provisioningState"] == "Failed"
    assert gallery.error("GET", "virtualMachines/m")[0] == 404


def test_a_resource_that_fails_fails_its_deployment(gallery: ArmClient) -> None:
    """The other resources of the template exist."""
    names = {"1.0.0": f"{COMPUTE}/images/second", "1.0.1": IMAGE}
    resources = [
        version(source) | {"type": "Microsoft.Compute/galleries/images/versions", "name": f"g/web/{name}"}
        for name, source in names.items()
    ]
    body = {"properties": {"mode": "Incremental", "template": {"resources": resources}}}
    operation = gallery.operation(gallery.send("PUT", DEPLOYMENT, body))
    assert operation["error"]["code"] == "DeploymentFailed"
    (detail,) = operation["error"]["details"]
    failure = json.loads(detail["message"])["error"]
    assert failure["code"] == "ResourceDeploymentFailure"
    assert "different Hypervisor generation" in failure["details"][0]["message"]
    states = [
        gallery.get(f"{VERSIONS}/{name}")["properties"]["provisioningState"] for name in ("1.0.0", "1.0.1")
    ]
    assert states == ["Failed", "Succeeded"]


def test_disks_can_be_read_but_not_written(arm: ArmClient) -> None:
    disk = {"location": "eastus2", "properties": {"diskSizeGB": 64, "hyperVGeneration": "V2"}}
    arm.simulator.reset(seed(disk | {"id": f"{COMPUTE}/disks/d"}))
    assert arm.get("disks/d")["properties"]["diskSizeGB"] == 64
    with_sku = disk | {"sku": {"name": "Premium_LRS"}}
    for method, body in (("PUT", with_sku), ("PATCH", {}), ("DELETE", None)):
        for path in ("disks/d", "snapshots/none") if method != "DELETE" else ("snapshots/none",):
            status, error = arm.error(method, path, body)
            assert (status, error["code"]) == (405, "HttpMethodNotSupported")
            assert "is not simulated. Put the resource into the seed." in error["message"]
    source = image()["properties"]["storageProfile"] | {}
    source["osDisk"] = {"osType": "Linux", "managedDisk": {"id": f"{COMPUTE}/disks/d"}}
    arm.put("images/new", {"location": "eastus2", "properties": {"storageProfile": source}})
    made = arm.get("images/new")["properties"]
    assert made["hyperVGeneration"] == "V2"
    assert made["storageProfile"]["osDisk"]["diskSizeGB"] == 64
