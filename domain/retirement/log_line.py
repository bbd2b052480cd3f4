"""The log line of a retirement: what happened to it, for alerts and for the audit."""

import json
import logging

from domain.about import VERSION
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState

LOGGER = "gallerist.retirements"

_LEVELS = {RetirementState.FAILED: logging.ERROR, RetirementState.BLOCKED: logging.WARNING}


def log_event(event: str, instance_id: str, retirement: Retirement) -> None:
    """Logs what happened to a retirement, at the level of its state."""
    reason = retirement.reason or "; ".join(one.reason for one in retirement.unmet)
    logging.getLogger(LOGGER).log(
        _LEVELS.get(retirement.state, logging.INFO),
        "retirement %s id=%s image=%s fingerprint=%s state=%s by=gallerist-%s certificate=%s reason=%s",
        event,
        instance_id,
        retirement.image,
        retirement.fingerprint,
        retirement.state,
        VERSION,
        retirement.certificate.name if retirement.certificate else "none",
        json.dumps(reason),
    )
