"""Promises about deletions, read at each DELETE that the app sent: what Azure and people knew at that moment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from torture.estate import PROOFS, PROVED, RETIRED, SOAK_DAYS, Image
from torture.host import APP_AGENT
from torture.promises.azure_log import AzureLog, when
from torture.promises.promise import Finding, Promise
from torture.world import Json, Note, World, is_accepted, time_of

_IMAGE_PATH = re.compile(r"/Microsoft\.Compute/images/[^/]+$", re.IGNORECASE)
# the obligations are read within ten minutes before the DELETE: what is as old as that was seen
SEEN = timedelta(minutes=10)
# what only Resource Graph shows is seen when it shows it
GRAPH_ONLY = "unknown"
_MACHINE_TYPES = (
    "microsoft.compute/virtualmachines",
    "microsoft.compute/disks",
    "microsoft.network/networkinterfaces",
)


@dataclass(frozen=True)
class Deletion:
    """A DELETE of a managed image that the app sent, and the build that existed then."""

    image: Image
    build: int
    request: Json

    @property
    def at(self) -> datetime:
        """When Azure received it."""
        return time_of(self.request)

    def sentence(self, what: str) -> Finding:
        """What was wrong with it."""
        return self.image.id, f"{self.image.name} got a DELETE at {when(self.request)}, and {what}"


def obligations_met(world: World) -> Iterator[Finding]:
    """At each DELETE: replicated everywhere, proved, soaked, approved, unlocked, unused, not frozen, certified."""
    log = AzureLog(world)
    for deletion in sent(world, log):
        for what in (
            *_unready(log, deletion),
            *_unapproved(world, deletion),
            *_in_use(world, deletion),
            *_forbidden(world, deletion),
            *_uncertified(world, deletion),
        ):
            yield deletion.sentence(what)


def capped(world: World) -> Iterator[Finding]:
    """No more deletions in a day than the policy says."""
    accepted = [one for one in sent(world, AzureLog(world)) if is_accepted(one.request)]
    for number, deletion in enumerate(accepted):
        day = [one for one in accepted[: number + 1] if deletion.at - one.at < timedelta(days=1)]
        if len(day) > world.cap:
            yield deletion.sentence(f"it was number {len(day)} within a day")


def nothing_else_gone(world: World) -> Iterator[Finding]:
    """An image is gone only if the app was asked to delete it; nothing in a gallery is ever deleted."""
    there = {str(one["id"]).lower() for one in world.resources}
    deleted = {one.image.id for one in sent(world, AzureLog(world)) if is_accepted(one.request)}
    for image in world.fleet:
        if image.id.lower() not in there and image.id not in deleted:
            yield image.id, f"{image.name} is gone, and nobody deleted it"
    for request in world.requests:
        if request["method"] == "DELETE" and "/galleries/" in request["path"].lower():
            yield "", f"{request['path']} got a DELETE at {when(request)}"


def no_machine_left(world: World) -> Iterator[Finding]:
    """No machine, disk or network interface is left of any proof, and nothing that denies new machines."""
    for resource in world.resources:
        resource_id = str(resource["id"]).lower()
        if str(resource["type"]).lower() in _MACHINE_TYPES and resource_id.startswith(f"{PROOFS}/".lower()):
            yield "", f"{resource['id']} is left"
        if "/policyassignments/gallerist" in resource_id:
            yield "", f"{resource['id']} is left"


def sent(world: World, log: AzureLog) -> list[Deletion]:
    """The DELETEs of managed images that the app sent, whether or not Azure accepted them."""
    found = []
    for request in world.requests:
        if (
            request["method"] == "DELETE"
            and APP_AGENT in request["agent"]
            and _IMAGE_PATH.search(request["path"])
        ):
            image = log.images.get(str(request["path"]).lower())
            build = log.build_at(image, request["number"]) if image else None
            # what is gone already cannot be deleted
            if image is not None and build is not None and request["status"] != 204:  # noqa: PLR2004 # gone already
                found.append(Deletion(image, build, request))
    return found


def _unready(log: AzureLog, deletion: Deletion) -> Iterator[str]:
    """Every gallery has had a version of this very build, complete for as long as the soak takes."""
    image = deletion.image
    if image.kind not in RETIRED:
        yield f"it is {image.kind}: the policy does not retire it"
    for gallery in image.galleries:
        versions = [
            made
            for made in log.made.values()
            if (made.image, made.build, made.gallery) == (image, deletion.build, gallery.lower())
        ]
        moments = [moment for made in versions if (moment := log.completed_at(made.id))]
        complete = min(moments, default=None)
        if complete is None or complete > deletion.at:
            yield f"build {deletion.build} had no complete version in {gallery}"
        elif deletion.at - complete < timedelta(days=SOAK_DAYS):
            yield f"its version in {gallery} was complete for {deletion.at - complete} only"
        proved = [moment for made in versions for moment in log.proofs_of(made.id) if moment <= deletion.at]
        if image.kind in PROVED and not proved:
            yield f"no machine had started from its version in {gallery}"


def _unapproved(world: World, deletion: Deletion) -> Iterator[str]:
    """An approval was given for this build: not before it was written, and before the DELETE."""
    number = deletion.request["number"]
    written = max(
        (
            note.number
            for note in world.about(deletion.image.id, "image written")
            if note.more["build"] == deletion.build and note.number <= number
        ),
        default=0,
    )
    first = min(
        note.number
        for note in world.about(deletion.image.id, "image written")
        if note.more["build"] == deletion.build and note.number <= written
    )
    approvals = world.about(deletion.image.id, "approval sent")
    if not any(first <= note.number <= number for note in approvals):
        yield f"nobody had approved that for build {deletion.build}"


def _in_use(world: World, deletion: Deletion) -> Iterator[str]:
    """What has been there for longer than the obligations may be old."""
    for there, gone in _spans(world, deletion.image.id, "reference there", "reference gone", key="by"):
        if there.more["kind"] == GRAPH_ONLY and _graph_lied(world, there, deletion):
            continue
        if _holds(there, gone, deletion):
            yield f"{there.more['by']} had used it since {there.at:%d %H:%M:%S}"


def _forbidden(world: World, deletion: Deletion) -> Iterator[str]:
    image_id = deletion.image.id
    for scope in (image_id, image_id.partition("/providers/")[0]):
        for there, gone in _spans(world, scope, "lock there", "lock gone"):
            if _holds(there, gone, deletion):
                yield f"{scope} had been locked since {there.at:%d %H:%M:%S}"
    for there, gone in _spans(world, "app", "frozen", "thawed"):
        if _holds(there, gone, deletion):
            yield f"all deletions had been stopped at {there.at:%d %H:%M:%S}"


def _uncertified(world: World, deletion: Deletion) -> Iterator[str]:
    approvals = world.about(deletion.image.id, "approval sent")
    retirements = {note.more["retirement"] for note in approvals}
    if not any(
        retirement in retirements and made_at <= deletion.at for retirement, made_at in world.certificates
    ):
        yield "no certificate had been stored"


def _spans(
    world: World, subject: str, begins: str, ends: str, key: str = ""
) -> list[tuple[Note, Note | None]]:
    """From when to when something was there; what is there still has no end."""
    spans: list[tuple[Note, Note | None]] = []
    for note in world.about(subject, begins, ends):  # type: ignore[arg-type] # two kinds of notes
        if note.kind == begins:
            spans.append((note, None))
        else:
            spans = [
                (there, note)
                if gone is None and (not key or there.more[key] == note.more[key])
                else (there, gone)
                for there, gone in spans
            ]
    return spans


def _holds(there: Note, gone: Note | None, deletion: Deletion) -> bool:
    ended = gone is not None and gone.number <= deletion.request["number"]
    return not ended and deletion.at - there.at > SEEN and there.number <= deletion.request["number"]


def _graph_lied(world: World, there: Note, deletion: Deletion) -> bool:
    """Whether Resource Graph lagged or lied at any time since the reference is there."""
    lies = 0
    for note in world.of_kind("graph lies", "graph tells"):
        if note.at > deletion.at:
            break
        if note.kind == "graph lies" and note.at >= there.at - timedelta(hours=1):
            return True
        lies += 1 if note.kind == "graph lies" else -1
        if note.kind == "graph tells" and note.at >= there.at - timedelta(hours=1):
            return True
    return lies > 0


PROMISES = (
    Promise(
        "no obligation unmet",
        "No DELETE of a managed image is sent unless, at that moment, a version of this very content has been complete "
        "in every gallery for as long as the soak takes, a machine started from it where the policy asks for that, "
        "somebody approved it, nothing uses the image, nothing locks it, deletions are not stopped, and a certificate "
        "is stored.",
        obligations_met,
    ),
    Promise("no more than the cap", "No more images are deleted within a day than the policy says.", capped),
    Promise(
        "nothing else gone",
        "No image is gone that the app did not delete, and nothing in a gallery is ever deleted.",
        nothing_else_gone,
    ),
    Promise(
        "no machine left",
        "Of proofs no machine, disk or network interface is left, of retirements no policy assignment.",
        no_machine_left,
    ),
)
