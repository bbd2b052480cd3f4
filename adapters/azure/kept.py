"""Lists of ARM that were read, kept for the next look: whole, or as far as they were read.

There is one store per process, bounded in size and age. A list that an error or a limit cut short goes on at its next
page. A list is read by one caller at a time, and the others wait for it. Several workers do not share a store: each
reads for itself what it is asked for, so the progress of one is not lost when another answers next.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from adapters.azure.arm import Page
from domain.arm_errors import diagnose
from domain.errors import ArmError, ResourceIdError
from domain.fleet.gaps import Unreadable

# what can change is shown for so long if it cannot be read again; what stays as it is, for longer
LONGEST_KEPT_SECONDS = 900
LONGEST_SETTLED_SECONDS = 3600
MOST_KEPT = 20_000
# the links of ARM's pages do not hold for ever
LONGEST_PROGRESS_SECONDS = 600
# of all looks of the process together
CALLS_AT_ONCE = 8
_MOST_LOGGED = 1000
_LEFT_OUT = (
    "No action needed for the others. If this one matters, give it a name that Azure documents for its type."
)

Value = TypeVar("Value")
logger = logging.getLogger(__name__)


class PageReader(Protocol):
    """Reads pages of ARM, as `Arm` does."""

    async def page(self, subscription: str, url: str) -> Page: ...


class Evidence(NamedTuple):
    """What is known from elsewhere about the content of a list: it is read again when this changes.

    `listed` is what ARM's list of resources says of it, `completed_at` when the task hub last completed a change.
    """

    listed: frozenset[Any] | None = None
    completed_at: datetime | None = None

    def covers(self, other: "Evidence") -> bool:
        """Whether a list that was read with this evidence says all that the other one asks for."""
        if self.listed != other.listed:
            return False
        if other.completed_at is None:
            return True
        return self.completed_at is not None and self.completed_at >= other.completed_at


NO_EVIDENCE = Evidence()


@dataclass(frozen=True)
class Source(Generic[Value]):
    """A list in ARM, or a single resource: where it is, and how its records are read.

    `part` is the id that names it to people, `kind` what a record is. `stays` says whether what was read stays as it is
    while its evidence does. If it `may_be_missing`, the list of what does not exist is empty.
    """

    subscription: str
    path: str
    part: str
    kind: str
    parse: Callable[[Any], Value]
    stays: Callable[[list[Value]], bool] = lambda _: False
    single: bool = False
    may_be_missing: bool = False

    def records(self, page: Page) -> list[Any]:
        """The records on a page."""
        if self.single:
            return [page.body] if page.body else []
        return page.items


@dataclass
class _Progress(Generic[Value]):
    """A list that is being read, as far as it was read. A `broken` one begins again at the first page."""

    url: str
    begun: float
    evidence: Evidence
    values: list[Value] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    broken: bool = False


class KeptList(Generic[Value]):
    """One list: as it was when it was last read to its end, and the progress of the reading under way."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.values: list[Value] = []
        self.unreadable: list[Unreadable] = []
        self.read_at = self.begun_at = self.read_for = float("-inf")
        self._evidence = NO_EVIDENCE
        self._settled = False
        self._progress: _Progress[Value] | None = None

    @property
    def is_new(self) -> bool:
        """Whether the list was never read to its end."""
        return self.read_at == float("-inf")

    @property
    def so_far(self) -> list[Value]:
        """What the reading under way has found."""
        return self._progress.values if self._progress else []

    def is_usable(self, evidence: Evidence, now: float) -> bool:
        """Whether the kept list still answers, if it cannot be read again."""
        longest = LONGEST_SETTLED_SECONDS if self._settled else LONGEST_KEPT_SECONDS
        return now - self.read_at < longest and self._evidence.covers(evidence)

    def is_settled(self, evidence: Evidence, now: float) -> bool:
        """Whether the list need not be read again."""
        return self._settled and self.is_usable(evidence, now)

    def was_read_since(self, moment: float, evidence: Evidence) -> bool:
        """Whether the list was read to its end at this moment or later."""
        return self.read_at >= moment and self._evidence.covers(evidence)

    def add(self, value: Value) -> None:
        """Adds what this process wrote itself since."""
        if not self.is_new:
            self.values = [*self.values, value]

    def forget(self) -> None:
        """Drops the kept list: it cannot be read any more."""
        self.values, self.unreadable = [], []
        self.read_at = self.begun_at = self.read_for = float("-inf")

    async def advance(
        self,
        reader: PageReader,
        source: Source[Value],
        evidence: Evidence,
        now: Callable[[], float],
        here: Callable[[], float],
    ) -> Page:
        """Reads the next page, the first one if no reading is under way. `here` tells how long the answer took.

        Raises:
            ArmError: the page cannot be read. The pages before it are kept, unless waiting does not help.
        """
        progress, asked = self._progress_at(source, evidence, now()), here()
        is_first = progress.url == source.path
        try:
            page = await reader.page(source.subscription, progress.url)
        except ArmError as error:
            if not (source.may_be_missing and is_missing(error)):
                progress.broken = diagnose(error).retry == "never"
                raise
            page = Page({})
        if is_first:
            # only the answer may show that much time has passed, as after a night without calls
            progress.begun = max(progress.begun, now() - (here() - asked))
        for record in source.records(page):
            try:
                progress.values.append(source.parse(record))
            except ResourceIdError as error:
                progress.unreadable.append(_unreadable(record, source, error))
        if page.next is not None:
            progress.url = page.next
            return page
        self.values, self.unreadable = progress.values, progress.unreadable
        self.read_at, self.begun_at = now(), progress.begun
        self._evidence = progress.evidence
        self._settled = source.stays(self.values)
        self._progress = None
        return page

    def _progress_at(self, source: Source[Value], evidence: Evidence, now: float) -> _Progress[Value]:
        found = self._progress
        if (
            found is None
            or found.broken
            or now - found.begun > LONGEST_PROGRESS_SECONDS
            or not found.evidence.covers(evidence)
        ):
            found = self._progress = _Progress(source.path, now, evidence)
        return found


class KeptLists:
    """All lists of one process. `at_once` limits how many calls the looks make.

    `now` is the clock that the lists grow old by, `here` this machine's; both in seconds.
    """

    def __init__(
        self,
        reader: PageReader,
        now: Callable[[], float] = time.monotonic,
        here: Callable[[], float] = time.monotonic,
    ) -> None:
        self.now = now
        self._here = here
        self._reader = reader
        self._lists: OrderedDict[str, KeptList[Any]] = OrderedDict()
        self.at_once = asyncio.Semaphore(CALLS_AT_ONCE)
        self._logged: set[tuple[str, str]] = set()

    def of(self, source: Source[Value]) -> KeptList[Value]:
        """The kept list of a source. The list that was not asked for the longest is dropped if there are too many."""
        key = source.path.lower()
        kept = self._lists.setdefault(key, KeptList())
        self._lists.move_to_end(key)
        while len(self._lists) > MOST_KEPT:
            self._lists.popitem(last=False)
        return kept

    async def advance(self, source: Source[Value], evidence: Evidence = NO_EVIDENCE) -> Page:
        """Reads the next page of a list; the caller holds its lock.

        Raises:
            ArmError: the page cannot be read.
        """
        return await self.of(source).advance(self._reader, source, evidence, self.now, self._here)

    async def whole(self, source: Source[Value], seconds: float, since: float = float("-inf")) -> list[Value]:
        """Returns the whole list, begun to be read within these seconds and `since` this moment.

        With no seconds, it is read now.

        Raises:
            ArmError: a page cannot be read. The next call continues there.
        """
        kept = self.of(source)
        async with kept.lock:
            # another clock's moment may be yet to come here
            moment = max(self.now() - seconds, min(since, self.now()))
            unread = not seconds
            while unread or kept.begun_at < moment:
                unread = (await self.advance(source)).next is not None
            return self._logged_values(kept)

    async def shared(self, source: Source[Value], moment: float, seconds: float) -> list[Value]:
        """Returns the whole list, read for this moment of its users' clock or for an earlier one within these seconds.

        Raises:
            ArmError: a page cannot be read. The next call continues there.
        """
        kept = self.of(source)
        async with kept.lock:
            if moment - kept.read_for > seconds:
                asked, unread = self.now(), True
                while unread or kept.begun_at < asked:
                    unread = (await self.advance(source)).next is not None
                kept.read_for = moment
            return self._logged_values(kept)

    async def fresh(self, source: Source[Value]) -> list[Value]:
        """Returns the whole list as it is now, and keeps nothing.

        Raises:
            ArmError: a page cannot be read.
        """
        read: KeptList[Value] = KeptList()
        while (await read.advance(self._reader, source, NO_EVIDENCE, self.now, self._here)).next:
            pass
        return self._logged_values(read)

    def _logged_values(self, kept: KeptList[Value]) -> list[Value]:
        for unreadable in kept.unreadable:
            self.log_once(unreadable)
        return kept.values

    def log_once(self, unreadable: Unreadable) -> None:
        """Logs what cannot be read, at the first time that it is met."""
        key = (unreadable.id, unreadable.reason)
        if key not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(key)
            logger.warning("%s cannot be read and is left out: %s", *key)


def is_missing(error: ArmError) -> bool:
    """Whether a resource, its parent or its group does not exist, in a subscription that does."""
    return error.status == HTTPStatus.NOT_FOUND and error.code != "SubscriptionNotFound"


def _unreadable(record: Any, source: Source[Any], error: ResourceIdError) -> Unreadable:
    named = record.get("id") if isinstance(record, dict) else None
    where = named if isinstance(named, str) and named else source.path.partition("?")[0]
    return Unreadable(id=where, reason=f"{source.kind}: {error}", fix=_LEFT_OUT)
