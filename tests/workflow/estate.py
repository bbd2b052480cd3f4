"""One Gallerist on the embedded host and the simulated Azure, and what a test does with it over HTTP."""

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from local.arm import write_image
from local.stack import Stack

HERE = "11111111-1111-4111-8111-111111111111"
THERE = "22222222-2222-4222-8222-222222222222"
GALLERY = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
TWIN = f"/subscriptions/{THERE}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden_twin"
LOOK_SECONDS = 0.02
ENDS = {"completed", "skipped", "blocked", "partial", "failed", "cancelled"}

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2, northeurope]
  replication: {{deadline_hours: 300}}
rules:
  - name: twins
    match: {{names: ["twin-*"]}}
    galleries: [{GALLERY}, {TWIN}]
  - name: one family
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
  - name: left alone
    match: {{tags: {{environment: scratch}}}}
    action: ignore
"""

SEED: dict[str, Any] = {
    "subscriptions": [{"id": HERE, "name": "Here"}, {"id": THERE, "name": "There"}],
    "resourceGroups": [
        {"subscription": HERE, "name": "images", "location": "eastus2"},
        {"subscription": HERE, "name": "packer", "location": "eastus2"},
        {"subscription": THERE, "name": "images", "location": "westeurope"},
    ],
    "resources": [
        {"id": GALLERY, "location": "eastus2", "properties": {}},
        {"id": TWIN, "location": "westeurope", "properties": {}},
    ],
}


def an_image(
    name: str,
    *,
    blob: str = "os",
    os_type: str = "Linux",
    generation: str = "V1",
    os_disk_gb: int = 30,
    data_disks_gb: tuple[int, ...] = (),
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A managed image in the resource group `packer`, made from blobs; another `blob` is another content."""
    account = "https://disks.blob.core.windows.net/vhds"
    return {
        "id": f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/{name}",
        "location": "eastus2",
        "tags": tags or {},
        "properties": {
            "hyperVGeneration": generation,
            "storageProfile": {
                "osDisk": {
                    "osType": os_type,
                    "osState": "Generalized",
                    "diskSizeGB": os_disk_gb,
                    "blobUri": f"{account}/{name}-{blob}.vhd",
                },
                "dataDisks": [
                    {"lun": lun, "diskSizeGB": size, "blobUri": f"{account}/{name}-{blob}-{lun}.vhd"}
                    for lun, size in enumerate(data_disks_gb)
                ],
            },
        },
    }


class Estate:
    """A stack in use: writes images as Packer does, asks as a runbook does, looks as an engineer does."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.http = httpx.Client(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def write(self, image: dict[str, Any]) -> str:
        """Write the managed image through ARM; returns its id once it is made."""
        write_image(self.stack, image)
        return self.settled(image["id"])

    def settled(self, image_id: str) -> str:
        """Wait until ARM has made the image."""
        eventually(lambda: self.arm(image_id)["properties"]["provisioningState"] == "Succeeded")
        return image_id

    def arm(self, resource_id: str) -> dict[str, Any]:
        """The resource as the simulated ARM holds it."""
        resources: dict[str, dict[str, Any]] = {
            resource["id"].lower(): resource for resource in self.stack.control("GET", "state")["resources"]
        }
        return resources[resource_id.lower()]

    def start(self, image_id: str, **overrides: Any) -> httpx.Response:
        """Ask for the migration of an image."""
        return self.http.post(f"{self.stack.api}/migrations", json={"image": image_id, **overrides})

    def migration(self, image_id: str) -> dict[str, Any] | None:
        """The image's migration as the API tells it; None while there is none."""
        listed = self.http.get(f"{self.stack.api}/migrations").raise_for_status().json()["migrations"]
        row = next((row for row in listed if row["image"].lower() == image_id.lower()), None)
        return self.http.get(f"{self.stack.api}/migrations/{row['id']}").json() if row else None

    def ended(self, image_id: str) -> dict[str, Any]:
        """Wait for the end of an image's migration."""

        def look() -> dict[str, Any] | None:
            migration = self.migration(image_id)
            return migration if migration and migration["state"] in ENDS else None

        return eventually(look)

    def versions(self, definition: str, gallery: str = GALLERY) -> dict[str, dict[str, Any]]:
        """The versions of a definition, by their numbers."""
        prefix = f"{gallery}/images/{definition}/versions/".lower()
        found = self.stack.control("GET", "state")["resources"]
        return {resource["name"]: resource for resource in found if resource["id"].lower().startswith(prefix)}

    def writes(self, path: str) -> list[dict[str, Any]]:
        """The PUT requests that ARM was sent for paths containing this text."""
        requests = self.stack.control("GET", "requests")
        return [
            entry for entry in requests if entry["method"] == "PUT" and path.lower() in entry["path"].lower()
        ]


def eventually(look: Callable[[], Any], seconds: float = 30) -> Any:
    """Look until there is something to see.

    Raises:
        TimeoutError: there was nothing for so long.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        # leaves the processors to those who are looked at
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"nothing to see after {seconds} seconds")
