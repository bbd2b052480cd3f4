"""Scans for references: what is to be read, one part of it at a time, each within a few seconds.

Providers are read list by list, for only their answer may allow a deletion. Resource Graph adds what it shows.
"""

import logging
from datetime import UTC, datetime

from adapters.azure.resource_graph import TABLES
from adapters.azure.sources import GALLERIES_API
from domain.errors import ArmError, NotYetError
from domain.policy.consumers import consumer_text
from domain.references.declared import declared_consumers, tag_texts
from domain.references.expected import (
    FOLDER,
    GRAPH_FOLDER,
    back_record,
    declared_gone,
    graph_record,
    policy_subscriptions,
    record_text,
    remembered,
    seen_record,
    subscription_of,
)
from domain.references.findings import consumers_in, dev_center_galleries_in
from domain.references.forms import Subject
from domain.references.parts import GRAPH, Cursor, PartScan, PlanScan, ScanPart, ScanPlan
from domain.references.scan import Consumer, Unread
from domain.resources.ids import ImageId
from domain.results import arm_error_result
from services.container import Services, services
from services.reference_walk import WALK_SECONDS, DevCenterGalleries, Walk

logger = logging.getLogger(__name__)


async def plan_scan(request: PlanScan) -> ScanPlan:
    """Returns what a scan has to read, and remembers the subscriptions that were seen. Idempotent.

    The subscriptions expected are those of the request and its ids, of the policy and the settings, those that the
    identity sees, and those seen before.

    Raises:
        ArmError: the list of subscriptions, or the store of evidence, cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    here = services()
    policy = await here.policies.current()
    visible = set(await here.consumers.visible_subscriptions())
    records = await here.evidence.names(FOLDER)
    before = remembered(records)
    for name in visible & declared_gone(records):
        # it is expected from now on, also when it is not seen any more
        await here.evidence.put(back_record(name, request.now), record_text(name))
    for name in visible - before:
        await here.evidence.put(seen_record(name), record_text(name))
    named = {subscription_of(one) for one in request.ids} | {name.lower() for name in request.expected}
    expected = visible | before | policy_subscriptions(policy) | set(here.settings.subscriptions)
    texts, unread = list(request.consumers), []
    subjects = []
    for one in request.ids:
        subject = Subject(id=one)
        if subject.version is None:
            try:
                texts += await _declared(here, ImageId.parse(one), request.now)
            except (ArmError, NotYetError) as error:
                unread.append(_unread(subscription_of(one) or "", "declared consumers", error))
        else:
            subject = Subject(id=one, public_names=await _public_names(here, subject))
        subjects.append(subject)
    return ScanPlan(
        subjects=subjects,
        subscriptions=sorted(expected | {name for name in named if name}),
        consumers=declared_consumers(texts, request.now.astimezone(UTC).date()),
        unread=unread,
    )


async def _declared(here: Services, image_id: ImageId, now: datetime) -> list[str]:
    """The consumers that the policy and the image's tag declare; none if there is no image any more."""
    image = await here.compute.get_managed_image(image_id)
    if image is None:
        return []
    choices = (await here.policies.current()).decide(image, now).choices
    declared = (choices.retire_source and choices.retire_source.consumers) or []
    return [*(consumer_text(one) for one in declared), *tag_texts(image.tags)]


async def _public_names(here: Services, subject: Subject) -> list[str] | None:
    """The names of the version's gallery in the community; None if it cannot be read."""
    assert subject.version is not None  # noqa: S101 # the caller asked
    gallery = subject.version.definition.gallery
    try:
        document = await here.consumers.document(gallery.subscription, str(gallery), GALLERIES_API)
    except ArmError:
        return None
    return _names_of(document or {})


def _names_of(gallery: dict[str, object]) -> list[str] | None:
    """Reads `publicNames`; None if the gallery is shared with the community and does not show them."""
    properties = gallery.get("properties")
    sharing = properties.get("sharingProfile") if isinstance(properties, dict) else None
    if not isinstance(sharing, dict):
        return []
    info = sharing.get("communityGalleryInfo")
    names = info.get("publicNames") if isinstance(info, dict) else None
    if isinstance(names, list):
        return [str(name) for name in names]
    return None if str(sharing.get("permissions")).lower() == "community" else []


async def scan_part(request: ScanPart, seconds: float = WALK_SECONDS) -> PartScan:
    """Reads a part of a scan from its cursor on, for about this long. Writes no resource."""
    if request.part == GRAPH:
        return (await _scan_graph(request)).limited(request.part)
    walk = Walk(services().consumers, request, seconds)
    return (await walk.run()).limited(request.part)


async def _scan_graph(request: ScanPart) -> PartScan:
    """Asks Resource Graph. What it shows is added; what it does not show proves nothing."""
    here = services()
    found: list[Consumer] = []
    unread: list[Unread] = []
    needles = sorted({subject.needle for subject in request.subjects})
    galleries = DevCenterGalleries(here.consumers)
    try:
        unread += await _vanished(here)
        for table in TABLES:
            answer = await here.graph.naming(table, needles)
            if not answer.complete:
                reason = f"the table {table} was truncated"
                unread.append(Unread(subscription=GRAPH, kind=table, reason=reason))
            for row in answer.rows:
                aliases = await galleries.of(dev_center_galleries_in(row))
                found += consumers_in(row, request.subjects, "graph", aliases)
    except ArmError as error:
        retry = arm_error_result(error).retry_later
        if retry is not None:
            return PartScan(next=Cursor(kind=GRAPH), retry_later=retry)
        unread.append(_unread(GRAPH, "every table", error))
    return PartScan(consumers=found, unread=unread)


async def _vanished(here: Services) -> list[Unread]:
    """The subscriptions of which Resource Graph has shown resources before, and shows none now: an alarm.

    A deletion that took an empty answer for an empty estate destroyed what was in use (azure-powershell #12747).
    """
    counts = {name: rows for name, rows in (await here.graph.counts()).items() if rows}
    before = {
        name.removeprefix(GRAPH_FOLDER).removesuffix(".json")
        for name in await here.evidence.names(GRAPH_FOLDER)
    }
    for name in counts.keys() - before:
        await here.evidence.put(graph_record(name), record_text(name))
    gone = remembered(await here.evidence.names(FOLDER))
    vanished = sorted((before & gone) - counts.keys())
    for name in vanished:
        logger.warning("Resource Graph shows nothing of the subscription %s, of which it had resources", name)
    reason = "Resource Graph has shown resources of this subscription before, and shows none now"
    return [Unread(subscription=name, kind=GRAPH, reason=reason) for name in vanished]


def _unread(subscription: str, kind: str, error: Exception) -> Unread:
    return Unread(subscription=subscription, kind=kind, reason=str(error))
