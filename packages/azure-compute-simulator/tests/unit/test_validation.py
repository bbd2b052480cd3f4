"""Requests that ARM refuses are refused with its code, its message and its target."""

from copy import deepcopy
from typing import Any

import pytest
from simulator_arm import Arm
from simulator_world import COMPUTE, IMAGE, definition, version

VERSION = "galleries/g/images/web/versions/1.0.0"


def changed(document: Any, path: str, value: Any) -> Any:
    """A copy of the document with one value set, or taken out when it is None."""
    document = deepcopy(document)
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place.setdefault(name, {})
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
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
    "location that is no region": (
        VERSION,
        changed(version(), "location", "atlantis"),
        400,
        "LocationNotAvailableForResourceType",
        "The provided location 'atlantis' is not available",
    ),
    "no such image": (
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
    "own region not among the targets": (
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
    "target that is no region": (
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
    "storage account type that is none": (
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
    "gallery name taken in another group": (
        COMPUTE.replace("/Images/", "/other/") + "/galleries/G",
        {"location": "eastus2"},
        409,
        "Conflict",
        "The gallery name G is not unique within the subscription",
    ),
    "gallery in another place": (
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
    "publisher, offer and sku taken": (
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
    "OS type that is none": (
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
    "image from a machine that is missing": (
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
def test_a_bad_write_is_refused(gallery: Arm, case: tuple[str, Any, int, str, str]) -> None:
    """With ARM's code and message, and without leaving anything behind."""
    path, body, status, code, message = case
    gallery.send("PUT", COMPUTE.split("/providers/")[0].replace("/Images", "/other"), {"location": "westus"})
    before = gallery.simulator.state()["resources"]
    answered, error = gallery.error("PUT", path, body)
    assert (answered, error["code"]) == (status, code)
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
def test_what_is_fixed_in_a_definition_cannot_be_put_over(gallery: Arm, name: str, value: str) -> None:
    answered, error = gallery.error(
        "PUT", "galleries/g/images/web", changed(definition(), f"properties.{name}", value)
    )
    assert (answered, error["code"]) == (409, "PropertyChangeNotAllowed")
    assert error["message"] == f"Changing property 'galleryImage.properties.{name}' is not allowed."
    assert error["target"] == f"galleryImage.properties.{name}"


MISFITS = {
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


@pytest.mark.parametrize(("document", "message"), MISFITS.values(), ids=MISFITS.keys())
def test_a_misfit_is_accepted_and_fails_in_its_operation(gallery: Arm, document: Any, message: str) -> None:
    """201 and Creating first; then the operation says Failed inside HTTP 200, over as soon as begun."""
    gallery.put("galleries/g/images/other", document)
    answer = gallery.send("PUT", "galleries/g/images/other/versions/1.0.0", version())
    assert answer.status == 201
    outcome = gallery.outcome(answer)
    assert outcome["status"] == "Failed"
    assert outcome["error"] == {"code": "Conflict", "message": message}
    assert (
        gallery.get("galleries/g/images/other/versions/1.0.0")["properties"]["provisioningState"] == "Failed"
    )


def test_a_plan_that_the_definition_lacks_fails(gallery: Arm) -> None:
    """A managed image never shows its plan; the service knows it all the same."""
    plan = {"name": "n", "publisher": "p", "product": "o"}
    gallery.simulator.azure.resources[IMAGE.lower()].hidden["plan"] = plan
    outcome = gallery.outcome(gallery.send("PUT", VERSION, version()))
    assert outcome["status"] == "Failed"
    assert 'has a different plan [\'{"name": "n"' in outcome["error"]["message"]
    assert outcome["error"]["message"].endswith("than the parent gallery image plan ['null']")
    with_plan = changed(definition(sku="two"), "properties.purchasePlan", plan)
    gallery.put("galleries/g/images/planned", with_plan)
    answer = gallery.send("PUT", "galleries/g/images/planned/versions/1.0.0", version())
    assert gallery.outcome(answer)["status"] == "Succeeded"


def test_a_protected_version_is_not_deleted_before_its_end_of_life(gallery: Arm) -> None:
    document = publishing(endOfLifeDate="2999-01-01T00:00:00Z")
    document["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": True}
    gallery.put(VERSION, document)
    status, error = gallery.error("DELETE", VERSION)
    assert (status, error["code"]) == (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife")


def test_a_version_that_is_being_deleted_is_not_updated(gallery: Arm) -> None:
    gallery.put(VERSION, version())
    gallery.simulator.set_transitions("seconds:1000")
    gallery.send("DELETE", VERSION)
    status, error = gallery.error("PUT", VERSION, version())
    assert (status, error["code"]) == (409, "OperationNotAllowed")
    assert "since it is marked for deletion" in error["message"]


def test_storage_account_types_are_fixed(gallery: Arm) -> None:
    gallery.put(VERSION, version())
    status, error = gallery.error(
        "PUT", VERSION, targets({"name": "eastus2", "storageAccountType": "Premium_LRS"})
    )
    assert (status, error["code"]) == (409, "PropertyChangeNotAllowed")
    assert error["target"].endswith("targetRegions.storageAccountType")
