"""A small case that passes, to which the tests of the runner add mistakes."""

from typing import Any

HERE = "11111111-1111-4111-8111-111111111111"
GALLERY = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
IMAGE = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/images/small"


def a_case(**changes: Any) -> dict[str, Any]:
    """Returns a case, as its file has it, that reads the health of the app."""
    return {
        "id": "M01",
        "title": "the app is healthy",
        "expected": "The app is healthy.",
        "seed": {
            "subscriptions": [{"id": HERE, "name": "Here"}],
            "resourceGroups": [{"subscription": HERE, "name": "images", "location": "eastus2"}],
            "resources": [
                {"id": GALLERY, "location": "eastus2", "properties": {}},
                {
                    "id": IMAGE,
                    "location": "eastus2",
                    "tags": {},
                    "properties": {
                        "hyperVGeneration": "V1",
                        "storageProfile": {
                            "osDisk": {
                                "osType": "Linux",
                                "osState": "Generalized",
                                "diskSizeGB": 30,
                                "blobUri": "https://disks.example.com/vhds/small.vhd",
                            },
                            "dataDisks": [],
                        },
                    },
                },
            ],
        },
        "policy": f"defaults:\n  galleries: [{GALLERY}]\n  regions: [westus2]\n",
        "steps": [{"as": "health", "do": "http", "method": "GET", "path": "health"}],
        "expect": [{"what": "health.http", "is": 200}],
    } | changes
