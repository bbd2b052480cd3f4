"""What programs that call the app from outside are tested with: a few images, and time that runs while they sleep."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from local.stack import Stack

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
GALLERY = f"{COMPUTE}/galleries/golden"
POLICY = f"defaults: {{galleries: [{GALLERY}]}}"


def image(name: str, disk_gb: int = 30) -> dict[str, Any]:
    os_disk = {
        "osType": "Linux",
        "osState": "Generalized",
        "diskSizeGB": disk_gb,
        "managedDisk": {"id": f"{COMPUTE}/disks/{name}"},
    }
    properties = {"hyperVGeneration": "V2", "storageProfile": {"osDisk": os_disk}}
    return {"id": f"{COMPUTE}/images/{name}", "location": "eastus2", "properties": properties}


def seed(*images: dict[str, Any]) -> dict[str, Any]:
    """A gallery and these images."""
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Production"}],
        "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [{"id": GALLERY, "location": "eastus2", "properties": {}}, *images],
    }


@dataclass
class Time:
    """Time for a caller: while it sleeps, the app's clock runs until the app is idle."""

    stack: Stack
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock("skip")
        while not httpx.get(f"{self.stack.host['url']}/_host/status").json()["idle"]:
            pass
        self._clock("manual")

    def _clock(self, mode: str) -> None:
        httpx.post(f"{self.stack.host['url']}/_host/clock", json={"mode": mode}).raise_for_status()
