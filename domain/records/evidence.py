"""Evidence: one record of what happened to a resource, written once, which the purge of the task hub cannot reach."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

EvidenceKind = Literal[
    "migration",
    "proof",
    "promotion",
    "election",
    "rollback",
    "repoint",
    "retirement",
    "certificate",
    "retention",
]
LINEAGE = "lineage"


class Evidence(BaseModel):
    """What happened to the version or image with the id `subject`.

    `key` tells records of one kind and moment apart; the same key always has the same details, so that a repeated write
    changes nothing.
    """

    subject: str
    kind: EvidenceKind
    at: datetime
    by: str = ""
    key: str
    details: dict[str, Any] = Field(default={})

    @property
    def name(self) -> str:
        """Where the record is kept: by subject, then by time."""
        at = self.at.astimezone(UTC)
        return f"{lineage_folder(self.subject)}{at:%Y%m%dT%H%M%SZ}-{self.kind}-{_hash(self.key)[:12]}.json"


class Stored(BaseModel):
    """Where a record was stored, and the digest (sha256, hexadecimal) of its text."""

    name: str
    digest: str


def lineage_folder(subject: str) -> str:
    """The folder of everything that is known about a resource, whatever the case of its id."""
    return f"{LINEAGE}/{_hash(subject.lower())[:32]}/"


def text_of(document: BaseModel) -> str:
    """A document as it is stored: the same values always make the same text."""
    return json.dumps(document.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"


def digest_of(text: str) -> str:
    """The digest by which a stored text is told from a changed one."""
    return _hash(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
