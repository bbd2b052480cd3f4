"""What Azure's log and state say of versions: which content each was made from, when, and for whom."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from torture.estate import BASE, PROOFS, Image
from torture.host import APP_AGENT
from torture.world import Json, World, is_accepted, time_of

VERSION = "Microsoft.Compute/galleries/images/versions"
MACHINE = "Microsoft.Compute/virtualMachines"
_VERSION_PATH = re.compile(r"/galleries/[^/]+/images/[^/]+/versions/[^/]+$", re.IGNORECASE)
_GALLERY = re.compile(r"/images/[^/]+/versions/[^/]+$", re.IGNORECASE)


@dataclass(frozen=True)
class Made:
    """A version that the app made: from which build of which image, directly or as a copy, and by which request."""

    id: str
    gallery: str
    image: Image
    build: int
    is_copy: bool
    request: int
    body: Json


class AzureLog:
    """Reads the world's log once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.images = {image.id.lower(): image for image in world.fleet}
        self.made = {one.id.lower(): one for one in self._made()}
        self.state = {str(one["id"]).lower(): one for one in world.of_type(VERSION)}

    def build_at(self, image: Image, number: int) -> int | None:
        """Which build of an image existed when Azure had received so many requests; None if there was none."""
        build: int | None = None
        for note in self.world.about(image.id, "image written", "image deleted"):
            if note.number <= number:
                build = note.more["build"] if note.kind == "image written" else None
        return build

    def last_build(self, image: Image) -> int:
        """The latest build of an image."""
        return int(self.world.about(image.id, "image written")[-1].more["build"])

    def version_writes(self) -> Iterator[tuple[Json, Json]]:
        """The accepted writes of versions by the app, each with its body."""
        for request in self.world.requests:
            written = request["method"] in ("PUT", "PATCH") and _VERSION_PATH.search(request["path"])
            if written and is_accepted(request) and APP_AGENT in request["agent"]:
                yield request, json.loads(request["body"])

    def proofs_of(self, version_id: str) -> list[datetime]:
        """When machines were ready that the app made from a version, also after Azure gave up on them."""
        paths = [
            request["path"].lower()
            for request in self.world.requests
            if request["method"] == "PUT"
            and is_accepted(request)
            and request["path"].lower().startswith(f"{PROOFS}/".lower())
            and version_id.lower() in (request["body"] or "").lower()
        ]
        return [
            datetime.fromisoformat(ready)
            for one in self.world.operations
            if one["id"].lower() in paths
            and one["verb"] == "create"
            and (ready := one["ended"] if one["status"] == "Succeeded" else one["succeededLate"])
        ]

    def completed_at(self, version_id: str) -> datetime | None:
        """When Azure first finished a version."""
        ended = [
            datetime.fromisoformat(one["ended"])
            for one in self.world.operations
            if one["id"].lower() == version_id.lower() and one["status"] == "Succeeded"
        ]
        return min(ended, default=None)

    def _made(self) -> Iterator[Made]:
        """The first accepted write of a version decides what is in it."""
        seen: dict[str, Made] = {}
        for request, body in self.version_writes():
            version_id = str(request["path"]).lower()
            source = str(
                ((body.get("properties") or {}).get("storageProfile") or {}).get("source", {}).get("id", "")
            )
            if version_id in seen or not source or source.lower() == BASE.lower():
                continue
            made = self._from(request, version_id, source.lower(), body, seen)
            if made is not None:
                seen[version_id] = made
                yield made

    def _from(
        self, request: Json, version_id: str, source: str, body: Json, seen: dict[str, Made]
    ) -> Made | None:
        gallery = _GALLERY.sub("", version_id)
        if source in seen:
            first = seen[source]
            return Made(version_id, gallery, first.image, first.build, True, request["number"], body)
        image = self.images.get(source)
        build = self.build_at(image, request["number"]) if image else None
        if image is None or build is None:
            return None
        return Made(version_id, gallery, image, build, False, request["number"], body)


def flags(body: Json) -> tuple[bool | None, dict[str, bool | None]]:
    """The exclusion from latest in a version's document: its own flag, and those of its regions."""
    profile = (body.get("properties") or {}).get("publishingProfile") or {}
    regions = {
        region_name(target["name"]): target.get("excludeFromLatest")
        for target in profile.get("targetRegions") or []
    }
    return profile.get("excludeFromLatest"), regions


def offered(body: Json) -> set[str]:
    """The regions in which a document offers the version as latest: a region's flag wins where it has one."""
    own, regions = flags(body)
    return {region for region, flag in regions.items() if not (own if flag is None else flag)}


def region_name(name: str) -> str:
    """The name of a region as clients write it."""
    return str(name).replace(" ", "").lower()


def when(request: Json) -> str:
    """The moment of a request, for sentences."""
    return f"{time_of(request):%d %H:%M:%S} (request {request['number']})"
