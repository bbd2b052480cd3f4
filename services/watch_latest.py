"""Notices that `latest` of a promoted definition changed although no promotion did it."""

import logging
from datetime import UTC, datetime

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain.errors import ArmError, PolicyError
from domain.promotion.latest import latest_of, regions_of, resolve
from domain.promotion.log_line import log_latest_changed
from domain.promotion.status import PromotionRecord
from domain.promotion.watch import Flip, KnownLatest, WatchedLatest, flips
from domain.records.notices import Notice
from services.promotion_policy import choices_for
from services.promotions import read_versions
from services.records import announce
from services.view_promotions import list_promotions

logger = logging.getLogger(__name__)


async def watch_latest(client: df.DurableOrchestrationClient) -> int:
    """Looks at every definition whose promotion has ended; returns how often `latest` changed since the last watch.

    A promotion that runs looks by itself. What cannot be read now is looked at the next time.
    """
    hub = TaskHub(client)
    before = await hub.known_latest()
    after: dict[str, WatchedLatest] = {}
    changed = 0
    async for record in list_promotions(client):
        if not isinstance(record, PromotionRecord) or record.running or not record.status.latest:
            continue
        known = before.root.get(record.id)
        if known is None or known.promotion != record.updated:
            known = WatchedLatest(promotion=record.updated, latest=record.status.latest)
        try:
            found = await _latest(record)
            for flip in flips(known.latest, found):
                await _alarm(client, record, flip)
                changed += 1
            known = WatchedLatest(promotion=known.promotion, latest=known.latest | found)
        except (ArmError, PolicyError) as error:
            logger.warning("latest of %s cannot be watched: %s", record.status.version_id.definition, error)
        after[record.id] = known
    if after != before.root:
        await hub.keep_known_latest(KnownLatest(after))
    return changed


async def _latest(record: PromotionRecord) -> dict[str, str | None]:
    versions = await read_versions(record.status.version_id.definition)
    return latest_of(resolve(versions, region) for region in {*regions_of(versions), *record.status.latest})


async def _alarm(client: df.DurableOrchestrationClient, record: PromotionRecord, flip: Flip) -> None:
    definition, now = record.status.version_id.definition, datetime.now(UTC)
    log_latest_changed(definition, flip.region, flip.before, flip.after)
    targets = (await choices_for(record.status.version_id)).notice_targets
    if not targets.any:
        return
    notice = Notice(
        type="latest.changed",
        subject=str(definition),
        at=now,
        # the same change may come back after it was undone
        key=f"{flip.region} {flip.before} {flip.after} {now:%Y%m%dT%H}",
        data={"region": flip.region, "latest_before": flip.before, "latest_now": flip.after},
        targets=targets,
    )
    await announce(client, notice)
