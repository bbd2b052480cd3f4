"""What is known of a run when it is judged: what was done to it, what Azure was asked and holds, what the hub holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from torture.estate import Image

Json = dict[str, Any]

NoteKind = Literal[
    "image written",
    "image deleted",
    "reference there",
    "reference gone",
    "lock there",
    "lock gone",
    "frozen",
    "thawed",
    "graph lies",
    "graph tells",
    "approval sent",
    "accepted",
    "host killed",
    "stood still",
    "disturbed",
    "latest",
    "calm",
]


@dataclass(frozen=True)
class Note:
    """Something that the torture did or saw.

    `number` is that of the last request that Azure had received until then: what has a higher one came later.
    """

    number: int
    at: datetime
    kind: NoteKind
    subject: str
    more: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An orchestration as the durable API shows it."""

    id: str
    name: str
    status: str
    created: datetime
    updated: datetime
    custom_status: Any
    output: Any


@dataclass
class World:
    """A run that is over. Requests are Azure's own log, `latest` what the versions in Azure resolve to at the end."""

    fleet: list[Image]
    # how many images the policy lets be deleted in a day
    cap: int = 1000
    notes: list[Note] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    operations: list[Json] = field(default_factory=list)
    resources: list[Json] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    # the ends of migrations that were seen, hour by hour, before the last batch began
    ends_seen: list[Instance] = field(default_factory=list)
    longest_histories: dict[str, int] = field(default_factory=dict)
    # the retirement's folder and `made_at` of every certificate in the evidence store
    certificates: list[tuple[str, datetime]] = field(default_factory=list)
    log: str = ""
    # how often a worker of the app was killed
    worker_deaths: int = 0

    def of_kind(self, *kinds: NoteKind) -> Iterator[Note]:
        """The notes of these kinds, oldest first."""
        return (note for note in self.notes if note.kind in kinds)

    def about(self, subject: str, *kinds: NoteKind) -> list[Note]:
        """The notes of these kinds about one resource, oldest first."""
        return [note for note in self.of_kind(*kinds) if note.subject.lower() == subject.lower()]

    def of_type(self, type_: str) -> list[Json]:
        """The resources of a type that exist at the end."""
        return [one for one in self.resources if str(one["type"]).lower() == type_.lower()]


def time_of(request: Json) -> datetime:
    """When Azure received a request."""
    return datetime.fromisoformat(request["time"])


def is_accepted(request: Json) -> bool:
    """Whether Azure carried out a request, whether or not its answer arrived."""
    status = request["status"]
    return status is not None and status < 300 and request["fault"] != "answer"  # noqa: PLR2004 # any success
