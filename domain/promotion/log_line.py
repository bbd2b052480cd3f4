"""The log lines of promotions: one started, promoted a ring, was stopped or ended; `latest` changed without one."""

import json
import logging

from domain.about import VERSION
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionStatus
from domain.resources.ids import ImageDefinitionId

LOGGER = "gallerist.promotions"
_LEVELS = {PromotionState.FAILED: logging.ERROR, PromotionState.PAUSED: logging.WARNING}


def log_promotion_event(event: str, instance_id: str, status: PromotionStatus) -> None:
    """Logs what happened to a promotion, at the level of its state."""
    logging.getLogger(LOGGER).log(
        _LEVELS.get(status.state, logging.INFO),
        "promotion %s id=%s action=%s version=%s ring=%d/%d state=%s by=gallerist-%s reason=%s fix=%s",
        event,
        instance_id,
        status.action,
        status.version_id,
        status.ring,
        len(status.rings),
        status.state,
        VERSION,
        json.dumps(status.reason or ""),
        json.dumps(status.fix or ""),
    )


def log_latest_changed(
    definition: ImageDefinitionId, region: str, before: str | None, after: str | None
) -> None:
    """Logs that `latest` in a region changed, and no promotion did it."""
    logging.getLogger(LOGGER).warning(
        "latest changed definition=%s region=%s from=%s to=%s by=gallerist-%s",
        definition,
        region,
        before or "nothing",
        after or "nothing",
        VERSION,
    )
