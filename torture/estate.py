"""What the torture migrates: families of builds, some in two galleries, some too large, some ignored by the policy."""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from client.calls import ScopeChoice

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SCOPE: ScopeChoice = {"subscription": SUBSCRIPTION}
_COMPUTE = "providers/Microsoft.Compute"
_IMAGES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/builds/{_COMPUTE}/images"
_GALLERIES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/{_COMPUTE}/galleries"
GALLERY, SECOND_GALLERY = f"{_GALLERIES}/golden", f"{_GALLERIES}/golden_twin"
REGIONS = ("eastus2", "westus2", "northeurope")
BUILDS_PER_FAMILY = 6
TOO_LARGE_GB = 4095

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [{", ".join(REGIONS)}]
  name_pattern: (?P<family>.+)-\\d+
  definition: {{name: "{{family}}"}}
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: two galleries
    match: {{names: ["twin*"]}}
    galleries: [{GALLERY}, {SECOND_GALLERY}]
"""

Arrival = Literal["batch", "http", "event"]
ARRIVALS: tuple[Arrival, ...] = ("batch", "http", "event")
Kind = Literal["plain", "twin", "too large", "ignored"]
KINDS: dict[Kind, int] = {"plain": 70, "twin": 15, "too large": 8, "ignored": 7}


@dataclass(frozen=True)
class Image:
    """A managed image, how its migration starts, and where its versions must be at the end."""

    resource: dict[str, Any]
    arrival: Arrival
    kind: Kind

    @property
    def id(self) -> str:
        """The resource id."""
        return str(self.resource["id"])

    @property
    def galleries(self) -> tuple[str, ...]:
        """The galleries that must hold one version of the image each."""
        match self.kind:
            case "plain":
                return (GALLERY,)
            case "twin":
                return GALLERY, SECOND_GALLERY
            case "too large" | "ignored":
                return ()


def images(count: int, chance: Random) -> list[Image]:
    """Makes up so many images; each third arrives in another way."""
    made = []
    for number in range(count):
        [kind] = chance.choices(list(KINDS), weights=list(KINDS.values()))
        prefix = "twin" if kind == "twin" else "family"
        name = f"{prefix}{number // BUILDS_PER_FAMILY:03}-{number:04}"
        made.append(Image(_resource(name, kind), ARRIVALS[number % len(ARRIVALS)], kind))
    return made


def seed(images: list[Image]) -> dict[str, Any]:
    """The simulator's seed: two galleries, and the images that no event announces."""
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Torture"}],
        "resourceGroups": [
            {"subscription": SUBSCRIPTION, "name": group, "location": "eastus2"}
            for group in ("builds", "images")
        ],
        "resources": [
            *(
                {"id": gallery, "location": "eastus2", "properties": {}}
                for gallery in (GALLERY, SECOND_GALLERY)
            ),
            *(image.resource for image in images if image.arrival != "event"),
        ],
    }


def _resource(name: str, kind: Kind) -> dict[str, Any]:
    disk = f"https://disks.blob.core.windows.net/vhds/{name}"
    data_disks = (
        [{"lun": 0, "diskSizeGB": TOO_LARGE_GB, "blobUri": f"{disk}-0.vhd"}] if kind == "too large" else []
    )
    os_disk = {"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30, "blobUri": f"{disk}.vhd"}
    return {
        "id": f"{_IMAGES}/{name}",
        "location": "eastus2",
        "tags": {"environment": "scratch"} if kind == "ignored" else {},
        "properties": {
            "hyperVGeneration": "V1",
            "storageProfile": {"osDisk": os_disk, "dataDisks": data_disks},
        },
    }
