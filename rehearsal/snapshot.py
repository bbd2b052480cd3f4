"""A snapshot: the versioned document, and how it is written to a file and read back."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.fleet.gaps import Unreadable
from rehearsal.errors import SnapshotError

KIND: Literal["gallerist-snapshot"] = "gallerist-snapshot"
VERSION: Literal[1] = 1
Record = dict[str, Any]

# what no snapshot has, because the rehearsal does not need it or the simulator cannot show it
NEVER_READ = (
    "the content of disks and images",
    "passwords, keys, custom data, user data and extensions of machines",
    "who may do what: role assignments; the rehearsal's identity may do everything",
    "locks and Azure Policy assignments: what they would refuse is not refused in a rehearsal",
    "soft-deleted versions",
    "consumers other than machines and scale sets, such as Batch pools and host pools",
    "subscriptions that were not named, and the galleries in them",
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Subscription(_Part):
    """A subscription that was read."""

    id: str
    name: str


class ResourceGroup(_Part):
    """A resource group: proofs need theirs although nothing is in it."""

    subscription: str
    name: str
    location: str


class Report(_Part):
    """What the snapshot does not have."""

    never_read: list[str] = Field(default=list(NEVER_READ))
    left_out: dict[str, dict[str, int]] = {}
    """Per kind of record: the fields that were not written, and in how many records."""
    unreadable: list[Unreadable] = []
    """What could not be read, why, and what to do about it."""


class Snapshot(_Part):
    """What a subscription, or several, held at a moment. The records have Azure's own fields, as `allowed` lists."""

    kind: Literal["gallerist-snapshot"] = KIND
    version: Literal[1] = VERSION
    taken: datetime
    release: str
    names: Literal["kept", "pseudonyms"] = "kept"
    key: str | None = None
    """Which key made the pseudonyms."""
    subscriptions: list[Subscription]
    resource_groups: list[ResourceGroup] = []
    images: list[Record] = []
    galleries: list[Record] = []
    definitions: list[Record] = []
    versions: list[Record] = []
    machines: list[Record] = []
    scale_sets: list[Record] = []
    report: Report = Report()

    def counts(self) -> dict[str, int]:
        """How many records of each kind there are."""
        return {kind: len(self.records(kind)) for kind in KINDS}

    def records(self, kind: str) -> list[Record]:
        """The records of a kind."""
        found: list[Record] = getattr(self, kind)
        return found


KINDS = ("images", "galleries", "definitions", "versions", "machines", "scale_sets")


def save(snapshot: Snapshot, path: Path) -> None:
    """Writes a snapshot. It holds names, so only its owner can read the file."""
    write_private(path, snapshot.model_dump_json(indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, by replacing it as a whole.

    Raises:
        SnapshotError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written: {error.strerror}; choose another file") from error


def load(path: Path) -> Snapshot:
    """Reads a snapshot.

    Raises:
        SnapshotError: the file is none, or one of another version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SnapshotError(f"{path} cannot be read: {reason}; make one with `gallerist snapshot`") from error
    try:
        return Snapshot.model_validate_json(text)
    except ValidationError as error:
        raise SnapshotError(
            f"{path} is no snapshot of version {VERSION}: {_first(error)}; {_NEXT}"
        ) from error


_NEXT = "make a new one with `gallerist snapshot` of this release"


def _first(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, details["loc"]))
    return f"{where}: {details['msg']}" if where else str(details["msg"])
