"""Draws what goes wrong and when: one function for each kind, from the fleet and a random generator."""

from collections.abc import Callable
from random import Random

from torture.disturbances import STORM_MINUTES, Disturbance, Fields, What
from torture.estate import (
    BROKEN_POLICIES,
    NOT_MIGRATED,
    PROMOTED,
    REGIONS,
    RETIRED,
    Image,
    promoted_definitions,
)

# how many requests of the app the host lives through; a small fleet sends few
LEAST_REQUESTS, MOST_REQUESTS, REQUESTS_PER_IMAGE = 40, 900, 3
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
HALF = 0.5
# what others do when a DELETE was not carried out
AFTERWARDS = ("used", "re-created", "")

Draw = Callable[[list[Image], Random, int], list[Disturbance]]


def _minute(chance: Random) -> int:
    return chance.randrange(STORM_MINUTES)


def _kills(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """By a number of requests, and every third one at a write that matters, if one comes before."""
    most = min(MOST_REQUESTS, 2 * LEAST_REQUESTS + REQUESTS_PER_IMAGE * len(fleet))
    made = []
    for number in range(times):
        method, path = chance.choice(MOMENTS) if number % 3 == 0 else (".*", "")
        fields = {
            "requests": chance.randrange(LEAST_REQUESTS, most),
            "method": method,
            "path": path,
            "skip": chance.randrange(4),
            "after_work": chance.random() < HALF,
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
            "after_effects": chance.random() < HALF,
            "skip": chance.choice([0, 0, 1, 2, 5]),
            "times": chance.choice([1, 1, 2]),
        }
        made.append(Disturbance(_minute(chance), "worker dies", fields))
    return made


def _tokens(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """A host that lives has its token for a day; one that starts as an image has arrived needs one."""
    ways = ("failing", "unavailable", "throttled", "drop", "expired")
    return [
        Disturbance(
            chance.choice(fleet).minute + chance.randrange(4),
            "no token",
            {
                "way": chance.choice(ways),
                "seconds": chance.randrange(30, 240),
                "restart": number % 2 == 0,
            },
        )
        for number in range(times)
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


def _re_created(fleet: list[Image], chance: Random, times: int) -> list[Disturbance]:
    """While its migration runs, and while its retirement soaks, could delete it, or waits for the cap."""
    chosen = _some(fleet, chance, times, lambda image: image.kind not in NOT_MIGRATED)
    return [
        Disturbance(
            image.minute + chance.choice([6, 9, 30, 300, 900, 1500, 1900]),
            "image re-created",
            {},
            image.number,
        )
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
    """The DELETE waits or is lost; when its time comes again, somebody uses the image, or it is another one.

    Those that come first are deleted first, and the storm does not last for ever.
    """
    some = _some(fleet, chance, times, lambda image: image.kind in RETIRED)
    chosen = sorted(some, key=lambda image: image.minute)
    ways: list[Fields] = [
        {"status": 429, "code": "TooManyRequests", "retry_after": 1800},
        {"status": 503},
        {"kind": "drop"},
    ]
    return [
        Disturbance(
            image.minute,
            "deletion meets an error",
            {**chance.choice(ways), "times": 2, "then": AFTERWARDS[number % len(AFTERWARDS)]},
            image.number,
        )
        for number, image in enumerate(chosen)
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
DRAWS: dict[str, tuple[Draw, float]] = {
    "kills": (_kills, 0.6),
    "stands still": (_stands_still, 0.02),
    "deaths": (_deaths, 0.5),
    "tokens": (_tokens, 0.04),
    "regions": (_regions, 0.1),
    "machines": (_machines, 0.04),
    "upgrades": (_upgrades, 0.02),
    "graph": (_graph, 0.015),
    "lists": (_lists, 0.03),
    "events": (_events, 0.07),
    "re-created": (_re_created, 0.08),
    "tags": (_tags, 0.05),
    "references": (_references, 0.1),
    "locks": (_locks, 0.02),
    "refused deletions": (_refused_deletions, 0.05),
    "policies": (_policies, 0.01),
    "freezes": (_freezes, 0.005),
    "promotions": (_promotions, 0.04),
}
