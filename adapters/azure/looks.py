"""Looks at many images at once: reads as much as time and ARM's limits allow, and says what is missing.

A look reads the lists of whole subscriptions anew. Definitions and versions, of which there can be thousands, are read
one by one only where those lists do not say enough, and again only when they say that something changed. A look stops
when a limit runs low: the rest of it is for the migrations. What was read is kept, so the next look goes on there.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from adapters.azure.documents import ListedResource
from adapters.azure.kept import NO_EVIDENCE, Evidence, KeptLists, Source
from adapters.azure.protocols import Extent, Seen, SeenCounts, SeenImages
from adapters.azure.sources import (
    galleries,
    image_definitions,
    image_version,
    image_versions,
    managed_images,
    resources,
)
from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.fleet.gaps import Gaps, Unread, Unreadable
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.provenance import FINGERPRINT_TAG
from domain.resources.regions import canonical_region
from domain.retention.forecast import Counted

# an HTTP answer must come within 20 seconds
LOOK_SECONDS = 15
# a part that does not answer must not cost the whole
PAGE_SECONDS = 5
# ARM's reads are back by then (documented)
RESUME_SECONDS = 10
# definitions and versions that are read again although they are known; the limits are for what is not
MOST_REFRESHED = 50
# a subscription in which so many calls in a row are not answered is left for later
MOST_FAILURES = 5

Value = TypeVar("Value")
_ListedVersion = ListedResource[ImageVersionId]


class Looks:
    """The real `AzureLooks`."""

    def __init__(self, lists: KeptLists, seconds: float = LOOK_SECONDS) -> None:
        self._lists = lists
        self._seconds = seconds

    def begin(self) -> "Look":
        """Returns a look, whose time begins now."""
        return Look(self._lists, self._seconds)


class _Wanted(NamedTuple, Generic[Value]):
    """A list that a look asks for."""

    source: Source[Value]
    evidence: Evidence = NO_EVIDENCE


class _Stop(NamedTuple):
    """Why nothing more of a subscription is read, and in how many seconds it can go on."""

    reason: str
    retry_after_seconds: int


class Look:
    """One look. It is over when its time is, or a subscription's limits are nearly used up."""

    def __init__(self, lists: KeptLists, seconds: float) -> None:
        self._lists = lists
        self._began = lists.now()
        self.newly_read = 0
        self._ends_at = asyncio.get_running_loop().time() + seconds
        self._stops: dict[str, _Stop] = {}
        self._failures: Counter[str] = Counter()
        self._errors: dict[str, ArmError] = {}
        self._unread: dict[str, str] = {}
        self._unreadable: dict[tuple[str, str], Unreadable] = {}
        self._listed: dict[ImageVersionId, _ListedVersion] = {}

    @property
    def gaps(self) -> Gaps:
        """What is missing from what this look has returned."""
        return Gaps(unreadable=list(self._unreadable.values()), unread=self._rest())

    @property
    def error(self) -> ArmError | None:
        """The first error that this look met."""
        return next(iter(self._errors.values()), None)

    async def images(self, subscriptions: Iterable[str]) -> dict[str, SeenImages]:
        """The managed images of each subscription, with the creation times that ARM's list of resources has."""
        images = {name: _Wanted(managed_images(name)) for name in subscriptions}
        listed = {name: _Wanted(resources(name, ImageId)) for name in images}
        await self._read_anew([*images.values(), *listed.values()])
        return {name: _dated(self._seen(images[name]), self._seen(listed[name])) for name in images}

    async def definitions(self, subscriptions: Iterable[str]) -> dict[str, Seen[ImageDefinition]]:
        """The image definitions in the galleries of each subscription; the extent is that of the galleries."""
        wanted = {name: _Wanted(galleries(name)) for name in subscriptions}
        await self._read_anew(list(wanted.values()))
        found = {name: self._seen(one) for name, one in wanted.items()}
        lists = {
            name: [_Wanted(image_definitions(gallery.id)) for gallery in seen.values]
            for name, seen in found.items()
        }
        await self._read_anew([one for within in lists.values() for one in within])
        return {
            name: Seen(
                [definition for one in lists[name] for definition in self._seen(one).values], seen.extent
            )
            for name, seen in found.items()
        }

    async def versions(
        self,
        definitions: Iterable[ImageDefinitionId],
        completed: Mapping[ImageDefinitionId, datetime] | None = None,
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]:
        """The versions of each definition, as far as one needs to know what they were made from.

        ARM's list of resources has the tags by which Gallerist knows its own versions. A definition with others is
        read, and so is one in which the task hub `completed` a version that the list, which lags, does not have yet.
        """
        completed = completed or {}
        found: dict[ImageDefinitionId, Seen[ImageVersion]] = {}
        wanted: dict[ImageDefinitionId, _Wanted[ImageVersion]] = {}
        definitions = list(definitions)
        lists = await self._listed_versions({definition.subscription for definition in definitions})
        entries = _by_definition(lists.values())
        for definition in definitions:
            extent, own = lists[definition.subscription].extent, entries[definition]
            named = all(_is_marked(entry) for entry in own)
            if extent == "unread" or (extent == "whole" and named and definition not in completed):
                found[definition] = Seen(
                    [_listed_version(entry) for entry in own if _is_marked(entry)], extent
                )
            else:
                wanted[definition] = _wanted_versions(
                    definition, _evidence(own, extent, completed.get(definition))
                )
        await self._read(list(wanted.values()))
        return found | {definition: self._seen(one) for definition, one in wanted.items()}

    async def complete_versions(
        self, definitions: Iterable[ImageDefinitionId]
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]:
        """The versions of each definition with everything that ARM says of them."""
        definitions = list(definitions)
        lists = await self._listed_versions({definition.subscription for definition in definitions})
        entries = _by_definition(lists.values())
        wanted = {
            definition: _wanted_versions(
                definition, _evidence(entries[definition], lists[definition.subscription].extent)
            )
            for definition in definitions
        }
        # the list of resources lags, so some of these may have a version by now
        empty = {name: one for name, one in wanted.items() if one.evidence.listed == frozenset()}
        await self._read([one for name, one in wanted.items() if name not in empty])
        await self._refresh(list(empty.values()))
        return {
            name: Seen[ImageVersion]([], "whole")
            if name in empty and not self._is_usable(one)
            else self._seen(one)
            for name, one in wanted.items()
        }

    async def replicated(self, versions: Iterable[ImageVersion]) -> dict[ImageVersionId, Seen[ImageVersion]]:
        """Each version with its replication status; none where it does not exist."""
        wanted = {
            version.id: _Wanted(image_version(version.id), self._evidence_of(version)) for version in versions
        }
        await self._read(list(wanted.values()))
        return {version_id: self._seen(one) for version_id, one in wanted.items()}

    async def counts(self, subscriptions: Iterable[str]) -> dict[str, SeenCounts | None]:
        """How many definitions and versions a subscription has, and since when each; None if not all were listed.

        The list of versions is one that other parts of a look read, too.
        """
        names = list(subscriptions)
        versions = await self._listed_versions(names)
        wanted = {name: _Wanted(resources(name, ImageDefinitionId)) for name in names}
        await self._read_anew(list(wanted.values()))
        found: dict[str, SeenCounts | None] = {}
        for name, one in wanted.items():
            definitions = self._seen(one, instead=True)
            whole = definitions.extent == versions[name].extent == "whole"
            lists = (definitions.values, versions[name].values)
            found[name] = SeenCounts(*(_counted(name, entries) for entries in lists)) if whole else None
        return found

    async def _listed_versions(self, subscriptions: Iterable[str]) -> dict[str, Seen[_ListedVersion]]:
        """What ARM's list of resources has of versions. Where it may not be read, the definitions are read instead."""
        wanted = {name: _Wanted(resources(name, ImageVersionId)) for name in subscriptions}
        await self._read_anew(list(wanted.values()))
        lists = {name: self._seen(one, instead=True) for name, one in wanted.items()}
        self._listed |= {entry.id: entry for one in lists.values() for entry in one.values}
        return lists

    def _evidence_of(self, version: ImageVersion) -> Evidence:
        entry = self._listed.get(version.id)
        return Evidence(frozenset([(entry.provisioning_state, entry.changed_at)]) if entry else None)

    async def _read_anew(self, wanted: Sequence[_Wanted[Any]]) -> None:
        """Reads lists that are few and can change at any time."""
        await self._read_each(one for one in wanted if not self._was_read(one))

    async def _read(self, wanted: Sequence[_Wanted[Value]]) -> None:
        """Reads what is not known, and then again some of what may have changed."""
        await self._read_each(one for one in wanted if not self._is_usable(one))
        await self._refresh([one for one in wanted if not self._was_read(one)])

    async def _refresh(self, wanted: Sequence[_Wanted[Value]]) -> None:
        """Reads again what may have changed, what was read the longest ago first."""
        now = self._lists.now()
        changing = [one for one in wanted if not self._lists.of(one.source).is_settled(one.evidence, now)]
        oldest = sorted(changing, key=lambda one: self._lists.of(one.source).read_at)
        await self._read_each(oldest[:MOST_REFRESHED])

    async def _read_each(self, wanted: Iterable[_Wanted[Value]]) -> None:
        try:
            async with asyncio.timeout_at(self._ends_at):
                await asyncio.gather(*(self._read_list(one) for one in wanted))
        except TimeoutError:
            # what was not read in time is unread
            return

    async def _read_list(self, one: _Wanted[Value]) -> None:
        """Reads the pages that are missing, as long as the subscription's limits allow it."""
        subscription = one.source.subscription.lower()
        async with self._lists.of(one.source).lock:
            while not self._was_read(one):
                async with self._lists.at_once:
                    # others may have used up the limits while this one waited for its turn
                    if subscription in self._stops or not await self._read_page(one):
                        return

    async def _read_page(self, one: _Wanted[Value]) -> bool:
        """Reads the next page; returns False if it cannot be read."""
        path, subscription = one.source.path, one.source.subscription.lower()
        kept = self._lists.of(one.source)
        is_new = kept.is_new
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                page = await self._lists.advance(one.source, one.evidence)
        except TimeoutError:
            error = ArmError(0, "NoAnswer", f"no answer within {PAGE_SECONDS} seconds")
        except ArmError as refusal:
            error = refusal
        else:
            self._errors.pop(path, None)
            self.newly_read += is_new and not kept.is_new
            self._failures[subscription] = 0
            if page.scarce:
                reason = f"Azure's limit {page.scarce} is nearly used up"
                self._stops[subscription] = _Stop(reason, RESUME_SECONDS)
            return True
        self._errors[path] = error
        self._take_in(subscription, error)
        return False

    def _take_in(self, subscription: str, error: ArmError) -> None:
        """Stops reading a subscription that throttles, or that does not answer several times in a row."""
        retry = diagnose(error).retry
        if retry == "never":
            return
        self._failures[subscription] += 1
        if retry == "throttled" or self._failures[subscription] >= MOST_FAILURES:
            seconds = error.retry_after_seconds or RESUME_SECONDS
            self._stops[subscription] = _Stop(str(error), seconds)

    def _was_read(self, one: _Wanted[Value]) -> bool:
        return self._lists.of(one.source).was_read_since(self._began, one.evidence)

    def _is_usable(self, one: _Wanted[Value]) -> bool:
        return self._lists.of(one.source).is_usable(one.evidence, self._lists.now())

    def _seen(self, one: _Wanted[Value], *, instead: bool = False) -> Seen[Value]:
        """What is known of a list; notes what is missing, unless others are read `instead` of an unreadable one."""
        source, kept = one.source, self._lists.of(one.source)
        error = self._errors.get(source.path)
        if error is not None and diagnose(error).retry == "never":
            kept.forget()
            if not instead:
                self._note(Unreadable(id=source.part, reason=str(error), fix=diagnose(error).fix))
            return Seen(kept.so_far, "unreadable")
        if not self._is_usable(one):
            stop = self._stops.get(source.subscription.lower())
            reason = str(error) if error else stop.reason if stop else "the time for one answer was over"
            self._unread[source.path] = reason
            return Seen(kept.so_far, "unread")
        self._unread.pop(source.path, None)
        for unreadable in kept.unreadable:
            self._note(unreadable)
        return Seen(kept.values, "whole")

    def _note(self, unreadable: Unreadable) -> None:
        self._lists.log_once(unreadable)
        self._unreadable[unreadable.id.lower(), unreadable.reason] = unreadable

    def _rest(self) -> Unread | None:
        if not self._unread:
            return None
        seconds = [stop.retry_after_seconds for stop in self._stops.values()]
        return Unread(
            parts=len(self._unread),
            reason=next(iter(self._unread.values())),
            retry_after_seconds=max(seconds, default=RESUME_SECONDS),
        )


def _dated(seen: Seen[ManagedImage], listed: Seen[ListedResource[ImageId]]) -> SeenImages:
    created = {entry.id: entry.created_at for entry in listed.values}
    images = [image.created(created.get(image.id)) for image in seen.values]
    return SeenImages(images, seen.extent, listed.extent)


def _counted(subscription: str, entries: Iterable[ListedResource[Any]]) -> list[Counted]:
    return [Counted(subscription, canonical_region(entry.location), entry.created_at) for entry in entries]


def _by_definition(lists: Iterable[Seen[_ListedVersion]]) -> dict[ImageDefinitionId, list[_ListedVersion]]:
    entries = defaultdict(list)
    for entry in (entry for one in lists for entry in one.values):
        entries[entry.id.definition].append(entry)
    return entries


def _is_marked(entry: _ListedVersion) -> bool:
    """Whether the entry alone says what the version was made from."""
    return FINGERPRINT_TAG in entry.tags


def _listed_version(entry: _ListedVersion) -> ImageVersion:
    return ImageVersion(
        id=entry.id,
        location=entry.location,
        provisioning_state=entry.provisioning_state,
        tags=entry.tags,
        published_at=entry.created_at,
    )


def _evidence(
    entries: Iterable[_ListedVersion], extent: Extent, completed_at: datetime | None = None
) -> Evidence:
    listed = frozenset((entry.id, entry.provisioning_state, entry.changed_at) for entry in entries)
    return Evidence(listed if extent == "whole" else None, completed_at)


def _wanted_versions(definition: ImageDefinitionId, evidence: Evidence) -> _Wanted[ImageVersion]:
    return _Wanted(image_versions(definition, changes_are_seen=evidence.listed is not None), evidence)
