"""The app on one host with a simulated Azure, and what a test does with it from outside."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from domain.fleet.states import ENDS as BATCH_ENDS
from domain.migration.messages import MigrationRequest
from domain.migration.states import ENDS
from domain.names import MIGRATE_IMAGE
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from tests.acceptance.hosts import EmbeddedHost, ExtensionHost
from tests.workflow import estate
from tests.workflow.estate import GALLERY, HERE, Estate, an_image, eventually
from tests.workflow.proofs import GROUP, GROUP_ID

Seen = TypeVar("Seen")

# on the extension a batch looks every 30 s, and what a killed host had taken comes back after a minute
LONGEST_WAIT_SECONDS = 240

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2, westus2]
  replication: {{deadline_hours: 300, first_poll_seconds: 1, longest_poll_seconds: 1}}
rules:
  - name: ignored
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: proved
    match: {{names: ["proved-*"]}}
    verify:
      mode: boot
      resource_group: proofs
      subnets: {{eastus2: {GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs}}
  - name: all the way
    match: {{names: ["whole-*"]}}
    verify:
      mode: boot
      resource_group: proofs
      subnets: {{eastus2: {GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs}}
    promote: {{when: after-verification, rings: [[eastus2], [westus2]], bake_hours: 0.002}}
    retire_source: {{when: after-approval, soak_days: 0}}
"""
# groups whose images are those of one test
GROUPS = ("batched", "continued", "cancelled")
SEED: dict[str, Any] = {
    **estate.SEED,
    "resourceGroups": [
        *estate.SEED["resourceGroups"],
        *({"subscription": HERE, "name": name, "location": "eastus2"} for name in (*GROUPS, GROUP)),
    ],
}
# a time that the embedded host passes when a test moves its clock by a day
SWEEP_SCHEDULE = "0 0 3 * * *"
# soon enough for a test to wait for
RECOVERY_SCHEDULE = "*/20 * * * * *"
# the simulated Azure takes as long on both hosts
PACE = "seconds:0.2"


def an_image_of(group: str, name: str) -> dict[str, Any]:
    """Returns a managed image in this resource group."""
    image = an_image(name)
    return image | {"id": image["id"].replace("/resourceGroups/packer/", f"/resourceGroups/{group}/")}


class Site(Estate):
    """Reads the app's answers as JSON, so that a test sees what any caller sees."""

    def __init__(self, host: EmbeddedHost | ExtensionHost) -> None:
        super().__init__(host)
        self.host = host
        self.http = httpx.Client(timeout=120, base_url=f"{host.url}/api/")
        # opened here, so that threads of a test share one
        self.gallerist.health()

    def eventually(self, look: Callable[[], Seen | None]) -> Seen:
        """Calls `look` until it returns something truthy, as long as the slower host may take."""

        def look_again() -> Seen | None:
            self.host.tick()
            return look()

        seen: Seen = eventually(look_again, seconds=LONGEST_WAIT_SECONDS)
        return seen

    def ended(self, image_id: str) -> dict[str, Any]:
        """Waits for the end of the image's migration and returns it."""

        def look() -> dict[str, Any] | None:
            migration = self.migration(image_id)
            return migration if migration and migration["state"] in ENDS else None

        try:
            return self.eventually(look)
        except TimeoutError as error:
            error.add_note(f"the migration is {self.migration(image_id)}")
            raise

    def reaches(self, image_id: str, state: str) -> dict[str, Any]:
        """Waits until the image's migration is in this state and returns it."""

        def look() -> dict[str, Any] | None:
            migration = self.migration(image_id)
            return migration if migration and migration["state"] == state else None

        return self.eventually(look)

    def start_directly(self, image_id: str) -> str:
        """Starts a migration through the management API of Durable Functions, without a call of the app.

        Returns the migration's id.
        """
        image = ImageId.parse(image_id)
        request = MigrationRequest(image=image, started_by="acceptance test").model_dump(mode="json")
        instance_id = migration_id(image)
        address = f"{self.host.durable_url}/orchestrators/{MIGRATE_IMAGE}/{instance_id}"
        httpx.post(address, json=request, timeout=60).raise_for_status()
        return instance_id

    def instance(self, instance_id: str) -> dict[str, Any]:
        """Returns what the management API reports of an instance."""
        response = httpx.get(f"{self.host.durable_url}/instances/{instance_id}", timeout=60)
        found: dict[str, Any] = response.raise_for_status().json()
        return found

    def finished_instance(self, instance_id: str) -> dict[str, Any]:
        """Waits until the instance has ended and returns it."""

        def look() -> dict[str, Any] | None:
            found = self.instance(instance_id)
            return found if found["runtimeStatus"] in {"Completed", "Failed", "Terminated"} else None

        return self.eventually(look)

    def rewind(self, instance_id: str) -> None:
        """Rewinds a failed instance."""
        address = f"{self.host.durable_url}/instances/{instance_id}/rewind?reason=test"
        httpx.post(address, timeout=60).raise_for_status()

    def purge(self, instance_id: str) -> None:
        """Deletes the history of an instance that has ended."""
        httpx.delete(f"{self.host.durable_url}/instances/{instance_id}", timeout=60).raise_for_status()

    def start_batch(self, **body: Any) -> str:
        """Starts a batch; returns its id."""
        response = self.http.post("batches", json=body)
        assert response.status_code == HTTPStatus.ACCEPTED, response.text
        return str(response.json()["id"])

    def batch(self, batch_id: str) -> dict[str, Any]:
        """Returns a batch."""
        found: dict[str, Any] = self.http.get(f"batches/{batch_id}").raise_for_status().json()
        return found

    def ended_batch(self, batch_id: str) -> dict[str, Any]:
        """Waits for the end of the batch and returns it."""

        def look() -> dict[str, Any] | None:
            found = self.batch(batch_id)
            return found if found["state"] in BATCH_ENDS else None

        return self.eventually(look)

    def keep_replicating(self, image_name: str) -> None:
        """Stops the replication of the image's versions to westus2, until `let_replicate`."""
        version = f"/{image_name}/versions/"
        self.stack.control("POST", "faults", {"kind": "stuck", "region": "westus2", "version": version})

    def let_replicate(self) -> None:
        """Ends all faults of the simulated Azure."""
        self.stack.control("DELETE", "faults")

    def sources(self, definition: str) -> list[str]:
        """Returns the id of the managed image that each version of the definition was made from."""
        versions = self.versions(definition).values()
        return [version["properties"]["storageProfile"]["source"]["id"].lower() for version in versions]
