"""A scan in parts: what is to be read, how far a part is, and how the parts become one scan.

Each subscription is a part, and Resource Graph is one. A part that takes long ends early and says where to go on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from domain.fitting import stored_characters
from domain.references.forms import Subject
from domain.references.scan import Consumer, Scan, ScanRequest, Unread
from domain.results import RetryLater

# the part that is no subscription
GRAPH = "Resource Graph"
# a history holds every part; those that block are counted as unread beyond this
MOST_BLOCKING = 100
MOST_SHOWN = 50
# of a whole scan, which one orchestration hands to another: half of what the Durable Task Scheduler takes in one piece
LARGEST_SCAN = 400_000
MOST_UNREAD = 200


class PlanScan(ScanRequest):
    """Asks what a scan has to read. `now` decides which declared consumers are in force."""

    now: datetime


class ScanPlan(BaseModel):
    """What a scan has to read, and what is known before: declared consumers, and what cannot be read at all."""

    subjects: list[Subject]
    subscriptions: list[str]
    consumers: list[Consumer] = Field(default=[])
    unread: list[Unread] = Field(default=[])


class Frame(BaseModel):
    """A page of a list that is being read. `after` is the resource on it whose children were read last."""

    url: str
    after: str | None = None


class Cursor(BaseModel):
    """How far a part is: at this kind, on these pages, the outermost list first."""

    kind: str
    frames: list[Frame] = Field(default=[])


class ScanPart(BaseModel):
    """Asks for one part of a scan, from a cursor on."""

    part: str
    subjects: list[Subject]
    cursor: Cursor | None = None

    def at(self, cursor: Cursor | None) -> "ScanPart":
        """The same part from another place on."""
        return ScanPart(part=self.part, subjects=self.subjects, cursor=cursor)


class PartScan(BaseModel):
    """What was found. With `next` the part goes on there, after `retry_later` if it has to wait.

    `more` counts consumers that do not block and were left out.
    """

    consumers: list[Consumer] = Field(default=[])
    unread: list[Unread] = Field(default=[])
    more: int = 0
    next: Cursor | None = None
    retry_later: RetryLater | None = None

    def limited(self, part: str) -> "PartScan":
        """The part without what is too much for a history. What blocks is never left out in silence."""
        blocking = [one for one in self.consumers if one.blocks]
        others = [one for one in self.consumers if not one.blocks]
        unread = list(self.unread)
        if len(blocking) > MOST_BLOCKING:
            reason = f"{len(blocking)} consumers block; only {MOST_BLOCKING} are shown"
            unread.append(Unread(subscription=part, kind="more consumers", reason=reason))
        return PartScan(
            consumers=[*blocking[:MOST_BLOCKING], *others[:MOST_SHOWN]],
            unread=unread,
            more=self.more + max(0, len(others) - MOST_SHOWN),
            next=self.next,
            retry_later=self.retry_later,
        )

    def followed_by(self, later: "PartScan", part: str) -> "PartScan":
        """Both together, at the place where the later one ended."""
        return PartScan(
            consumers=[*self.consumers, *later.consumers],
            unread=[*self.unread, *later.unread],
            more=self.more + later.more,
            next=later.next,
            retry_later=later.retry_later,
        ).limited(part)

    def given_up(self, part: str, reason: str) -> "PartScan":
        """The part where nothing more can be read: the rest is unread."""
        kind = self.next.kind if self.next else "everything"
        unread = Unread(subscription=part, kind=kind, reason=reason)
        return PartScan(consumers=self.consumers, unread=[*self.unread, unread], more=self.more)


def parts_of(plan: ScanPlan) -> list[ScanPart]:
    """The parts of a scan."""
    return [ScanPart(part=name, subjects=plan.subjects) for name in (GRAPH, *plan.subscriptions)]


def scan_of(
    plan: ScanPlan, parts: Sequence[tuple[str, PartScan]], begun_at: datetime, ended_at: datetime
) -> Scan:
    """The scan that these parts are. A subscription with anything unread was not read."""
    unread = [*plan.unread, *(one for _, part in parts for one in part.unread)]
    gaps = {one.subscription.lower() for one in unread}
    read = [name for name, _ in parts if name != GRAPH and name.lower() not in gaps]
    found = united([*plan.consumers, *(one for _, part in parts for one in part.consumers)])
    shown = found[: _how_many_fit(found)]
    return Scan(
        begun_at=begun_at,
        ended_at=ended_at,
        subscriptions=read,
        consumers=shown,
        unread=[*_some_of(unread), *_left_out(found, shown)],
        more=sum(part.more for _, part in parts) + sum(not one.blocks for one in found[len(shown) :]),
    )


def _how_many_fit(consumers: Sequence[Consumer]) -> int:
    size = 0
    for count, one in enumerate(consumers):
        size += stored_characters(one.model_dump_json())
        if size > LARGEST_SCAN:
            return count
    return len(consumers)


def _left_out(found: Sequence[Consumer], shown: Sequence[Consumer]) -> list[Unread]:
    """Those that block come first, and are never left out in silence."""
    blocking = sum(one.blocks for one in found)
    if blocking <= len(shown):
        return []
    reason = f"{blocking} consumers block; only {len(shown)} are shown"
    return [Unread(subscription=GRAPH, kind="more consumers", reason=reason)]


def _some_of(unread: Sequence[Unread]) -> list[Unread]:
    """Not every one of thousands. One is enough to forbid a deletion."""
    if len(unread) <= MOST_UNREAD:
        return list(unread)
    reason = f"{len(unread)} kinds of resources could not be read; only {MOST_UNREAD} are shown"
    return [*unread[:MOST_UNREAD], Unread(subscription=GRAPH, kind="more that is unread", reason=reason)]


def united(consumers: Iterable[Consumer]) -> list[Consumer]:
    """Each consumer once, as its provider shows it. It blocks if anybody says so: the graph never removes a hit."""
    found: dict[tuple[str, str, str, str], Consumer] = {}
    for one in sorted(consumers, key=lambda consumer: consumer.found_by == "graph"):
        key = (one.id.lower(), one.part, one.names.lower(), one.subject.lower())
        known = found.get(key)
        if known is None or (one.blocks and not known.blocks):
            found[key] = one
    return sorted(found.values(), key=lambda one: (not one.blocks, one.kind, one.id.lower(), one.part))
