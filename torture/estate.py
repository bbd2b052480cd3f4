"""What the torture works on: images in three subscriptions, two galleries, what the policy wants for each, who follows.

The expectations are written here a second time, beside the policy, and not read from the app: they judge it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

SUBSCRIPTIONS = (
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
)
_COMPUTE = "providers/Microsoft.Compute"
GALLERY = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images/{_COMPUTE}/galleries/golden"
SECOND_GALLERY = f"/subscriptions/{SUBSCRIPTIONS[1]}/resourceGroups/images/{_COMPUTE}/galleries/golden_twin"
REGIONS = ("eastus2", "westus2", "northeurope")
RINGS = (("eastus2",), ("westus2",), ("northeurope",))
BAKE_HOURS = 2.0
SOAK_DAYS = 0.5
APPROVAL_DAYS = 2
BUILDS_PER_FAMILY = 8
DISK_GB = 30
TOO_LARGE_GB = 4095
PROOFS = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/proofs"
_NETWORK = (
    f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks"
)

_VERIFY = (
    f"{{mode: boot, regions: home, resource_group: proofs, deadline_minutes: 60, "
    f"subnets: {{{', '.join(f'{region}: {_NETWORK}/{region}/subnets/proofs' for region in REGIONS)}}}}}"
)
_RETIRE = (
    f"{{when: after-approval, soak_days: {SOAK_DAYS}, approval_days: {APPROVAL_DAYS}, most_per_day: CAP}}"
)
_RINGS = f"[{', '.join(f'[{region}]' for (region,) in RINGS)}]"

_POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [{", ".join(REGIONS)}]
  replication: {{deadline_hours: 300}}
  notify: {{notice_days: 0.25}}
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: leaving from one gallery
    match: {{names: ["leaving-*", "strict-*"]}}
    retire_source: {_RETIRE}
  - name: leaving from two galleries
    match: {{names: ["moving-*"]}}
    galleries: [{GALLERY}, {SECOND_GALLERY}]
    retire_source: {_RETIRE}
  - name: leaving when proved
    match: {{names: ["parting-*"]}}
    verify: {_VERIFY}
    retire_source: {_RETIRE}
  - name: tried before it is latest
    match: {{names: ["tried*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
    verify: {_VERIFY}
    promote: {{when: after-verification, rings: {_RINGS}, bake_hours: {BAKE_HOURS}}}
  - name: ring by ring
    match: {{names: ["ringed*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
    promote: {{when: after-replication, rings: {_RINGS}, bake_hours: {BAKE_HOURS}}}
  - name: two galleries
    match: {{names: ["twin*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
    galleries: [{GALLERY}, {SECOND_GALLERY}]
  - name: one family
    match: {{names: ["plain*", "large*"]}}
    name_pattern: (?P<family>.+)-\\d+
    definition: {{name: "{{family}}"}}
"""
BROKEN_POLICIES = ("defaults: {}\nrulez: []\n", "\x00\x01", "[" * 3000, "a: !!bool maybe\n", "")

IMAGES_PER_DELETION = 25


def cap(images: int) -> int:
    """How many images of a fleet may be deleted in a day."""
    return max(2, images // IMAGES_PER_DELETION)


def policy(images: int, *, changed: bool = False) -> str:
    """The policy for a fleet; a changed one has other tags, and decides the same."""
    tags = "  tags: {costCenter: '4711'}\n" if changed else ""
    return _POLICY.replace("CAP", str(cap(images))).replace("defaults:\n", f"defaults:\n{tags}")


Arrival = Literal["batch", "http", "event"]
ARRIVALS: tuple[Arrival, ...] = ("batch", "http", "event")
Kind = Literal[
    "plain", "twin", "tried", "ringed", "leaving", "moving", "parting", "strict", "too large", "ignored"
]
KINDS: dict[Kind, float] = {
    "plain": 94,
    "twin": 30,
    "tried": 18,
    "ringed": 28,
    "leaving": 2,
    "moving": 0.5,
    "parting": 0.5,
    "strict": 0.5,
    "too large": 12,
    "ignored": 12,
}
# these two are promoted, which a batch does not do
PROMOTED: tuple[Kind, ...] = ("tried", "ringed")
PROVED: tuple[Kind, ...] = ("tried", "parting")
RETIRED: tuple[Kind, ...] = ("leaving", "moving", "parting", "strict")
IN_TWO: tuple[Kind, ...] = ("twin", "moving")
NOT_MIGRATED: tuple[Kind, ...] = ("too large", "ignored")
_PREFIXES: dict[Kind, str] = {"too large": "large", "ignored": "plain"}
_IN_FAMILIES: tuple[Kind, ...] = ("plain", "twin", "tried", "ringed", "too large", "ignored")

Decision = Literal["approve", "approve twice", "reject", "cancel", "forget"]
DECISIONS: dict[Decision, int] = {
    "approve": 70,
    "approve twice": 12,
    "reject": 6,
    "cancel": 5,
    "forget": 7,
}


@dataclass(frozen=True)
class Image:
    """A managed image, how and when (in minutes) its migration starts, and what an operator decides about its end."""

    id: str
    number: int
    kind: Kind
    arrival: Arrival
    minute: int
    decision: Decision

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rpartition("/")[2]

    @property
    def galleries(self) -> tuple[str, ...]:
        """The galleries that must hold one version of its content each."""
        if self.kind in NOT_MIGRATED:
            return ()
        return (GALLERY, SECOND_GALLERY) if self.kind in IN_TWO else (GALLERY,)

    @property
    def definition(self) -> str:
        """The name of its definition."""
        return self.name.rpartition("-")[0] if self.kind in _IN_FAMILIES else self.name

    def resource(self, build: int = 0, tags: dict[str, str] | None = None) -> dict[str, Any]:
        """The image as ARM takes it; another build has other disks."""
        disk = f"https://disks.blob.core.windows.net/vhds/{self.name}-{build}"
        large = self.kind == "too large"
        data_disks = [{"lun": 0, "diskSizeGB": TOO_LARGE_GB, "blobUri": f"{disk}-0.vhd"}] if large else []
        os_disk = {
            "osType": "Linux",
            "osState": "Generalized",
            "diskSizeGB": DISK_GB,
            "blobUri": f"{disk}.vhd",
        }
        own = {"environment": "scratch"} if self.kind == "ignored" else {}
        return {
            "id": self.id,
            "location": "eastus2",
            "tags": own | (tags or {}),
            "properties": {
                "hyperVGeneration": "V1",
                "storageProfile": {"osDisk": os_disk, "dataDisks": data_disks},
            },
        }


def images(count: int, chance: Random, of: Sequence[Kind] = tuple(KINDS)) -> list[Image]:
    """Makes up so many images; each kind is there if there are enough of them."""
    kinds = _kinds(count, chance, of)
    made = []
    for number, kind in enumerate(kinds):
        arrival = ARRIVALS[1 + number % 2] if kind in PROMOTED else ARRIVALS[number % 3]
        [decision] = chance.choices(list(DECISIONS), weights=list(DECISIONS.values()))
        made.append(
            Image(
                id=f"/subscriptions/{SUBSCRIPTIONS[number % 3]}/resourceGroups/builds/{_COMPUTE}/images/"
                f"{_name(kind, number, kinds[:number].count(kind))}",
                number=number,
                kind=kind,
                arrival=arrival,
                minute=0 if arrival == "batch" else chance.randrange(5, 600),
                decision=decision,
            )
        )
    return made


def _kinds(count: int, chance: Random, of: Sequence[Kind]) -> list[Kind]:
    """One of each, while there is room, and the others by weight."""
    every = list(of)[:count]
    drawn = chance.choices(of, weights=[KINDS[kind] for kind in of], k=count - len(every))
    kinds = [*every, *drawn]
    chance.shuffle(kinds)
    return kinds


def _name(kind: Kind, number: int, of_kind: int) -> str:
    prefix = _PREFIXES.get(kind, kind)
    if kind in _IN_FAMILIES:
        return f"{prefix}{of_kind // BUILDS_PER_FAMILY:03}-{number:04}"
    # no digits: names that differ in digits are a family, whose oldest goes first
    return f"{prefix}-{''.join(chr(ord('a') + int(digit)) for digit in str(number))}"


BASE = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/images/{_COMPUTE}/images/base"
SCALE_SETS = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/machines/{_COMPUTE}/virtualMachineScaleSets"


def promoted_definitions(fleet: Iterable[Image]) -> list[str]:
    """The definitions that had a version before the torture, and so a `latest` in every region."""
    return sorted({image.definition for image in fleet if image.kind in PROMOTED})


def seed(fleet: Sequence[Image]) -> dict[str, Any]:
    """The simulator's seed: galleries, former versions of what is promoted, who follows, and the batch's images."""
    definitions = promoted_definitions(fleet)
    base = {**Image(BASE, 0, "ignored", "batch", 0, "forget").resource(), "id": BASE}
    return {
        "subscriptions": [
            {"id": subscription, "name": f"Torture {number}"}
            for number, subscription in enumerate(SUBSCRIPTIONS)
        ],
        "resourceGroups": [
            {"subscription": subscription, "name": group, "location": "eastus2"}
            for subscription in SUBSCRIPTIONS
            for group in ("builds", "images", "proofs", "network", "machines")
        ],
        "resources": [
            *(
                {"id": gallery, "location": "eastus2", "properties": {}}
                for gallery in (GALLERY, SECOND_GALLERY)
            ),
            base,
            *(resource for name in definitions for resource in _former(name)),
            *(_follower(name, number) for number, name in enumerate(definitions) if number % 2 == 0),
            *(image.resource() for image in fleet if image.arrival == "batch"),
        ],
    }


def _former(definition: str) -> list[dict[str, Any]]:
    """A definition with a version that is `latest` in every region."""
    parent = f"{GALLERY}/images/{definition}"
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "former", "offer": "images", "sku": definition},
    }
    profile = {
        "targetRegions": [{"name": region} for region in REGIONS],
        "excludeFromLatest": False,
    }
    version = {"publishingProfile": profile, "storageProfile": {"source": {"id": BASE}}}
    return [
        {"id": parent, "location": "eastus2", "properties": properties},
        {"id": f"{parent}/versions/1.0.0", "location": "eastus2", "properties": version},
    ]


def _follower(definition: str, number: int) -> dict[str, Any]:
    reference = {"id": f"{GALLERY}/images/{definition}"}
    region = REGIONS[number % len(REGIONS)]
    return {
        "id": f"{SCALE_SETS}/follower-{number}",
        "location": region,
        "sku": {"name": "Standard_D2s_v5", "capacity": 2},
        "properties": {
            "upgradePolicy": {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}},
            "virtualMachineProfile": {"storageProfile": {"imageReference": reference}},
        },
        "_simulator": {"instances": ["1.0.0", "1.0.0"]},
    }
