"""The image that is retired and its version, in the simulated Azure."""

from typing import Any

from azure.core.rest import HttpRequest

from adapters.azure.arm import Arm, parse_object
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.provenance import FINGERPRINT_TAG
from tests.workflow.estate import GALLERY, HERE, an_image

RESOURCE = an_image("web", tags={"team": "blue"})
IMAGE = ImageId.parse(RESOURCE["id"])
GROUP = f"/subscriptions/{HERE}/resourceGroups/packer"
OTHER = ImageId.parse(an_image("web-2")["id"])
DEFINITION = {
    "id": f"{GALLERY}/images/web",
    "location": "eastus2",
    "properties": {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": "web"},
    },
}
VERSION = ImageVersionId.parse(f"{GALLERY}/images/web/versions/1.0.0")
UEFI = {"signatureTemplateNames": ["MicrosoftUefiCertificateAuthorityTemplate"]}
VERSION_RESOURCE: dict[str, Any] = {
    "id": str(VERSION),
    "location": "eastus2",
    "tags": {"team": "blue", FINGERPRINT_TAG: "f"},
    "properties": {
        "publishingProfile": {
            "targetRegions": [
                {
                    "name": "East US 2",
                    "regionalReplicaCount": 2,
                    "storageAccountType": "Standard_ZRS",
                    "excludeFromLatest": True,
                },
                {"name": "West US 2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            ],
            "excludeFromLatest": True,
            "replicationMode": "Full",
        },
        "safetyProfile": {"allowDeletionOfReplicatedLocations": True},
        "securityProfile": {"uefiSettings": UEFI},
        "storageProfile": {"source": {"id": str(IMAGE)}},
    },
}


async def put(arm: Arm, path: str, body: dict[str, Any], api_version: str) -> tuple[int, dict[str, Any]]:
    """Writes as somebody else does."""
    request = HttpRequest("PUT", f"{arm.endpoint}{path}?api-version={api_version}", json=body)
    answer = await arm.client(path.split("/")[2]).send_request(request)
    return answer.status_code, parse_object(answer)
