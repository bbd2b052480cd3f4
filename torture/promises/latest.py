"""Promises about `latest`: nothing becomes it by itself, rings come in order, none is lost."""

from collections.abc import Iterator
from datetime import timedelta

from torture.estate import BAKE_HOURS, PROMOTED, RINGS
from torture.promises.azure_log import AzureLog, offered, when
from torture.promises.promise import Finding, Promise
from torture.world import World, time_of


def never_without_latest(world: World) -> Iterator[Finding]:
    """What resolved once resolves later."""
    had: dict[tuple[str, str], str] = {}
    lost: set[tuple[str, str]] = set()
    for note in world.of_kind("latest"):
        seen = {
            (definition, region): version
            for definition, regions in note.more["latest"].items()
            for region, version in regions.items()
        }
        for place in sorted(had.keys() - seen.keys() - lost):
            lost.add(place)
            definition, region = place
            yield "", f"{definition} had {had[place]} as latest in {region}, and none at {note.at:%d %H:%M}"
        had |= seen


def excluded(world: World) -> Iterator[Finding]:
    """What the policy does not promote is excluded from the first write on, and stays so."""
    log = AzureLog(world)
    for request, body in log.version_writes():
        made = log.made.get(str(request["path"]).lower())
        if made is None or (made.image.kind in PROMOTED and request["number"] != made.request):
            continue
        if regions := offered(body):
            yield (
                made.image.id,
                f"{made.id} was written as latest in {', '.join(sorted(regions))} at {when(request)}",
            )
    for version_id, made in log.made.items():
        state = log.state.get(version_id)
        if state is not None and made.image.kind not in PROMOTED and offered(state):
            yield made.image.id, f"{version_id} is not excluded from latest"


def proved_first(world: World) -> Iterator[Finding]:
    """A version that has to be tried becomes latest only after a machine started from it."""
    log = AzureLog(world)
    for request, body in log.version_writes():
        made = log.made.get(str(request["path"]).lower())
        if made is None or made.image.kind != "tried" or not offered(body):
            continue
        if not any(moment <= time_of(request) for moment in log.proofs_of(made.id)):
            yield (
                made.image.id,
                f"{made.id} became latest at {when(request)}, and no machine had started from it",
            )


def ring_by_ring(world: World) -> Iterator[Finding]:
    """No ring begins before the one before it has baked."""
    log = AzureLog(world)
    begun: dict[str, dict[int, str]] = {}
    for request, body in log.version_writes():
        version_id = str(request["path"]).lower()
        made = log.made.get(version_id)
        if made is None:
            continue
        rings = begun.setdefault(version_id, {})
        regions = offered(body)
        for number, ring in enumerate(RINGS):
            if not regions.intersection(ring) or number in rings:
                continue
            rings[number] = request["time"]
            before = rings.get(number - 1)
            baked = before is not None and time_of(request) - time_of({"time": before}) >= timedelta(
                hours=BAKE_HOURS
            )
            if number > 0 and not baked:
                yield (
                    made.image.id,
                    f"{version_id} became latest in {', '.join(ring)} too early, at {when(request)}",
                )


PROMISES = (
    Promise(
        "latest stays",
        "No definition is without a `latest` in a region where it had one.",
        never_without_latest,
    ),
    Promise(
        "excluded from latest",
        "A version is excluded from `latest` when it is written, and stays so unless the policy promotes it.",
        excluded,
    ),
    Promise(
        "proved before promoted",
        "What the policy proves becomes `latest` only after a machine started from it.",
        proved_first,
    ),
    Promise(
        "ring by ring", "No ring of regions gets a version before the ring before it has baked.", ring_by_ring
    ),
)
