"""A small world in which every promise was kept, made up by hand; tests break it in one place."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from torture.estate import GALLERY, PROOFS, REGIONS, SECOND_GALLERY, SUBSCRIPTIONS, Image
from torture.world import Instance, Json, Note, NoteKind, World

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
_IMAGES = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/builds/providers/Microsoft.Compute/images"
PLAIN = Image(f"{_IMAGES}/plain000-0001", 1, "plain", "batch", 0, "approve")
MOVING = Image(f"{_IMAGES}/moving-b", 2, "moving", "http", 0, "approve")
TRIED = Image(f"{_IMAGES}/tried000-0003", 3, "tried", "event", 0, "approve")
IGNORED = Image(f"{_IMAGES}/plain000-0004", 4, "ignored", "event", 0, "approve")
FLEET = [PLAIN, MOVING, TRIED, IGNORED]
RETIREMENT = "retirement-1"
MACHINE = f"{PROOFS}/providers/Microsoft.Compute/virtualMachines/proof-1"


def version_id(image: Image, gallery: str = GALLERY, number: str = "1.0.1") -> str:
    return f"{gallery}/images/{image.definition}/versions/{number}"


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


class WorldBuilder:
    """Writes notes, requests and operations in the order in which they happened."""

    def __init__(self) -> None:
        self.world = World(list(FLEET), cap=1)

    def note(self, hours: float, kind: NoteKind, subject: str, **more: Any) -> None:
        self.world.notes.append(Note(len(self.world.requests), at(hours), kind, subject, more))

    def request(
        self,
        hours: float,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int = 201,
    ) -> Json:
        """What the app asked of Azure."""
        entry = {
            "number": len(self.world.requests) + 1,
            "time": at(hours).isoformat(),
            "method": method,
            "path": path,
            "agent": "gallerist azsdk-python",
            "body": None if body is None else json.dumps(body),
            "status": status,
            "fault": None,
        }
        self.world.requests.append(entry)
        return entry

    def operation(self, begun: float, ended: float, resource_id: str) -> None:
        self.world.operations.append(
            {
                "id": resource_id,
                "verb": "create",
                "status": "Succeeded",
                "started": at(begun).isoformat(),
                "ended": at(ended).isoformat(),
                "succeededLate": None,
            }
        )

    def version(
        self, hours: float, image: Image, source: str, gallery: str = GALLERY, number: str = "1.0.1"
    ) -> None:
        """A version that the app writes and that is complete an hour later."""
        body = version_body(source)
        self.request(hours, "PUT", version_id(image, gallery, number), body)
        self.operation(hours, hours + 1, version_id(image, gallery, number))
        self.world.resources.append(
            {
                "id": version_id(image, gallery, number),
                "type": "Microsoft.Compute/galleries/images/versions",
                "properties": {
                    **body["properties"],
                    "provisioningState": "Succeeded",
                    "replicationStatus": {
                        "summary": [{"region": region, "state": "Completed"} for region in REGIONS]
                    },
                    "storageProfile": {
                        **body["properties"]["storageProfile"],
                        "osDiskImage": {"sizeInGB": 30},
                    },
                },
            }
        )


def version_body(source: str, offered: tuple[str, ...] = ()) -> Json:
    """A version's document, which is latest in these regions."""
    targets = [{"name": region, "excludeFromLatest": region not in offered} for region in REGIONS]
    return {
        "location": "eastus2",
        "properties": {
            "publishingProfile": {"targetRegions": targets, "excludeFromLatest": True},
            "storageProfile": {"source": {"id": source}},
        },
    }


def instance(name: str, id_: str, state: str, status: str = "Completed", **output: Any) -> Instance:
    return Instance(id_, name, status, at(0), at(9), None, {"state": state, **output})


def kept() -> WorldBuilder:
    """Everything went as promised: one image was copied and retired, one was proved and promoted."""
    made = WorldBuilder()
    for image in FLEET:
        made.note(0, "image written", image.id, build=0)
    made.version(1, PLAIN, PLAIN.id)
    made.version(1, MOVING, MOVING.id)
    made.version(3, MOVING, version_id(MOVING), SECOND_GALLERY)
    made.version(1, TRIED, TRIED.id)
    made.request(2, "PUT", MACHINE, {"imageReference": {"id": version_id(TRIED)}})
    made.operation(2, 2.5, MACHINE)
    for hours, regions in ((3, REGIONS[:1]), (5, REGIONS[:2]), (7, REGIONS)):
        made.request(hours, "PUT", version_id(TRIED), version_body(TRIED.id, tuple(regions)), status=200)
    made.note(7, "latest", GALLERY, latest={"tried000": {"eastus2": "1.0.1"}})
    made.note(17, "approval sent", MOVING.id, retirement=RETIREMENT)
    made.note(17, "accepted", RETIREMENT, path="approve")
    made.world.certificates.append((RETIREMENT, at(18)))
    made.request(18, "DELETE", MOVING.id, status=202)
    made.world.resources += [
        {"id": image.id, "type": "Microsoft.Compute/images"} for image in FLEET if image is not MOVING
    ]
    made.world.instances = [
        instance("migrate_image", "migration-1", "completed", image=PLAIN.id),
        instance("retire_image", RETIREMENT, "retired", image=MOVING.id, reason="deleted"),
    ]
    made.world.ends_seen = list(made.world.instances)
    made.world.longest_histories = {"migrate_image": 100}
    return made
