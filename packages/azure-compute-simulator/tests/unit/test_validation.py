"""Invalid requests get the code, the message and the target of the real ARM."""

from copy import deepcopy
from typing import Any

import pytest
from azure_compute_simulator.clock import parse_date, six_months_after
from simulator_client import ArmClient
from simulator_documents import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, definition, image, seed, version

VERSION = "galleries/g/images/web/versions/1.0.0"


def changed(document: Any, path: str, value: Any) -> Any:
    """Returns a copy of the document with one value set, or removed if it is None."""
    document = deepcopy(document)
    *parents, last = path.split(".")
    parent = document
    for name in parents:
        parent = parent.setdefault(name, {})
    if value is None:
        parent.pop(last, None)
    else:
        parent[last] = value
    return document


def targets(*regions: Any) -> Any:
    return changed(version(), "properties.publishingProfile.targetRegions", list(regions))


def publishing(**values: Any) -> Any:
    document = version()
    document["properties"]["publishingProfile"] |= values
    return document


REFUSED = {
    "name of four parts": (
        "galleries/g/images/web/versions/1.0.0.0",
        version(),
        400,
        "InvalidParameter",
        "The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int)",
    ),
    "number above 32 bits": (
        "galleries/g/images/web/versions/1.0.2147483648",
        version(),
        400,
        "InvalidParameter",
        "int is between 0 and 2,147,483,647 (inclusive)",
    ),
    "no location": (
        VERSION,
        changed(version(), "location", None),
        400,
        "LocationRequired",
        "The location property",
    ),
    "location that is not a region": (
        VERSION,
        changed(version(), "location", "atlantis"),
        400,
        "LocationNotAvailableForResourceType",
        "The provided location 'atlantis' is not available",
    ),
    "missing image": (
        VERSION,
        version(f"{COMPUTE}/images/missing"),
        404,
        "NotFound",
        "is not found. Please check source exists, and is in the same region",
    ),
    "image in another region": (
        VERSION,
        version(f"{COMPUTE}/images/far"),
        404,
        "NotFound",
        "is in the same region as gallery image version being created",
    ),
    "no source": (
        VERSION,
        changed(version(), "properties.storageProfile", {}),
        400,
        "InvalidParameter",
        "One and only one source type",
    ),
    "two sources": (
        VERSION,
        changed(version(), "properties.storageProfile.osDiskImage", {"source": {"id": "x"}}),
        400,
        "InvalidParameter",
        "One and only one source type",
    ),
    "target regions without the version's own": (
        VERSION,
        version(IMAGE, "northeurope"),
        400,
        "InvalidParameter",
        "regions 'northeurope' must contain the location of image version 'East US 2'.",
    ),
    "a region twice, spelled differently": (
        VERSION,
        version(IMAGE, "eastus2", "East US 2"),
        400,
        "InvalidParameter",
        "Duplicate regions are not allowed in target publishing regions.",
    ),
    "target that is not a region": (
        VERSION,
        version(IMAGE, "eastus2", "atlantis"),
        400,
        "InvalidParameter",
        "The value 'atlantis'",
    ),
    "no replicas": (VERSION, publishing(replicaCount=0), 400, "InvalidParameter", "must be from 1 to 100"),
    "too many replicas in a region": (
        VERSION,
        targets({"name": "eastus2", "regionalReplicaCount": 101}),
        400,
        "InvalidParameter",
        "must be from 1 to 100",
    ),
    "unknown storage account type": (
        VERSION,
        targets({"name": "eastus2", "storageAccountType": "Golden"}),
        400,
        "BadRequest",
        'Error converting value "Golden"',
    ),
    "end of life in the past": (
        VERSION,
        publishing(endOfLifeDate="2001-01-01T00:00:00Z"),
        400,
        "InvalidParameter",
        "EndOfLifeDate must be set to a future date.",
    ),
    "end of life after the year 9999 in UTC": (
        VERSION,
        publishing(endOfLifeDate="9999-12-31T23:59:59-14:00"),
        400,
        "BadRequest",
        'Error converting value "9999-12-31T23:59:59-14:00"',
    ),
    "definition missing": (
        "galleries/g/images/none/versions/1.0.0",
        version(),
        404,
        "ParentResourceNotFound",
        "Failed to perform 'write' on resource(s) of type 'galleries/images/versions', because the parent resource",
    ),
    "gallery missing": (
        "galleries/none/images/web",
        definition(),
        404,
        "ParentResourceNotFound",
        "galleries/none' could not be found.",
    ),
    "gallery name with a dash": (
        "galleries/a-b",
        {"location": "eastus2"},
        400,
        "InvalidParameter",
        "The gallery name 'a-b' is invalid",
    ),
    "gallery name in use in another group": (
        COMPUTE.replace("/Images/", "/other/") + "/galleries/G",
        {"location": "eastus2"},
        409,
        "Conflict",
        "The gallery name G is not unique within the subscription",
    ),
    "gallery in another location": (
        "galleries/g",
        {"location": "westus"},
        409,
        "InvalidResourceLocation",
        "already exists in location 'eastus2'",
    ),
    "definition name that ends with a period": (
        "galleries/g/images/web.",
        definition(sku="two"),
        400,
        "InvalidParameter",
        "The gallery image name 'web.' is invalid",
    ),
    "publisher, offer and sku in use": (
        "galleries/g/images/twin",
        changed(definition(), "properties.identifier.sku", "SKU"),
        409,
        "Conflict",
        "Choose a different publisher, offer, sku combination.",
    ),
    "no OS type": (
        "galleries/g/images/new",
        changed(definition(sku="two"), "properties.osType", None),
        400,
        "InvalidParameter",
        "Required parameter 'galleryImage.properties.osType' is missing (null).",
    ),
    "unknown OS type": (
        "galleries/g/images/new",
        changed(definition(sku="two"), "properties.osType", "Amiga"),
        400,
        "BadRequest",
        'Error converting value "Amiga"',
    ),
    "image from a blob without a generation": (
        "images/new",
        {
            "location": "eastus2",
            "properties": {
                "storageProfile": {"osDisk": {"osType": "Linux", "blobUri": "https://a.test/b.vhd"}}
            },
        },
        400,
        "InvalidParameter",
        "Required parameter 'hyperVGeneration' is missing (null).",
    ),
    "image from a missing machine": (
        "images/new",
        {
            "location": "eastus2",
            "properties": {"sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/none"}},
        },
        404,
        "NotFound",
        "The entity was not found in this Azure location.",
    ),
    "image with two sources for a disk": (
        "images/new",
        {
            "location": "eastus2",
            "properties": {
                "storageProfile": {
                    "osDisk": {"osType": "Linux", "blobUri": "https://a.test/b", "managedDisk": {"id": "/x"}}
                }
            },
        },
        400,
        "InvalidParameter",
        "Exactly one of managedDisk, snapshot, blobUri",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_an_invalid_write_is_refused(gallery: ArmClient, case: tuple[str, Any, int, str, str]) -> None:
    """It gets the code and message of ARM, and changes nothing."""
    path, body, status, code, message = case
    gallery.send("PUT", COMPUTE.split("/providers/")[0].replace("/Images", "/other"), {"location": "westus"})
    before = gallery.simulator.state()["resources"]
    status_code, error = gallery.error("PUT", path, body)
    assert (status_code, error["code"]) == (status, code)
    assert message in error["message"]
    assert gallery.simulator.state()["resources"] == before


FIXED = {
    "osType": "Windows",
    "osState": "Specialized",
    "hyperVGeneration": "V2",
    "architecture": "Arm64",
    "eula": "new",
    "identifier.sku": "other",
    "purchasePlan.name": "plan",
}


@pytest.mark.parametrize(("name", "value"), FIXED.items())
def test_fixed_properties_of_a_definition_cannot_be_changed(
    gallery: ArmClient, name: str, value: str
) -> None:
    status_code, error = gallery.error(
        "PUT", "galleries/g/images/web", changed(definition(), f"properties.{name}", value)
    )
    assert (status_code, error["code"]) == (409, "PropertyChangeNotAllowed")
    assert error["message"] == f"Changing property 'galleryImage.properties.{name}' is not allowed."
    assert error["target"] == f"galleryImage.properties.{name}"


WRONG_SOURCES = {
    "generation": (
        changed(definition(sku="two"), "properties.hyperVGeneration", "V2"),
        (
            f"The resource with id '{IMAGE}' has a different Hypervisor generation ['V1'] than the parent gallery "
            "image Hypervisor generation ['V2']."
        ),
    ),
    "OS type": (
        changed(definition(sku="two"), "properties.osType", "Windows"),
        (
            f"The resource with id '{IMAGE}' has a different OS type ['Linux'] than the parent gallery image OS type "
            "generation ['Windows']"
        ),
    ),
    "OS state": (
        changed(definition(sku="two"), "properties.osState", "Specialized"),
        (
            f"Cannot create Gallery Image Version from: {IMAGE} since the OS State in the parent gallery image "
            "(Specialized) is not Generalized"
        ),
    ),
}


@pytest.mark.parametrize(("document", "message"), WRONG_SOURCES.values(), ids=WRONG_SOURCES.keys())
def test_a_source_that_does_not_fit_is_accepted_and_fails_in_its_operation(
    gallery: ArmClient, document: Any, message: str
) -> None:
    """The PUT returns 201 and Creating. The operation then is Failed, inside HTTP 200."""
    gallery.put("galleries/g/images/other", document)
    response = gallery.send("PUT", "galleries/g/images/other/versions/1.0.0", version())
    assert response.status == 201
    operation = gallery.operation(response)
    assert operation["status"] == "Failed"
    assert operation["error"] == {"code": "Conflict", "message": message}
    assert (
        gallery.get("galleries/g/images/other/versions/1.0.0")["properties"]["provisioningState"] == "Failed"
    )


def test_a_purchase_plan_that_the_definition_lacks_fails_the_version(gallery: ArmClient) -> None:
    """A managed image never shows its plan, but the service knows it."""
    plan = {"name": "n", "publisher": "p", "product": "o"}
    gallery.simulator.azure.resources[IMAGE.lower()].hidden["plan"] = plan
    operation = gallery.operation(gallery.send("PUT", VERSION, version()))
    assert operation["status"] == "Failed"
    assert 'has a different plan [\'{"name": "n"' in operation["error"]["message"]
    assert operation["error"]["message"].endswith("than the parent gallery image plan ['null']")
    with_plan = changed(definition(sku="two"), "properties.purchasePlan", plan)
    gallery.put("galleries/g/images/planned", with_plan)
    response = gallery.send("PUT", "galleries/g/images/planned/versions/1.0.0", version())
    assert gallery.operation(response)["status"] == "Succeeded"


def test_a_protected_version_cannot_be_deleted_before_its_end_of_life(gallery: ArmClient) -> None:
    document = publishing(endOfLifeDate="2999-01-01T00:00:00Z")
    document["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": True}
    gallery.put(VERSION, document)
    status, error = gallery.error("DELETE", VERSION)
    assert (status, error["code"]) == (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife")


def test_the_newest_api_version_protects_new_versions_for_six_months(gallery: ArmClient) -> None:
    """Only what the request does not give is set, and only when the version is created."""
    newest = "api-version=2026-03-03"
    gallery.send("PUT", VERSION, version(), newest)
    shown = gallery.get(VERSION)["properties"]
    profile = shown["publishingProfile"]
    published, end = (parse_date(profile[name]) for name in ("publishedDate", "endOfLifeDate"))
    assert (end.year * 12 + end.month) - (published.year * 12 + published.month) == 6
    assert shown["safetyProfile"]["blockDeletionBeforeEndOfLife"] is True
    status, error = gallery.error("DELETE", VERSION)
    assert (status, error["code"]) == (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife")
    given = publishing(endOfLifeDate="2999-01-01T00:00:00Z")
    given["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": False}
    second = "galleries/g/images/web/versions/1.0.1"
    gallery.send("PUT", second, given, newest)
    assert gallery.get(second)["properties"]["publishingProfile"]["endOfLifeDate"].startswith("2999-01-01")
    assert gallery.send("DELETE", second).status == 202
    third = "galleries/g/images/web/versions/1.0.2"
    gallery.send("PUT", third, version(), "api-version=2025-12-03")
    gallery.send("PUT", third, version(), newest)
    assert "endOfLifeDate" not in gallery.get(third)["properties"]["publishingProfile"]


@pytest.mark.parametrize(
    ("date", "later"),
    [
        ("2026-01-31", "2026-07-31"),
        ("2026-08-31", "2027-02-28"),
        ("2026-06-30", "2026-12-30"),
        ("2026-07-01", "2027-01-01"),
    ],
)
def test_six_months_end_on_the_same_day_or_on_the_last_of_the_month(date: str, later: str) -> None:
    assert six_months_after(parse_date(date)) == parse_date(later)


def test_a_version_that_is_being_deleted_cannot_be_updated(gallery: ArmClient) -> None:
    gallery.put(VERSION, version())
    gallery.simulator.set_pace("seconds:1000")
    gallery.send("DELETE", VERSION)
    status, error = gallery.error("PUT", VERSION, version())
    assert (status, error["code"]) == (409, "OperationNotAllowed")
    assert "since it is marked for deletion" in error["message"]


def test_storage_account_types_are_fixed(gallery: ArmClient) -> None:
    gallery.put(VERSION, version())
    status, error = gallery.error(
        "PUT", VERSION, targets({"name": "eastus2", "storageAccountType": "Premium_LRS"})
    )
    assert (status, error["code"]) == (409, "PropertyChangeNotAllowed")
    assert error["target"].endswith("targetRegions.storageAccountType")


OTHER_CONTENT = {
    "sourceVirtualMachine": {"sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/second"}},
    "hyperVGeneration": {"hyperVGeneration": "V2"},
    "osDisk.managedDisk": {"storageProfile": {"osDisk": {"managedDisk": {"id": f"{COMPUTE}/disks/other"}}}},
    "osDisk.diskSizeGB": {"storageProfile": {"osDisk": {"diskSizeGB": 64}}},
    "dataDisks": {"storageProfile": {"dataDisks": [{"lun": 0, "blobUri": "https://a.test/d.vhd"}]}},
}


@pytest.mark.parametrize(("target", "properties"), OTHER_CONTENT.items())
def test_an_image_is_not_written_over(arm: ArmClient, target: str, properties: Any) -> None:
    """A PUT of the same content may change the tags. Other content is refused, with the property as target."""
    os_disk = {
        "osType": "Linux",
        "diskSizeGB": 30,
        "managedDisk": {"id": f"{COMPUTE}/disks/m", "storageAccountType": "Premium_LRS"},
    }
    for name in ("first", "second"):
        machine = {
            "id": f"{COMPUTE}/virtualMachines/{name}",
            "location": "eastus2",
            "properties": {"storageProfile": {"osDisk": os_disk}},
        }
        arm.put(f"virtualMachines/{name}", machine)
    document = {
        "location": "eastus2",
        "properties": {"sourceVirtualMachine": {"id": f"{COMPUTE}/virtualMachines/first"}},
    }
    arm.put("images/captured", document)
    before = arm.get("images/captured")
    arm.put("images/captured", before | {"tags": {"a": "b"}})
    before = arm.get("images/captured")
    assert before["tags"] == {"a": "b"}
    status, error = arm.error("PUT", "images/captured", {"location": "eastus2", "properties": properties})
    assert (status, error["code"], error["target"]) == (409, "PropertyChangeNotAllowed", target)
    assert error["message"] == f"Changing property '{target}' is not allowed."
    assert arm.get("images/captured") == before


CONFIDENTIAL = (
    "Confidential VM is not supported for the source id '{}'. Currently Snapshot, Disk and VM sources"
)
SECURITY_TYPES = {
    "ConfidentialVM from an image": ("ConfidentialVM", IMAGE, CONFIDENTIAL),
    "ConfidentialVM from a version": (
        "ConfidentialVM",
        f"{COMPUTE}/galleries/g/images/web/versions/1.0.0",
        CONFIDENTIAL,
    ),
    "TrustedLaunch from an image": (
        "TrustedLaunch",
        IMAGE,
        "The security type 'TrustedLaunch' is not supported for the source id '{}'.",
    ),
    "ConfidentialVMSupported from an image": ("ConfidentialVMSupported", IMAGE, None),
    "Standard from an image": ("Standard", IMAGE, None),
}


@pytest.mark.parametrize(
    ("security_type", "source", "message"), SECURITY_TYPES.values(), ids=SECURITY_TYPES.keys()
)
def test_a_security_type_refuses_the_sources_that_cannot_have_it(
    gallery: ArmClient, security_type: str, source: str, message: str | None
) -> None:
    """The request itself is refused, with the reported text, before any version exists."""
    gallery.put(VERSION, version())
    feature = {"name": "SecurityType", "value": security_type}
    gallery.put(
        "galleries/g/images/demanding", changed(definition(sku="two"), "properties.features", [feature])
    )
    path = "galleries/g/images/demanding/versions/1.0.0"
    if message is None:
        assert gallery.send("PUT", path, version(source)).status == 201
        return
    status, error = gallery.error("PUT", path, version(source))
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert error["message"].startswith(message.format(source))
    assert gallery.error("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("regions", "replicas", "refused"),
    [(("eastus2",), 1, False), (("eastus2",), 2, True), (("eastus2", "westus"), 1, True)],
    ids=["its region", "two replicas", "two regions"],
)
def test_a_shallow_version_stays_in_its_region_with_one_replica(
    gallery: ArmClient, regions: tuple[str, ...], replicas: int, refused: bool
) -> None:
    """Reported (packer-plugin-azure #383): also an update cannot replicate it."""
    document = changed(version(IMAGE, *regions), "properties.publishingProfile.replicationMode", "Shallow")
    document = changed(document, "properties.publishingProfile.replicaCount", replicas)
    if not refused:
        gallery.put(VERSION, document)
        status, error = gallery.error("PUT", VERSION, version(IMAGE, "eastus2", "westus"))
    else:
        status, error = gallery.error("PUT", VERSION, document)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert "replication mode 'Shallow'" in error["message"]


@pytest.mark.parametrize(("sharing", "refused"), [("Private", False), ("Groups", True), ("Community", True)])
def test_a_shared_gallery_takes_no_encrypted_version(arm: ArmClient, sharing: str, refused: bool) -> None:
    """Documented for both kinds of sharing. A version under the platform's key is accepted."""
    info = {"publicNamePrefix": "golden"} if sharing == "Community" else None
    profile = {"permissions": sharing, "communityGalleryInfo": info}
    arm.put("galleries/g", {"location": "eastus2", "properties": {"sharingProfile": profile}})
    arm.put("galleries/g/images/web", definition())
    encryption = {"osDiskImage": {"diskEncryptionSetId": f"{COMPUTE}/diskEncryptionSets/keys"}}
    targets = [{"name": "eastus2", "encryption": encryption}]
    document = changed(version(), "properties.publishingProfile.targetRegions", targets)
    if not refused:
        assert arm.send("PUT", VERSION, document).status == 201
        return
    status, error = arm.error("PUT", VERSION, document)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert f"a gallery that is shared ('{sharing}')" in error["message"]
    assert arm.send("PUT", VERSION, version()).status == 201


def test_an_encrypted_source_in_another_subscription_is_refused(arm: ArmClient) -> None:
    """Documented: an encrypted source must be in the gallery's subscription. There it is accepted."""
    other = "99999999-0000-0000-0000-000000000000"
    encrypted = changed(
        image("encrypted"),
        "properties.storageProfile.osDisk.diskEncryptionSet",
        {"id": f"{COMPUTE}/diskEncryptionSets/keys"},
    )
    document = seed(encrypted)
    document["subscriptions"].append({"id": other})
    document["resourceGroups"].append({"subscription": other, "name": GROUP, "location": "eastus2"})
    arm.simulator.reset(document)
    here, there = COMPUTE, COMPUTE.replace(SUBSCRIPTION, other)
    for compute in (here, there):
        arm.put(f"{compute}/galleries/g", {"location": "eastus2"})
        arm.put(f"{compute}/galleries/g/images/web", definition())
    path = f"{there}/{VERSION}"
    status, error = arm.error("PUT", path, version(encrypted["id"]))
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert error["message"].startswith("Encrypted source is in a different subscription")
    assert arm.send("PUT", path, version(IMAGE)).status == 201
    assert arm.send("PUT", f"{here}/{VERSION}", version(encrypted["id"])).status == 201
