"""The fleet that is measured: families of managed images in three subscriptions, for two galleries.

Ten builds of a family share an image definition, so that 10,000 images need 1,000 definitions: a subscription may have
1,000 in a region (documented), and each gallery is in a subscription and a region of its own. Every version goes to the
same three regions. The pace of replication is drawn from the recorded distribution, and the builds of a family take
about the same time. The limits of Azure are on, as the simulator has them by default.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SUBSCRIPTIONS = tuple(f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "123")
REGIONS = ("eastus2", "westeurope", "northeurope")
BUILDS = 10
# the draws of this seed have the recorded median, for the fleets as for the family of a lone image
SEED = 539
PACE = f"drawn:{SEED}:0.03"
# as unevenly, but for every definition about the recorded median, or the hours that Azure documents for large images
FIXED_PACES = {"428 s": f"drawn:{SEED}:0.03:428", "6 h": f"drawn:{SEED}:0.03:21600"}
# from an image's name to its definition's, for the policy and for the script
NAME_PATTERN = r"(?P<family>.+)-b\d+"

_COMPUTE = "providers/Microsoft.Compute"
_FIRST_BUILD = datetime(2025, 6, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Gallery:
    """A target gallery. Images of its region go there."""

    name: str
    subscription: str
    region: str

    @property
    def id(self) -> str:
        """The resource id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/images/{_COMPUTE}/galleries/{self.name}"


GALLERIES = (
    Gallery("east", SUBSCRIPTIONS[0], "eastus2"),
    Gallery("west", SUBSCRIPTIONS[1], "westeurope"),
)


@dataclass(frozen=True)
class Image:
    """A managed image: one build of a family."""

    family: int
    build: int

    @property
    def definition(self) -> str:
        """The name of its image definition."""
        return f"family-{self.family:04}"

    @property
    def name(self) -> str:
        """Its name, from which the policy and the script find the definition."""
        return f"{self.definition}-b{self.build:02}"

    @property
    def version(self) -> str:
        """The number that it gets where the images of a definition are migrated in their order."""
        return f"1.0.{self.build}"

    @property
    def subscription(self) -> str:
        """Its subscription."""
        return SUBSCRIPTIONS[self.family % len(SUBSCRIPTIONS)]

    @property
    def gallery(self) -> Gallery:
        """Its target gallery, in its region."""
        return GALLERIES[self.family % len(GALLERIES)]

    @property
    def id(self) -> str:
        """The resource id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/builds/{_COMPUTE}/images/{self.name}"

    @property
    def version_id(self) -> str:
        """The resource id of its version."""
        return f"{self.gallery.id}/images/{self.definition}/versions/{self.version}"

    def as_json(self) -> dict[str, Any]:
        """The image in the simulator's seed. Older builds are created before younger ones."""
        os_disk = {
            "osType": "Linux",
            "osState": "Generalized",
            "diskSizeGB": 30,
            "blobUri": f"https://disks.blob.core.windows.net/vhds/{self.name}.vhd",
        }
        created = _FIRST_BUILD + timedelta(days=self.build, minutes=self.family)
        return {
            "id": self.id,
            "location": self.gallery.region,
            "tags": {},
            "createdTime": created.isoformat(),
            "properties": {"hyperVGeneration": "V1", "storageProfile": {"osDisk": os_disk, "dataDisks": []}},
        }


# no fleet has so many families
_NO_FLEETS = 100_000


def fleet(images: int) -> Iterator[Image]:
    """Yields this many images, the oldest first."""
    families = -(-images // BUILDS)
    for number in range(images):
        yield Image(number % families, number // families)


def earlier(images: int) -> list[Image]:
    """Returns images of families that no fleet has, taking turns between the galleries."""
    return [Image(_NO_FLEETS + number, 0) for number in range(images)]


def rounds(families: int, builds: int) -> list[list[Image]]:
    """Returns the first builds of this many families, then their second ones, and so on."""
    return [[Image(family, build) for family in range(families)] for build in range(builds)]


def seed(images: Iterable[Image]) -> dict[str, Any]:
    """The simulator's seed: the galleries and the managed images, and no image definition yet."""
    groups = {(gallery.subscription, "images") for gallery in GALLERIES}
    groups |= {(subscription, "builds") for subscription in SUBSCRIPTIONS}
    return {
        "subscriptions": [
            {"id": subscription, "name": f"Fleet {number}"}
            for number, subscription in enumerate(SUBSCRIPTIONS, 1)
        ],
        "resourceGroups": [
            {"subscription": subscription, "name": name, "location": "eastus2"}
            for subscription, name in sorted(groups)
        ],
        "resources": [
            *({"id": gallery.id, "location": gallery.region, "properties": {}} for gallery in GALLERIES),
            *(image.as_json() for image in images),
        ],
    }


POLICY = "\n".join(
    [
        "defaults:",
        f"  galleries: [{GALLERIES[0].id}]",
        f"  regions: [{', '.join(REGIONS)}]",
        f"  name_pattern: '{NAME_PATTERN}'",
        "  definition: {name: '{family}'}",
        "rules:",
        *(
            f"  - {{name: {gallery.name}, match: {{locations: [{gallery.region}]}}, galleries: [{gallery.id}]}}"
            for gallery in GALLERIES
        ),
    ]
)
