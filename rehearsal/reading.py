"""Reads a fleet from Azure for a snapshot, through the app's own adapters. It sends nothing but GET requests."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from adapters.azure.arm import Arm, Page
from adapters.azure.consumers import PROVIDERS_API, SUBSCRIPTIONS_API
from adapters.azure.credentials import default_credential
from adapters.azure.followers import MACHINES_API, SCALE_SETS_API
from adapters.azure.kept import is_missing
from adapters.azure.sources import galleries, image_definitions, image_version, image_versions, managed_images
from adapters.azure.sources import resources as listed_resources
from adapters.settings import Settings
from domain.about import VERSION as RELEASE
from domain.arm_errors import diagnose
from domain.errors import ArmError, ResourceIdError
from domain.fleet.gaps import Unreadable
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId
from rehearsal.allowed import Kind, select
from rehearsal.snapshot import Record, Report, ResourceGroup, Snapshot, Subscription

Progress = Callable[[str], None]

# documented: 25 reads come in each second for one identity in one subscription; others need some, too
CALLS_AT_ONCE = 8
ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 120


async def take_snapshot(
    settings: Settings, subscriptions: Sequence[str], progress: Progress = lambda _: None
) -> Snapshot:
    """Reads these subscriptions with the app's own credential: AZURE_TOKEN_CREDENTIALS chooses it.

    Raises:
        ArmError: the identity gets no token.
    """
    async with default_credential(settings) as credential:
        arm = Arm(settings, credential)
        try:
            await arm.check_token()
            return await Reader(arm, progress=progress).read(subscriptions)
        finally:
            for subscription in subscriptions:
                await arm.client(subscription).close()


class PageReader(Protocol):
    """What is needed of `Arm`."""

    def owns(self, url: str) -> bool: ...
    async def page(self, subscription: str, url: str) -> Page: ...


@dataclass
class Reader:
    """Reads a fleet. `now` and `sleep` are the real ones but in tests."""

    arm: PageReader
    progress: Progress = lambda _: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CALLS_AT_ONCE), init=False)
    _left_out: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter), init=False
    )
    _unreadable: list[Unreadable] = field(default_factory=list, init=False)

    async def read(self, subscriptions: Sequence[str]) -> Snapshot:
        """Reads these subscriptions. What cannot be read is in the report of the snapshot."""
        taken = self.now()
        found: dict[Kind, list[Record]] = {
            "images": [],
            "galleries": [],
            "definitions": [],
            "versions": [],
            "machines": [],
            "scale_sets": [],
        }
        described, groups = [], []
        for subscription in dict.fromkeys(one.lower() for one in subscriptions):
            self.progress(f"reading the subscription {subscription}")
            described.append(await self._subscription(subscription))
            groups += await self._groups(subscription)
            found["images"] += await self._images(subscription)
            for kind, records in (await self._galleries(subscription)).items():
                found[kind] += records
            found["machines"] += await self._machines(subscription)
            found["scale_sets"] += await self._scale_sets(subscription)
        snapshot = Snapshot(
            taken=taken,
            release=RELEASE,
            subscriptions=described,
            resource_groups=groups,
            report=Report(
                left_out={kind: dict(sorted(counts.items())) for kind, counts in self._left_out.items()},
                unreadable=self._unreadable,
            ),
        )
        for kind, records in found.items():
            snapshot.records(kind).extend(records)
        return snapshot

    async def _subscription(self, subscription: str) -> Subscription:
        page = await self._page(
            subscription,
            f"/subscriptions/{subscription}?api-version={SUBSCRIPTIONS_API}",
            f"/subscriptions/{subscription}",
        )
        name = page.body.get("displayName") if page else None
        return Subscription(id=subscription, name=str(name or subscription))

    async def _groups(self, subscription: str) -> list[ResourceGroup]:
        path = f"/subscriptions/{subscription}/resourcegroups?api-version={PROVIDERS_API}"
        listed = await self._list(subscription, path, f"/subscriptions/{subscription}/resourceGroups")
        return [
            ResourceGroup(subscription=subscription, name=str(one["name"]), location=str(one["location"]))
            for one in listed
            if one.get("name") and one.get("location")
        ]

    async def _images(self, subscription: str) -> list[Record]:
        images = managed_images(subscription)
        listed = await self._list(subscription, images.path, f"the managed images of {images.part}")
        created = await self._creation_times(subscription, ImageId)
        return [self._taken("images", _dated(one, created)) for one in listed if self._has_id(one, ImageId)]

    async def _creation_times(
        self, subscription: str, kind: type[ImageId] | type[ImageVersionId]
    ) -> dict[str, str]:
        """When resources were created, by their ids in lower case: only ARM's list of resources says it."""
        source = listed_resources(subscription, kind)
        entries = await self._list(subscription, source.path, f"the creation times in {source.part}")
        return {
            str(one.get("id")).lower(): str(one["createdTime"]) for one in entries if one.get("createdTime")
        }

    async def _galleries(self, subscription: str) -> dict[Kind, list[Record]]:
        source = galleries(subscription)
        listed = await self._list(subscription, source.path, f"the galleries of {source.part}")
        listed = [one for one in listed if self._has_id(one, GalleryId)]
        definitions = _joined(
            await self._all(self._definitions(GalleryId.parse(one["id"])) for one in listed)
        )
        versions = _joined(
            await self._all(self._versions(ImageDefinitionId.parse(one["id"])) for one in definitions)
        )
        return {
            "galleries": [self._taken("galleries", one) for one in listed],
            "definitions": [self._taken("definitions", one) for one in definitions],
            "versions": [self._taken("versions", one) for one in versions],
        }

    async def _definitions(self, gallery: GalleryId) -> list[Record]:
        source = image_definitions(gallery)
        listed = await self._list(gallery.subscription, source.path, f"the definitions of {gallery}")
        return [one for one in listed if self._has_id(one, ImageDefinitionId)]

    async def _versions(self, definition: ImageDefinitionId) -> list[Record]:
        source = image_versions(definition, changes_are_seen=False)
        listed = await self._list(definition.subscription, source.path, f"the versions of {definition}")
        listed = [one for one in listed if self._has_id(one, ImageVersionId)]
        return [await self._version(ImageVersionId.parse(one["id"]), one) for one in listed]

    async def _version(self, version: ImageVersionId, listed: Record) -> Record:
        """The version with its replication status, which no list has."""
        page = await self._page(version.subscription, image_version(version).path, str(version))
        return page.body if page and page.body.get("id") else listed

    async def _machines(self, subscription: str) -> list[Record]:
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines?api-version={MACHINES_API}"
        listed = await self._list(
            subscription, path, f"the virtual machines of /subscriptions/{subscription}"
        )
        return [self._taken("machines", one) for one in listed if one.get("id")]

    async def _scale_sets(self, subscription: str) -> list[Record]:
        provider = f"/subscriptions/{subscription}/providers/Microsoft.Compute"
        path = f"{provider}/virtualMachineScaleSets?api-version={SCALE_SETS_API}"
        listed = await self._list(subscription, path, f"the scale sets of /subscriptions/{subscription}")
        found = await self._all(self._with_instances(subscription, one) for one in listed if one.get("id"))
        return [self._taken("scale_sets", one) for one in found]

    async def _with_instances(self, subscription: str, scale_set: Record) -> Record:
        path = f"{quote(str(scale_set['id']))}/virtualMachines?api-version={SCALE_SETS_API}"
        instances = await self._list(subscription, path, f"the instances of {scale_set['id']}")
        return {**scale_set, "instances": [_exact_version(one) for one in instances]}

    def _taken(self, kind: Kind, record: Record) -> Record:
        return select(kind, record, self._left_out[kind])

    def _has_id(
        self, record: Record, kind: type[ImageId | GalleryId | ImageDefinitionId | ImageVersionId]
    ) -> bool:
        try:
            kind.parse(str(record.get("id")))
        except ResourceIdError as error:
            fix = "nothing can refer to it; it is not in the snapshot"
            self._unreadable.append(Unreadable(id=str(record.get("id")), reason=str(error), fix=fix))
            return False
        return True

    async def _all(self, calls: Any) -> list[Any]:
        return list(await asyncio.gather(*calls))

    async def _list(self, subscription: str, path: str, part: str) -> list[Record]:
        """Returns the records of a list as far as it can be read."""
        records: list[Record] = []
        url: str | None = path
        while url:
            page = await self._page(subscription, url, part)
            if page is None:
                break
            records += [one for one in page.items if isinstance(one, dict)]
            url = page.next
        return records

    async def _page(self, subscription: str, url: str, part: str) -> Page | None:
        """Returns a page or a resource, waiting as ARM asks; None, and a line in the report, if it cannot be read."""
        if self._leads_away(url, part):
            return None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._turn:
                    return await self.arm.page(subscription, url)
            except ArmError as error:
                if is_missing(error):
                    # it was deleted since it, or its parent, was listed
                    return None
                diagnosis = diagnose(error)
                if diagnosis.retry == "never" or attempt == ATTEMPTS:
                    reason = f"{error}: {diagnosis.cause}"
                    self._unreadable.append(Unreadable(id=part, reason=reason, fix=diagnosis.fix))
                    return None
                wait = min(error.retry_after_seconds or 2**attempt, _LONGEST_WAIT_SECONDS)
                self.progress(f"Azure asks to wait {wait} s: {part}")
            await self.sleep(wait)
        return None

    def _leads_away(self, url: str, part: str) -> bool:
        """Whether a link leads to another place than ARM: a token is sent to no other."""
        if url.startswith("/") or self.arm.owns(url):
            return False
        reason = f"the next page is at {url.partition('?')[0]}, which is not Azure Resource Manager"
        fix = "find out who answers in its place: a proxy may rewrite what Azure sends"
        self._unreadable.append(Unreadable(id=part, reason=reason, fix=fix))
        return True


def _exact_version(instance: Record) -> str | None:
    storage = (instance.get("properties") or {}).get("storageProfile") or {}
    exact = (storage.get("imageReference") or {}).get("exactVersion")
    return str(exact) if exact else None


def _dated(record: Record, created: dict[str, str]) -> Record:
    moment = created.get(str(record["id"]).lower())
    return {**record, "createdTime": moment} if moment else record


def _joined(lists: list[list[Record]]) -> list[Record]:
    return [one for part in lists for one in part]
