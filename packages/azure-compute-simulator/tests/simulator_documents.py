"""The seed of the simulator's tests, and the documents that the tests send."""

from typing import Any

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "Images"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Compute"
IMAGE = f"{COMPUTE}/images/web"


def image(
    name: str = "web", generation: str = "V1", location: str = "eastus2", size: int = 30, **more: Any
) -> Any:
    return {
        "id": f"{COMPUTE}/images/{name}",
        "location": location,
        "properties": {
            "hyperVGeneration": generation,
            "storageProfile": {
                "osDisk": {
                    "osType": "Linux",
                    "osState": "Generalized",
                    "diskSizeGB": size,
                    "caching": "ReadWrite",
                    "managedDisk": {"id": f"{COMPUTE}/disks/{name}"},
                }
            },
        },
    } | more


def seed(*resources: Any) -> Any:
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "tests"}],
        "resourceGroups": [{"subscription": SUBSCRIPTION, "name": GROUP, "location": "eastus2"}],
        "resources": [
            image(),
            image("second", "V2"),
            image("huge", size=2520),
            image("far", location="westus"),
            *resources,
        ],
    }


def definition(generation: str = "V1", sku: str = "sku") -> Any:
    return {
        "location": "eastus2",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": generation,
            "identifier": {"publisher": "publisher", "offer": "offer", "sku": sku},
        },
    }


def removable(document: Any) -> Any:
    """Returns the version's document with the flag that allows an update to leave out regions."""
    document["properties"]["safetyProfile"] = {"allowDeletionOfReplicatedLocations": True}
    return document


def version(source: str = IMAGE, *regions: str, location: str = "eastus2") -> Any:
    targets = [{"name": region} for region in regions or (location,)]
    return {
        "location": location,
        "properties": {
            "publishingProfile": {"targetRegions": targets},
            "storageProfile": {"source": {"id": source}},
        },
    }


def machine(reference: str, location: str = "eastus2") -> Any:
    """A machine from a generalized image, as small as Azure accepts it."""
    return {
        "location": location,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {"imageReference": {"id": reference}},
            "osProfile": {"computerName": "m", "adminUsername": "a", "adminPassword": "secret"},
        },
    }
