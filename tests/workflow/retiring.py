"""A stack whose images are retired, and what a test does with it: migrate, wait, decide, look."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from domain.retirement.states import ENDS
from local.arm import call_arm
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, SEED, TWIN, Estate, an_image

GROUP = f"/subscriptions/{HERE}/resourceGroups/packer"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
# no notice goes out in these tests: the policy names nowhere to send one
POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  replication: {{deadline_hours: 300}}
  retire_source: {{when: after-approval, soak_days: 2, approval_days: 10, most_per_day: 50}}
  notify: {{notice_days: 1}}
rules:
  - name: twins
    match: {{names: ["twin-*"]}}
    galleries: [{GALLERY}, {TWIN}]
  - name: strict
    match: {{names: ["strict-*"]}}
    retire_source: {{strict: true}}
  - name: one at a time
    match: {{names: ["capped-*"]}}
    retire_source: {{most_per_day: 1}}
  - name: by time alone
    match: {{names: ["timed-*"]}}
    retire_source: {{when: after-soak}}
  - name: proved
    match: {{names: ["unproved-*"]}}
    retire_source: {{when: after-approval}}
  - name: one family
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""


class Retiring(Estate):
    """Retires images as operators do."""

    def migrated(self, name: str, **image: Any) -> str:
        """An image whose migration completed; returns its id."""
        image_id = self.write(an_image(name, **image))
        self.start(image_id)
        assert self.ended(image_id)["state"] == "completed"
        return image_id

    def retired(self, name: str, **image: Any) -> tuple[str, str]:
        """Begins the retirement of a new, migrated image; returns the image's id and the retirement's."""
        image_id = self.migrated(name, **image)
        return image_id, self.begin(image_id)

    def begin(self, image_id: str) -> str:
        started = self.post("retirements", image=image_id)
        assert started.status_code == 202, started.text
        return str(started.json()["id"])

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(f"{self.stack.api}/{path}", json=body)

    def retirement(self, retirement: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.stack.api}/retirements/{retirement}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def waits(self, retirement: str, state: str) -> dict[str, Any]:
        """Lets time pass until the retirement is in this state."""

        def look() -> dict[str, Any] | None:
            found = self.retirement(retirement)
            assert found["state"] == state or found["state"] not in ENDS, found
            return found if found["state"] == state else None

        found: dict[str, Any] = self.eventually(look)
        return found

    def approve(self, retirement: str, **body: Any) -> httpx.Response:
        fingerprint = self.retirement(retirement)["fingerprint"]
        return self.post(
            f"retirements/{retirement}/approve",
            **{"fingerprint": fingerprint, "reason": "fleet moved", **body},
        )

    def approved(self, retirement: str) -> None:
        self.waits(retirement, "awaiting-approval")
        answer = self.approve(retirement)
        assert answer.status_code == 202, answer.text

    def unmet(self, retirement: str) -> dict[str, str]:
        """The obligations that are not met, with their reasons."""
        found = self.retirement(retirement)["obligations"]
        return {one["name"]: one["reason"] for one in found if not one["met"]}

    def exists(self, image_id: str) -> bool:
        return call_arm(self.stack, "GET", image_id).status_code == 200

    def deletes(self, image_id: str) -> list[dict[str, Any]]:
        """The DELETE requests for the image that ARM accepted."""
        return [
            entry
            for entry in self.stack.control("GET", "requests")
            if entry["method"] == "DELETE"
            and entry["path"].lower() == image_id.lower()
            and entry["status"] == 202
        ]

    def let_days_pass(self, days: float) -> None:
        self.stack.let_pass(timedelta(days=days))

    def certificates(self, retirement: str) -> list[str]:
        folder = self.stack.folder / "evidence" / "certificates" / retirement
        return sorted(path.name.partition("-")[2] for path in folder.glob("*.json"))


@contextmanager
def retiring(folder: Path, policy: str = POLICY, **options: Any) -> Iterator[Retiring]:
    with (
        Stack(folder, SEED, policy, "seconds:60", one_clock=True, **options) as stack,
        Retiring(stack) as estate,
    ):
        yield estate


def a_scale_set(name: str, image_id: str) -> dict[str, Any]:
    return {
        "id": f"{COMPUTE}/virtualMachineScaleSets/{name}",
        "location": "eastus2",
        "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": image_id}}}},
    }
