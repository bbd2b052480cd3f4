"""A large estate: managed images of four regions, each with an image definition of its own."""

from typing import Any

from client.calls import ScopeChoice

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
# a subscription may have 1,000 image definitions per region (documented), so each region has a gallery
GALLERIES = {"eastus2": "east", "westus2": "west", "northeurope": "north", "japaneast": "japan"}
REGIONS = tuple(GALLERIES)
SCOPE: ScopeChoice = {"subscription": SUBSCRIPTION}
# the recorded median of a replication is seven minutes
REPLICATION = "seconds:428"

_COMPUTE = "providers/Microsoft.Compute"
_IMAGES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/builds/{_COMPUTE}/images"
_GALLERIES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/{_COMPUTE}/galleries"

POLICY = "\n".join(
    [
        "defaults:",
        f"  galleries: [{_GALLERIES}/{GALLERIES['eastus2']}]",
        "  regions: [eastus2]",
        "rules:",
        *(
            f"  - {{name: {region}, match: {{locations: [{region}]}}, galleries: [{_GALLERIES}/{name}]}}"
            for region, name in GALLERIES.items()
        ),
    ]
)


def image_name(number: int) -> str:
    """The name of an image, and of its image definition."""
    return f"image-{number:04}"


def seed(images: int) -> dict[str, Any]:
    """The simulator's seed: so many managed images, and no image definition yet."""
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Fleet"}],
        "resourceGroups": [
            {"subscription": SUBSCRIPTION, "name": group, "location": "eastus2"}
            for group in ("builds", "images")
        ],
        "resources": [
            *(
                {"id": f"{_GALLERIES}/{name}", "location": region, "properties": {}}
                for region, name in GALLERIES.items()
            ),
            *(_image(number) for number in range(images)),
        ],
    }


def _image(number: int) -> dict[str, Any]:
    name = image_name(number)
    os_disk = {
        "osType": "Linux",
        "osState": "Generalized",
        "diskSizeGB": 30,
        "blobUri": f"https://disks.blob.core.windows.net/vhds/{name}.vhd",
    }
    return {
        "id": f"{_IMAGES}/{name}",
        "location": REGIONS[number % len(REGIONS)],
        "tags": {},
        "properties": {"hyperVGeneration": "V1", "storageProfile": {"osDisk": os_disk, "dataDisks": []}},
    }
