"""Shows who uses an image or a version, as far as it can be read within the time of one answer."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import azure.durable_functions as df

from domain.errors import ArmError
from domain.fleet.gaps import Gaps, Unread
from domain.references.parts import Cursor, PartScan, PlanScan, ScanPart, parts_of, scan_of
from domain.references.repoint import RepointPlan, Target, can_be_repointed
from domain.references.scan import Consumer, Scan
from domain.resources.ids import ImageId, ImageVersionId
from services.references import plan_scan, scan_part
from services.refusals import ConflictError
from services.repoint import plan_for, read_target
from services.view_migration import migration_of_image

# an HTTP answer must come within 18 seconds, and what was found has to be judged after it
LOOK_SECONDS = 12.0
AT_ONCE = 8
# how long the next request may go on with what this one has read
KEPT_SECONDS = 300.0
RESUME_SECONDS = 10
# each takes two requests
MOST_PLANS = 20
_MOST_KEPT = 2_000


class ReferencesView(NamedTuple):
    """A scan as far as it is, what is left to read, and how each consumer can be re-pointed, by id and part."""

    scan: Scan
    gaps: Gaps
    plans: dict[tuple[str, str], RepointPlan]


class _Kept(NamedTuple):
    at: float
    found: PartScan

    @property
    def done(self) -> bool:
        return self.found.next is None


# what the latest requests have read, so that the next one goes on; another worker process begins anew
_kept: dict[tuple[str, str], _Kept] = {}


async def view_references(
    client: df.DurableOrchestrationClient, subject: ImageId | ImageVersionId
) -> ReferencesView:
    """Reads who uses the image or the version. It shows, and never allows anything: deletions scan for themselves.

    Raises:
        ArmError: the list of subscriptions cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    ends_at = time.monotonic() + LOOK_SECONDS
    begun_at = datetime.now(UTC)
    plan = await plan_scan(PlanScan(ids=[str(subject)], now=begun_at))
    parts = parts_of(plan)
    turn = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_read(part, turn, ends_at) for part in parts))
    known = [(part.part, _kept.get(_key(part), _Kept(0.0, PartScan(next=_begin(part))))) for part in parts]
    open_parts = [(name, kept) for name, kept in known if not kept.done]
    scan = scan_of(plan, [(name, kept.found) for name, kept in known], begun_at, datetime.now(UTC))
    unfinished = {name for name, _ in open_parts}
    scan.subscriptions = [name for name in scan.subscriptions if name not in unfinished]
    return ReferencesView(scan, _gaps(open_parts), await _plans(client, subject, scan.consumers))


def _key(part: ScanPart) -> tuple[str, str]:
    return part.part, part.subjects[0].id.lower()


def _begin(part: ScanPart) -> Cursor:
    return part.cursor or Cursor(kind="")


async def _read(part: ScanPart, turn: asyncio.Semaphore, ends_at: float) -> None:
    """Reads a part on from where the latest request ended; stops if it has to wait, or its time is over."""
    key = _key(part)
    kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept.at > KEPT_SECONDS:
        kept = None
    if kept is not None and kept.done:
        # a request that found everything is answered anew by the next one
        kept = None
    found = kept.found if kept else PartScan(next=_begin(part))
    begun_at = kept.at if kept else time.monotonic()
    async with turn:
        while found.next is not None and (left := ends_at - time.monotonic()) > 0:
            request = ScanPart(part=part.part, subjects=part.subjects, cursor=found.next)
            try:
                async with asyncio.timeout(left):
                    read = await scan_part(request, left)
            except TimeoutError:
                break
            found = found.followed_by(read, part.part)
            if read.retry_later is not None:
                break
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[key] = _Kept(begun_at, found)


def _gaps(open_parts: Sequence[tuple[str, _Kept]]) -> Gaps:
    if not open_parts:
        return Gaps()
    waits = [kept.found.retry_later for _, kept in open_parts if kept.found.retry_later]
    seconds = max((wait.retry_after_seconds or RESUME_SECONDS for wait in waits), default=RESUME_SECONDS)
    reason = waits[0].reason if waits else "the time for one answer was over"
    return Gaps(unread=Unread(parts=len(open_parts), reason=reason, retry_after_seconds=seconds))


async def _plans(
    client: df.DurableOrchestrationClient, subject: ImageId | ImageVersionId, consumers: Sequence[Consumer]
) -> dict[tuple[str, str], RepointPlan]:
    """How the scale sets among the consumers can be re-pointed to a version of the image, as far as there is one."""
    candidates = [one for one in consumers if can_be_repointed(one)][:MOST_PLANS]
    if not candidates or not isinstance(subject, ImageId):
        return {}
    plans: dict[tuple[str, str], RepointPlan] = {}
    try:
        async with asyncio.timeout(3):
            targets = await _targets(client, subject)
            for one in candidates:
                found = [await plan_for(one.id, target) for target in targets]
                # the first version that fits; otherwise why the first one does not
                best = next((plan for plan in found if plan.possible), next(iter(found), None))
                if best is not None:
                    plans[one.id.lower(), one.part] = best
    except (TimeoutError, ArmError):
        # what is known is shown; the request to re-point reads it again
        return plans
    return plans


async def _targets(client: df.DurableOrchestrationClient, image: ImageId) -> list[Target]:
    """The versions that the image's migration made."""
    try:
        record = await migration_of_image(client, image)
    except ConflictError:
        return []
    versions = [one.version_id for one in record.status.targets if one.version_id] if record else []
    found = [await read_target(version) for version in versions]
    return [target for target in found if target is not None]
