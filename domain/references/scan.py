"""Consumers of a managed image or of versions, and a scan: who was found, and what could not be read."""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

# `uses` needs the image, `makes` brings it back, `mentions` only names it; `made-from` lives on without it
Relation = Literal["uses", "makes", "mentions", "made-from", "unknown"]
# how the consumer names the image
Form = Literal["managed image", "version", "definition", "shared", "community", "dev center", "declared"]
# what has to be done so that the consumer no longer needs the managed image
Remedy = Literal["nothing", "in place", "on reimage", "only by replacement", "ask its owner"]
# who found it: a list of its own resource provider, Resource Graph, or somebody who declared it
Finder = Literal["provider", "graph", "declared"]


class Consumer(BaseModel):
    """A resource, or something outside Azure, that names what was searched for.

    `id` is the resource id, or the declared name. `subject` is the id that was searched for; of a declared consumer it
    is empty, for that is one of every subject. `names` is the id as the consumer writes it, `part` where it does:
    `model`, `instance 3`, `template`. `text` is the part of the resource that names the image, as canonical JSON: an
    acknowledgement is for this text.
    """

    id: str
    kind: str
    subject: str = ""
    names: str
    form: Form
    part: str = "model"
    relation: Relation
    blocks: bool
    remedy: Remedy = "ask its owner"
    found_by: Finder
    text: str = ""
    why: str = ""

    @property
    def digest(self) -> str:
        """Tells this consumer from the same one after a change."""
        return hashlib.sha256(f"{self.id.lower()}\n{self.text}".encode()).hexdigest()[:16]


class Unread(BaseModel):
    """What could not be read: the resources of a kind in a subscription, and why. Unknown means keep."""

    subscription: str
    kind: str
    reason: str


class ScanRequest(BaseModel):
    """What to search for: these ids, images or versions, in the subscriptions expected.

    `expected` are those that the caller knows of; those of the settings, those that the identity sees and those seen
    before are added.
    """

    ids: list[str]
    expected: list[str] = Field(default=[])
    consumers: list[str] = Field(default=[])


class Scan(BaseModel):
    """What a scan found. It allows a deletion only if nothing is unread and no consumer blocks."""

    begun_at: datetime
    ended_at: datetime
    subscriptions: list[str]
    consumers: list[Consumer] = Field(default=[])
    unread: list[Unread] = Field(default=[])
    # consumers that do not block and are left out
    more: int = 0

    @property
    def blocking(self) -> list[Consumer]:
        """The consumers that block a deletion."""
        return [consumer for consumer in self.consumers if consumer.blocks]

    @property
    def complete(self) -> bool:
        """Whether everything that has to be read for a deletion was read."""
        return not self.unread
