"""Pseudonyms for every name of a snapshot, and the key that made them: the same name always gets the same one.

A pseudonym is a keyed hash of the name in lower case, so that nobody without the key can try out names. Kinds of
resources, regions, sizes, states, dates and version numbers are no names and stay.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.fleet.gaps import Unreadable
from domain.resources.ids import check_subscription_id
from domain.resources.provenance import migration_id
from rehearsal.errors import SnapshotError
from rehearsal.measures import managed_images
from rehearsal.snapshot import KINDS, Snapshot, write_private
from rehearsal.tags import renamed_tags

KIND: Literal["gallerist-key"] = "gallerist-key"
# what the policy's templates write for operating systems and generations
_PLAIN = frozenset({"linux", "windows", "gen1", "gen2"})
_NUMBER = re.compile(r"\d+\.\d+\.\d+|latest")
_NAMES = {
    "identifier": {"publisher", "offer", "sku"},
    "purchasePlan": {"name", "publisher", "product"},
    "imageReference": {"publisher", "offer", "sku"},
}
_PSEUDONYM = re.compile(r"\bn[0-9a-f]{12}\b|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Names(BaseModel):
    """The real names by what they name, for the globs of a policy; all in lower case."""

    subscriptions: set[str] = set()
    resource_groups: set[str] = set()
    images: set[str] = set()
    tags: dict[str, set[str]] = {}
    """Per tag, its values."""


class Key(BaseModel):
    """What turns names into pseudonyms, and back. Who has it has the names: it stays where the fleet is."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["gallerist-key"] = KIND
    version: Literal[1] = 1
    secret: str = Field(default_factory=lambda: secrets.token_hex(32), pattern="[0-9a-f]{64}")
    names: Names = Names()
    real: dict[str, str] = {}
    """The real name of each pseudonym."""

    @property
    def digest(self) -> str:
        """Says which key a snapshot was written with, and nothing else."""
        return hashlib.sha256(bytes.fromhex(self.secret)).hexdigest()[:16]

    def name(self, text: str) -> str:
        """The pseudonym of a name. What a policy's templates write for systems and generations stays."""
        if not text or set(text.lower().split("-")) <= _PLAIN:
            return text
        pseudonym = f"n{self._hash(text)[:12]}"
        self.real.setdefault(pseudonym, text)
        return pseudonym

    def subscription(self, text: str) -> str:
        """The pseudonym of a subscription id, which is a subscription id."""
        digits = self._hash(text)
        parts = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:32])
        pseudonym = "-".join(parts)
        self.real.setdefault(pseudonym, text)
        return pseudonym

    def path(self, text: str) -> str:
        """The pseudonym of a resource id, or of the beginning of one: types and version numbers stay."""
        segments = text.split("/")
        first = 1 if text.startswith("/") else 0
        for at in range(first + 1, len(segments), 2):
            segments[at] = self._segment(segments[at - 1].lower(), segments[at])
        return "/".join(segments)

    def address(self, text: str) -> str:
        """The pseudonym of the address of a blob."""
        return f"https://{self.name(text)}.invalid/{self.name(text)}.vhd"

    def revealed(self, text: str) -> str:
        """Returns a text with the real names in place of the pseudonyms that this key made."""
        return _PSEUDONYM.sub(lambda found: self.real.get(found[0], found[0]), text)

    def _segment(self, kind: str, text: str) -> str:
        if kind == "providers" or (kind == "versions" and _NUMBER.fullmatch(text)) or text.startswith("{"):
            return text
        if kind == "subscriptions" and _is_subscription(text):
            return self.subscription(text)
        return self.name(text)

    def _hash(self, text: str) -> str:
        return hmac.new(bytes.fromhex(self.secret), text.lower().encode(), hashlib.sha256).hexdigest()


def load_key(path: Path) -> Key:
    """Reads a key.

    Raises:
        SnapshotError: the file is none.
    """
    try:
        return Key.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"the key {path} cannot be read: {error}") from error
    except ValidationError as error:
        raise SnapshotError(
            f"{path} is no key; `gallerist snapshot FILE --anonymise KEY` writes one beside the snapshot"
        ) from error


def save_key(key: Key, path: Path) -> None:
    """Writes a key that only its owner can read."""
    write_private(path, json.dumps(key.model_dump(mode="json"), indent=1, sort_keys=True) + "\n")


def anonymised(snapshot: Snapshot, key: Key) -> Snapshot:
    """Returns the snapshot with pseudonyms. The key learns the names."""
    _learn(snapshot, key)
    found = {kind: [_record(key, record) for record in snapshot.records(kind)] for kind in KINDS}
    result = snapshot.model_copy(
        update={
            "names": "pseudonyms",
            "key": key.digest,
            "subscriptions": [
                one.model_copy(update={"id": key.subscription(one.id), "name": key.name(one.name)})
                for one in snapshot.subscriptions
            ],
            "resource_groups": [
                one.model_copy(
                    update={"subscription": key.subscription(one.subscription), "name": key.name(one.name)}
                )
                for one in snapshot.resource_groups
            ],
            "report": snapshot.report.model_copy(
                update={"unreadable": [_unreadable(key, one) for one in snapshot.report.unreadable]}
            ),
            **found,
        }
    )
    hashes = _hashes(snapshot, result)
    for kind in ("images", "definitions", "versions"):
        for record in result.records(kind):
            if record.get("tags"):
                record["tags"] = renamed_tags(record["tags"], key, hashes)
    return result


def _learn(snapshot: Snapshot, key: Key) -> None:
    """Notes what the globs of a policy can match."""
    for image in managed_images(snapshot):
        key.names.subscriptions.add(image.id.subscription.lower())
        key.names.resource_groups.add(image.id.resource_group.lower())
        key.names.images.add(image.id.name.lower())
        for name, value in image.tags.items():
            key.names.tags.setdefault(name.lower(), set()).add(value.lower())


def _hashes(before: Snapshot, after: Snapshot) -> dict[str, str]:
    """Maps what tags have of an image, computed from its names, to what the image with pseudonyms has."""
    hashes: dict[str, str] = {}
    for old, new in zip(managed_images(before), managed_images(after), strict=True):
        hashes[old.fingerprint] = new.fingerprint
        hashes[old.dated_fingerprint] = new.dated_fingerprint
        hashes[migration_id(old.id)] = migration_id(new.id)
    return hashes


def _record(key: Key, value: Any, field: str = "", parent: str = "") -> Any:
    """A part of a record. Tags are renamed when the fingerprints of all images are known."""
    if isinstance(value, Mapping):
        return {
            name: inner if name == "tags" else _record(key, inner, name, field)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_record(key, one, field, parent) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("/"):
        return key.path(value)
    if field == "blobUri":
        return key.address(value)
    return key.name(value) if field == "id" or field in _NAMES.get(parent, ()) else value


def _unreadable(key: Key, one: Unreadable) -> Unreadable:
    where = key.path(one.id) if one.id.startswith("/") else "a list"
    return Unreadable(id=where, reason="the reason is left out, for it may hold names", fix=one.fix)


def _is_subscription(text: str) -> bool:
    try:
        check_subscription_id(text)
    except ValueError:
        return False
    return True
