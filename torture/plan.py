"""What is done to the app and to Azure, and when: decided by the seed before anything runs.

A plan is data. Kept as JSON it is a trace, which `--trace` carries out again, and shrinking it finds the shortest one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal, Self

from torture.estate import (
    BROKEN_POLICIES,
    KINDS,
    NOT_MIGRATED,
    PROMOTED,
    REGIONS,
    RETIRED,
    Image,
    Kind,
    images,
    promoted_definitions,
)

What = Literal[
    # the host, the worker and Azure as a whole
    "host killed",
    "worker dies",
    "azure stands still",
    # what Azure answers
    "no token",
    "region fails",
    "machine refused",
    "upgrade fails",
    "graph lags",
    "graph lies",
    "list of resources lags",
    "list of resources misses an image",
    # events
    "events lost",
    "events doubled and reordered",
    "event sent again",
    # what others do to images, versions and locks
    "image made anew",
    "image changes its tags",
    "reference appears",
    "lock appears",
    "deletion meets an error",
    # what operators do
    "policy changes",
    "policy breaks",
    "freeze",
    "promotion paused",
    "promotion rolled back",
]
Fields = dict[str, Any]

# of virtual time: how long disturbances begin, and when the last of them is over
STORM_MINUTES = 36 * 60
CALM_AFTER_MINUTES = 48 * 60
SHARE_OF_FAULTS = 0.08
# how many requests of the app the host lives through
LEAST_REQUESTS, MOST_REQUESTS = 40, 900
# the writes that are no use if they are forgotten or done twice: a kill beside them shows whether they are
MOMENTS = (
    ("PUT", r"/versions/[^/]+\?"),
    ("PUT", r"/galleries/[^/]+/images/[^/]+\?"),
    ("PUT", "/virtualMachines/"),
    ("DELETE", "/virtualMachines/"),
    ("DELETE", "Microsoft.Compute/images/"),
    ("PUT", "/policyAssignments/"),
)
ACTIVITIES = (
    "plan_migration",
    "ensure_image_definition",
    "begin_image_version",
    "get_replication_status",
    "begin_proof_machine",
    "get_proof_machine",
    "delete_proof_machine",
    "mark_version",
    "set_exclusions",
    "look_at_promotion",
    "read_retirement",
    "protect_versions",
    "store_certificate",
    "delete_managed_image",
    "see_image",
    "complete_certificate",
    "scan_references",
    "hand_over",
    "advance_batch",
)
ORCHESTRATORS = (
    "migrate_image",
    "publish_version",
    "verify_version",
    "promote_version",
    "retire_image",
    "find_users",
    "migrate_batch",
)
REFERENCES = ("scale set", "pool", "unknown")


@dataclass(frozen=True)
class Disturbance:
    """One thing that goes wrong: `minute` is when, on the virtual clock; a host is killed by requests instead.

    `image` is the number of the image that it concerns, None for what concerns them all.
    """

    minute: int
    what: What
    fields: Fields
    image: int | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that a run does to so many images of these kinds.

    `only` are the numbers of the images that are there; None means all.
    """

    seed: int
    images: int
    kinds: tuple[Kind, ...]
    share: float
    disturbances: tuple[Disturbance, ...]
    only: tuple[int, ...] | None = None

    def fleet(self) -> list[Image]:
        """The images of this plan."""
        return [
            image
            for image in _fleet(self.seed, self.images, self.kinds)
            if self.only is None or image.number in self.only
        ]

    def with_images(self, numbers: Iterable[int]) -> "Plan":
        """The plan with these images alone, and without what concerns others."""
        kept = tuple(sorted(numbers))
        mine = tuple(one for one in self.disturbances if one.image is None or one.image in kept)
        return replace(self, only=kept, disturbances=mine)

    def to_json(self) -> str:
        """The plan as text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads a plan.

        Raises:
            ValueError: the file holds no plan.
        """
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                seed=document["seed"],
                images=document["images"],
                kinds=tuple(document["kinds"]),
                share=document["share"],
                disturbances=tuple(Disturbance(**one) for one in document["disturbances"]),
                only=None if document["only"] is None else tuple(document["only"]),
            )
        except (OSError, KeyError, TypeError) as error:
            raise ValueError(f"{file} holds no plan: {error!r}") from error


def _fleet(seed: int, count: int, kinds: Sequence[Kind]) -> list[Image]:
    return images(count, Random(f"{seed} images"), kinds)


def plan(seed: int, count: int, kinds: Sequence[Kind] = tuple(KINDS), share: float = SHARE_OF_FAULTS) -> Plan:
    """Decides everything that happens to so many images. The same seed decides the same."""
    fleet = _fleet(seed, count, kinds)
    chance = Random(f"{seed} disturbances")
    made = [one for draw, per_image in _DRAWS for one in draw(fleet, chance, _times(count, per_image))]
    return Plan(seed, count, tuple(kinds), share, tuple(sorted(made, key=lambda one: one.minute)))


def _times(count: int, per_image: float) -> int:
    """At least one of each kind."""
    return max(1, round(count * per_image))


Draw = Callable[[list[Image], Random, int], list[Disturbance]]


def _minute(chance: Random) -> int:
    return chance.randrange(STORM_MINUTES)


def _kills(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """By a number of requests, and every third one at a write that matters, if one comes before."""
    made = []
    for number in range(times):
        method, path = chance.choice(MOMENTS) if number % 3 == 0 else (".*", "")
        fields = {
            "requests": chance.randrange(LEAST_REQUESTS, MOST_REQUESTS),
            "method": method,
            "path": path,
            "skip": chance.randrange(4),
            "after_work": chance.random() < 0.5,
        }
        made.append(Disturbance(0, "host killed", fields))
    return made


def _stands_still(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    return [
        Disturbance(_minute(chance), "azure stands still", {"skip": chance.randrange(60)})
        for _ in range(times)
    ]


def _deaths(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    made = []
    for _number in range(times):
        during = chance.choices(["activity", "episode", "entity", "trigger"], weights=[6, 5, 1, 2])[0]
        function = {"activity": chance.choice(ACTIVITIES), "episode": chance.choice(ORCHESTRATORS)}.get(
            during, ""
        )
        fields = {
            "during": during,
            "function": function,
            "after_effects": chance.random() < 0.5,
            "skip": chance.choice([0, 0, 1, 2, 5]),
            "times": chance.choice([1, 1, 2]),
        }
        made.append(Disturbance(_minute(chance), "worker dies", fields))
    return made


def _tokens(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    ways = ("failing", "unavailable", "throttled", "drop", "expired")
    return [
        Disturbance(
            _minute(chance), "no token", {"way": chance.choice(ways), "seconds": chance.randrange(5, 180)}
        )
        for _ in range(times)
    ]


def _regions(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """Once, and for good: until the storm is over."""
    chosen = _some(fleet, chance, times, lambda image: image.kind not in NOT_MIGRATED)
    return [
        Disturbance(
            max(0, image.minute - 1),
            "region fails",
            {
                "definition": image.definition,
                "region": chance.choice(REGIONS),
                "times": chance.choice([1, 10**6]),
                "progress": chance.choice([0, 40, 90]),
            },
            image.number,
        )
        for image in chosen
    ]


def _machines(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    kinds = ("sku-not-available", "quota", "allocation-failed", "timed-out-then-ready", "agent-never-ready")
    return [
        Disturbance(_minute(chance) // 3, "machine refused", {"machine": chance.choice(kinds)})
        for _ in range(times)
    ]


def _upgrades(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    kinds = ("failed", "cancelled")
    definitions = promoted_definitions(fleet)
    return [
        Disturbance(
            0, "upgrade fails", {"upgrade": chance.choice(kinds), "definition": chance.choice(definitions)}
        )
        for _ in range(times if definitions else 0)
    ]


def _graph(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    lies: list[tuple[What, Fields]] = [
        ("graph lags", {"resource_graph_lag_seconds": 1800.0}),
        ("graph lies", {"resource_graph_empty": True}),
        ("graph lies", {"resource_graph_truncates_after": 1}),
        ("graph lies", {"resource_graph_hidden": ["Microsoft.ServiceFabric/managedClusters/nodeTypes"]}),
    ]
    return [
        Disturbance(_minute(chance), what, {"switches": switches, "minutes": chance.randrange(10, 240)})
        for what, switches in (lies[(number + times) % len(lies)] for number in range(max(times, 4)))
    ]


def _lists(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    lag = Disturbance(
        _minute(chance) // 3,
        "list of resources lags",
        {"switches": {"resource_list_lag_seconds": 900.0}, "minutes": chance.randrange(30, 240)},
    )
    missed = [
        Disturbance(
            max(0, image.minute - 1),
            "list of resources misses an image",
            {"switches": {"unlisted_resources": [f"*/images/{image.name}"]}, "minutes": 120},
            image.number,
        )
        for image in _some(fleet, chance, times, lambda image: image.arrival != "batch")
    ]
    return [lag, *missed]


def _events(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    arriving = _some(fleet, chance, times, lambda image: image.arrival == "event")
    lost = [Disturbance(image.minute, "events lost", {"events": 1}, image.number) for image in arriving]
    doubled = [
        Disturbance(
            _minute(chance) // 2,
            "events doubled and reordered",
            {"copies": chance.choice([2, 3]), "minutes": chance.randrange(60, 400)},
        )
        for _ in range(max(1, times // 3))
    ]
    again = [
        Disturbance(image.minute + chance.randrange(1, 600), "event sent again", {}, image.number)
        for image in _some(fleet, chance, times, lambda _: True)
    ]
    return [*lost, *doubled, *again]


def _anew(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """Before its retirement could delete it, while its migration runs, and after it."""
    chosen = _some(fleet, chance, times, lambda image: image.kind not in NOT_MIGRATED)
    return [
        Disturbance(image.minute + chance.choice([6, 9, 30, 900]), "image made anew", {}, image.number)
        for image in chosen
    ]


def _tags(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    chosen = _some(fleet, chance, times, lambda image: image.kind not in NOT_MIGRATED)
    return [
        Disturbance(image.minute + chance.randrange(5, 900), "image changes its tags", {}, image.number)
        for image in chosen
    ]


def _references(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """Before the soak is over, around the approval, and around the deletion."""
    chosen = _some(fleet, chance, times, lambda image: image.kind in RETIRED)
    return [
        Disturbance(
            image.minute + chance.choice([60, 600, 735, 760, 800, 1200]),
            "reference appears",
            {"kind": REFERENCES[number % len(REFERENCES)], "minutes": chance.choice([30, 300, 1500])},
            image.number,
        )
        for number, image in enumerate(chosen)
    ]


def _locks(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    chosen = _some(fleet, chance, times, lambda image: image.kind in RETIRED)
    return [
        Disturbance(
            image.minute + chance.choice([600, 735, 800]),
            "lock appears",
            {"scope": chance.choice(["image", "group"]), "minutes": chance.choice([60, 400])},
            image.number,
        )
        for image in chosen
    ]


def _refused_deletions(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """The DELETE waits or is lost; when its time comes again, somebody uses the image."""
    chosen = _some(fleet, chance, times, lambda image: image.kind in RETIRED)
    ways: list[Fields] = [
        {"status": 429, "code": "TooManyRequests", "retry_after": 1800},
        {"status": 503},
        {"kind": "drop"},
    ]
    return [
        Disturbance(
            image.minute,
            "deletion meets an error",
            {**chance.choice(ways), "times": 2, "reference": chance.random() < 0.5},
            image.number,
        )
        for image in chosen
    ]


def _policies(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """A deployed app reads its policy anew within a minute, or when it starts."""
    broken = [
        Disturbance(
            _minute(chance),
            "policy breaks",
            {"text": chance.choice([*BROKEN_POLICIES, None]), "minutes": chance.randrange(1, 30)},
        )
        for _ in range(times)
    ]
    changes = [
        Disturbance(_minute(chance), "policy changes", {"changed": number % 2 == 0})
        for number in range(times)
    ]
    return [*broken, *changes]


def _freezes(_: list[Image], chance: Random, times: int) -> list[Disturbance]:
    return [
        Disturbance(chance.randrange(700, STORM_MINUTES), "freeze", {"minutes": chance.randrange(60, 240)})
        for _ in range(times)
    ]


def _promotions(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    chosen = _some(fleet, chance, max(times, 2), lambda image: image.kind in PROMOTED)
    orders: tuple[What, ...] = ("promotion paused", "promotion rolled back")
    return [
        Disturbance(
            image.minute + chance.randrange(30, 500), orders[number % 2], {"minutes": 90}, image.number
        )
        for number, image in enumerate(chosen)
    ]


def _some(fleet: list[Image], chance: Random, times: int, wanted: Callable[[Image], bool]) -> list[Image]:
    possible = [image for image in fleet if wanted(image)]
    return chance.sample(possible, min(times, len(possible)))


# how each kind is drawn, and how many of it there are for one image
_DRAWS: tuple[tuple[Draw, float], ...] = (
    (_kills, 0.6),
    (_stands_still, 0.02),
    (_deaths, 0.5),
    (_tokens, 0.04),
    (_regions, 0.1),
    (_machines, 0.04),
    (_upgrades, 0.02),
    (_graph, 0.015),
    (_lists, 0.03),
    (_events, 0.07),
    (_anew, 0.08),
    (_tags, 0.05),
    (_references, 0.1),
    (_locks, 0.02),
    (_refused_deletions, 0.05),
    (_policies, 0.01),
    (_freezes, 0.005),
    (_promotions, 0.04),
)
