"""A stack whose images are retired, and what a test does with it: migrate, wait, decide, look."""

import json
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
POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  replication: {{deadline_hours: 300}}
  retire_source: {{when: after-approval, soak_days: 0.5, approval_days: 2, most_per_day: 500}}
  notify: {{notice_days: 0.25}}
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
  - name: dated
    match: {{names: ["dated-*"]}}
    end_of_life_after_days: 30
  - name: one family
    match: {{names: ["family-*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""


class Retiring(Estate):
    """Retires images as operators do."""

    def migrated(self, name: str, **image: Any) -> str:
        """An image whose migration, which its event started, completed; returns its id."""
        image_id = self.write(an_image(name, **image))
        assert self.ended(image_id)["state"] == "completed"
        return image_id

    def retired(self, name: str, **image: Any) -> tuple[str, str]:
        """A new, migrated image that is being retired; returns the image's id and the retirement's."""
        image_id = self.migrated(name, **image)
        return image_id, self.begin(image_id)

    def awaiting(self, name: str) -> tuple[str, str]:
        """An image whose retirement waits for an approval; returns the image's id and the retirement's."""
        image_id, retirement = self.retired(name)
        self.waits(retirement, "awaiting-approval")
        return image_id, retirement

    def begin(self, image_id: str) -> str:
        """Begins a retirement, or finds the one that the migration began by its policy; returns its id."""
        started = self.post("retirements", image=image_id)
        answer = started.json()
        if started.status_code == 409:
            # no other refusal is one of a retirement that runs
            assert f"the retirement of {image_id} is running:".lower() in answer["detail"].lower(), answer
            assert self.retirement(answer["id"])["state"] not in ENDS
        else:
            assert started.status_code == 202, started.text
        return str(answer["id"])

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
        wanted = {"fingerprint": fingerprint, "reason": "the fleet moved", **body}
        return self.post(f"retirements/{retirement}/approve", **wanted)

    def cancel(self, retirement: str) -> None:
        """Ends a retirement, so that its looks cost the tests that follow nothing."""
        answer = self.post(f"retirements/{retirement}/cancel", reason="the test is over")
        assert answer.status_code == 202, answer.text

    def unmet(self, retirement: str) -> dict[str, str]:
        """The obligations that are not met, with their reasons."""
        found = self.retirement(retirement)["obligations"]
        return {one["name"]: one["reason"] for one in found if not one["met"]}

    def exists(self, image_id: str) -> bool:
        return call_arm(self.stack, "GET", image_id).status_code == 200

    def put(self, resource: dict[str, Any]) -> None:
        body = {key: value for key, value in resource.items() if key != "id"}
        call_arm(self.stack, "PUT", resource["id"], body).raise_for_status()

    def deletes(self, image_id: str) -> list[dict[str, Any]]:
        """The DELETE requests for the image, whether ARM accepted them or not."""
        return [
            entry
            for entry in self.stack.control("GET", "requests")
            if entry["method"] == "DELETE" and entry["path"].lower() == image_id.lower()
        ]

    def evidence(self, folder: str) -> list[dict[str, Any]]:
        """The documents of the evidence store under this folder."""
        paths = sorted((self.stack.folder / "evidence" / folder).rglob("*.json"))
        return [{"name": path.name, **json.loads(path.read_text(encoding="utf-8"))} for path in paths]

    def fault(self, **fault: Any) -> None:
        self.stack.control("POST", "faults", fault)

    def let_hours_pass(self, hours: float) -> None:
        self.stack.let_pass(timedelta(hours=hours))


@contextmanager
def retiring(folder: Path, policy: str = POLICY, **options: Any) -> Iterator[Retiring]:
    with (
        Stack(folder, SEED, policy, "seconds:60", one_clock=True, **options) as stack,
        Retiring(stack) as estate,
    ):
        stack.subscribe_to_events()
        yield estate


def a_scale_set(name: str, image_id: str) -> dict[str, Any]:
    return {
        "id": f"{COMPUTE}/virtualMachineScaleSets/{name}",
        "location": "eastus2",
        "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": image_id}}}},
    }


def a_machine(name: str, image_id: str) -> dict[str, Any]:
    return {
        "id": f"{COMPUTE}/virtualMachines/{name}",
        "location": "eastus2",
        "properties": {
            "storageProfile": {"imageReference": {"id": image_id}},
            "osProfile": {"computerName": name, "adminUsername": "packer", "adminPassword": "Pa55word-2026"},
        },
    }
