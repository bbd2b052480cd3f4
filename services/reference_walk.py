"""Walks through the lists of one subscription, kind by kind, and ends early where it takes long."""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from adapters.azure.arm import Page
from adapters.azure.consumers import AzureConsumers
from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.references.expected import subscription_of
from domain.references.findings import consumers_in, dev_center_galleries_in
from domain.references.forms import PROJECT_GALLERY
from domain.references.kinds import DEV_CENTERS_API, STRONG_KINDS, Kind
from domain.references.parts import Cursor, Frame, PartScan, ScanPart
from domain.references.scan import Unread
from domain.results import Failure, RetryLater, arm_error_result

# an activity ends soon after this; a request may take a minute more
WALK_SECONDS = 30.0
MOST_PAGES = 300
# ARM's reads are back by then (documented)
PAUSE_SECONDS = 10
_WHOLE_SUBSCRIPTION = ("SubscriptionNotFound", "InvalidSubscriptionId")
# a subscription that is not registered, or a cloud without the type; a read of the provider decides
_NOT_PROVIDED = (
    "MissingSubscriptionRegistration",
    "MissingRegistrationForResourceProvider",
    "SubscriptionNotRegistered",
    "NoRegisteredProviderFound",
    "InvalidResourceNamespace",
    "InvalidResourceType",
)


class DevCenterGalleries:
    """The galleries behind those of dev centers, each looked up once."""

    def __init__(self, azure: AzureConsumers) -> None:
        self._azure = azure
        self._known: dict[str, str | None] = {}

    async def of(self, ids: Iterable[str]) -> dict[str, str | None]:
        """The compute gallery behind each of these; None where it cannot be read."""
        for one in set(ids) - self._known.keys():
            self._known[one] = await self._read(one)
        return self._known

    async def _read(self, gallery: str) -> str | None:
        project, _, name = gallery.partition(PROJECT_GALLERY)
        if name:
            # a project shows the galleries of its dev center
            center = await self._property(project, "devCenterId")
            gallery = f"{center}/galleries/{name}" if center else ""
        return await self._property(gallery, "galleryResourceId") if gallery else None

    async def _property(self, resource: str, name: str) -> str | None:
        try:
            document = await self._azure.document(subscription_of(resource) or "", resource, DEV_CENTERS_API)
        except ArmError:
            return None
        properties = (document or {}).get("properties")
        value = properties.get(name) if isinstance(properties, dict) else None
        return str(value) if value else None


class _StopError(Exception):
    """The walk cannot go on now."""

    def __init__(self, retry_later: RetryLater | None = None) -> None:
        super().__init__()
        self.retry_later = retry_later


class Walk:
    """One call's walk: it begins at the request's cursor, and returns what it found and where to go on."""

    def __init__(self, azure: AzureConsumers, request: ScanPart, seconds: float = WALK_SECONDS) -> None:
        self._azure = azure
        self._subscription = request.part
        self._subjects = request.subjects
        self._cursor = request.cursor or Cursor(kind=STRONG_KINDS[0].type)
        self._seconds = seconds
        self._pages_left = MOST_PAGES
        self._galleries = DevCenterGalleries(azure)
        # the pages above the one that is read, so that each is read once
        self._parents: dict[str, Page] = {}
        self.found = PartScan()

    async def run(self) -> PartScan:
        """Reads on until the subscription, the time or the pages are used up."""
        self._ends_at = asyncio.get_running_loop().time() + self._seconds
        names = [kind.type for kind in STRONG_KINDS]
        first = names.index(self._cursor.kind) if self._cursor.kind in names else 0
        try:
            for kind in STRONG_KINDS[first:]:
                if self._cursor.kind != kind.type or not self._cursor.frames:
                    self._cursor = Cursor(kind=kind.type, frames=[Frame(url=self._first(kind))])
                while self._cursor.frames:
                    await self._step(kind)
        except _StopError as stop:
            self.found.retry_later = stop.retry_later or self.found.retry_later
            self.found.next = self._cursor
        except ArmError as error:
            # the whole subscription cannot be read
            self._note("everything", error)
        return self.found

    def _first(self, kind: Kind) -> str:
        path = f"{kind.namespace}/{kind.levels[0]}"
        return f"/subscriptions/{self._subscription}/providers/{path}?api-version={kind.api_version}"

    async def _step(self, kind: Kind) -> None:
        """Reads one page: of the resources themselves, or of those above them."""
        frames = self._cursor.frames
        frame, depth = frames[-1], len(frames)
        try:
            page = await self._page(frame.url, keep=depth < len(kind.levels))
        except ArmError as error:
            await self._refused(kind, error)
            frames.pop()
            return
        if depth == len(kind.levels):
            for item in page.items:
                await self._look_at(item, kind)
            parent = None
        else:
            parent = _next_parent(page, frame.after)
        if parent is not None:
            frame.after = parent
            segment = kind.levels[depth]
            frames.append(Frame(url=f"{quote(parent)}/{segment}?api-version={kind.api_version}"))
        elif page.next:
            frames[-1] = Frame(url=page.next)
        else:
            frames.pop()

    async def _page(self, url: str, *, keep: bool) -> Page:
        if url in self._parents:
            return self._parents[url]
        left = self._ends_at - asyncio.get_running_loop().time()
        if left <= 0 or self._pages_left <= 0:
            raise _StopError
        self._pages_left -= 1
        try:
            async with asyncio.timeout(max(left, 1.0)):
                page = await self._azure.page(self._subscription, url)
        except TimeoutError:
            raise _StopError from None
        if keep:
            self._parents[url] = page
        if page.scarce:
            # what is left is for the migrations that run; the walk goes on with the next call
            self._pages_left = 0
            self.found.retry_later = _pause(page.scarce)
        return page

    async def _refused(self, kind: Kind, error: ArmError) -> None:
        """Decides what a refusal means: none there, not readable, or not now."""
        if error.code in _WHOLE_SUBSCRIPTION:
            raise error
        if error.code in _NOT_PROVIDED:
            if not await self._provides(kind):
                return
        elif error.status == HTTPStatus.NOT_FOUND and len(self._cursor.frames) > 1:
            # a page of a front door has no code of ARM
            of_arm = not error.code.startswith("HTTP")
            if (kind.may_lack_children and of_arm) or await self._parent_is_gone(kind):
                return
        elif diagnose(error).retry != "never":
            raise _StopError(arm_error_result(error).retry_later)
        self._note(kind.name, error)

    async def _provides(self, kind: Kind) -> bool:
        """Whether there can be resources of this kind; if that cannot be read, there may be."""
        try:
            return await self._azure.provides(self._subscription, kind.type)
        except ArmError:
            return True

    async def _parent_is_gone(self, kind: Kind) -> bool:
        """Whether the resource above was deleted after it was listed. A stale answer alone proves nothing."""
        above = self._cursor.frames[-2].after or ""
        try:
            return await self._azure.document(self._subscription, above, kind.api_version) is None
        except ArmError:
            return False

    async def _look_at(self, item: Any, kind: Kind) -> None:
        if not isinstance(item, dict) or not isinstance(item.get("properties"), dict):
            reason = "a record without properties, in which nothing can be found"
            self.found.unread.append(Unread(subscription=self._subscription, kind=kind.name, reason=reason))
            return
        item = {**item, "type": kind.type}
        aliases = await self._galleries.of(dev_center_galleries_in(item))
        self.found.consumers += consumers_in(item, self._subjects, "provider", aliases)

    def _note(self, kind: str, error: ArmError) -> None:
        above = self._cursor.frames[-2].after if len(self._cursor.frames) > 1 else None
        reason = f"{above}: {error}" if above else str(error)
        unread = Unread(subscription=self._subscription, kind=kind, reason=reason)
        self.found.unread.append(unread)


def _next_parent(page: Page, after: str | None) -> str | None:
    """The resource on the page that follows `after`; the first one, if that is not there any more."""
    ids = [str(item["id"]) for item in page.items if isinstance(item, dict) and item.get("id")]
    known = [one.lower() for one in ids]
    start = known.index(after.lower()) + 1 if after and after.lower() in known else 0
    return ids[start] if start < len(ids) else None


def _pause(limit: str) -> RetryLater:
    reason = f"Azure's limit {limit} is nearly used up"
    failure = Failure(code="TooManyRequests", message=reason, fix="Try again later.")
    return RetryLater(reason=reason, retry_after_seconds=PAUSE_SECONDS, throttled=True, failure=failure)
