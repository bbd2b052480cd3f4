"""The app on the embedded host with the simulated Azure, and what a test does with them over HTTP."""

import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Self

import httpx

from api.answers import StartedMigration
from client import Gallerist, ProblemError
from domain.migration.states import ENDS
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.arm import write_image
from local.stack import Stack

HERE = "11111111-1111-4111-8111-111111111111"
THERE = "22222222-2222-4222-8222-222222222222"
GALLERY = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
TWIN = f"/subscriptions/{THERE}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden_twin"
LOOK_SECONDS = 0.02
# the recorded median of a version's creation, in simulated time; other operations take their part of it
PACE = "seconds:428"

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
  - name: ignored
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
    """Returns a managed image in the resource group `packer`, created from blobs; another `blob` is other content."""
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
    """Writes images as Packer does, starts migrations as a runbook does, and reads results as an engineer does.

    Its waits are on the one clock of the stack: they let time pass from one moment at which something is due to the
    next, so they neither take as long in the test nor depend on the machine.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._client: Gallerist | None = None
        self._client_url = ""
        # for tests of the HTTP API itself: headers, refusals, bodies that the client cannot send
        self.http = httpx.Client(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()
        self.http.close()

    @property
    def gallerist(self) -> Gallerist:
        """The client of the app, which has another address after a restart."""
        if self._client is None or self._client_url != self.stack.api:
            if self._client is not None:
                self._client.close()
            self._client_url = self.stack.api
            self._client = Gallerist(
                self._client_url, sleep=lambda seconds: self.stack.let_pass(timedelta(seconds=seconds))
            )
        return self._client

    def eventually(self, look: Callable[[], Any]) -> Any:
        """Lets time pass until `look` returns something truthy, and returns that. Fails if nothing is due any more."""
        return self.stack.until(look)

    def write(self, image: dict[str, Any]) -> str:
        """Writes the managed image through ARM and waits until it is created; returns its id."""
        write_image(self.stack, image)
        return self.settled(image["id"])

    def settled(self, image_id: str) -> str:
        """Waits until ARM has created the image; returns its id."""
        self.eventually(lambda: self.arm(image_id)["properties"]["provisioningState"] == "Succeeded")
        return image_id

    def arm(self, resource_id: str) -> dict[str, Any]:
        """Returns the resource in the state of the simulated ARM."""
        resources: dict[str, dict[str, Any]] = {
            resource["id"].lower(): resource for resource in self.stack.control("GET", "state")["resources"]
        }
        return resources[resource_id.lower()]

    def start(self, image_id: str, **choices: Any) -> StartedMigration:
        """Requests the migration of an image."""
        return self.gallerist.start_migration(image_id, **choices)

    def post_migration(self, image_id: str, **choices: Any) -> httpx.Response:
        """Requests the migration of an image over plain HTTP; returns the response."""
        return self.http.post(f"{self.stack.api}/migrations", json={"image": image_id, **choices})

    def migration(self, image_id: str) -> dict[str, Any] | None:
        """Returns the image's migration as the API's JSON, or None if it has none."""
        try:
            migration = self.gallerist.migration(migration_id(ImageId.parse(image_id)))
        except ProblemError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return migration.model_dump(mode="json")

    def ended(self, image_id: str) -> dict[str, Any]:
        """Waits for the end of the image's migration and returns it."""

        def look() -> dict[str, Any] | None:
            migration = self.migration(image_id)
            return migration if migration and migration["state"] in ENDS else None

        return self.eventually(look)

    def versions(self, definition: str, gallery: str = GALLERY) -> dict[str, dict[str, Any]]:
        """Returns the versions of a definition, by number."""
        prefix = f"{gallery}/images/{definition}/versions/".lower()
        found = self.stack.control("GET", "state")["resources"]
        return {resource["name"]: resource for resource in found if resource["id"].lower().startswith(prefix)}

    def writes(self, path: str) -> list[dict[str, Any]]:
        """Returns the PUT requests that ARM received for paths that contain this text."""
        requests = self.stack.control("GET", "requests")
        return [
            entry for entry in requests if entry["method"] == "PUT" and path.lower() in entry["path"].lower()
        ]


def eventually(look: Callable[[], Any], seconds: float = 30) -> Any:
    """Calls `look` until it returns something truthy, and returns that. For stacks that run in real time.

    Raises:
        TimeoutError: `look` returned nothing within this time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        # leaves the processors to the app and the simulator
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{look.__qualname__} returned nothing within {seconds} seconds")
