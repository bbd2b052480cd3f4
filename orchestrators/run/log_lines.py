"""Writes log lines: those that alerts are built on (see docs/operations.md), and the whole text of lost calls."""

import json
import logging

import azure.durable_functions as df

from domain.about import VERSION
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus

logger = logging.getLogger("gallerist.migrations")

_LEVELS = {
    MigrationState.FAILED: logging.ERROR,
    MigrationState.PARTIAL: logging.WARNING,
    MigrationState.BLOCKED: logging.WARNING,
}


def log_migration(context: df.DurableOrchestrationContext, event: str, status: MigrationStatus) -> None:
    """Logs the event once; replays are silent."""
    if context.is_replaying:
        return
    logger.log(
        _LEVELS.get(status.state, logging.INFO),
        "migration %s id=%s image=%s state=%s by=gallerist-%s reason=%s fix=%s",
        event,
        context.instance_id,
        status.image,
        status.state,
        VERSION,
        json.dumps(status.reason or ""),
        json.dumps(status.fix or ""),
    )


def log_lost_call(context: df.DurableOrchestrationContext, name: str, error: Exception) -> None:
    """Logs once, and whole, what the host reports of a call without an answer; users are shown one sentence of it."""
    if not context.is_replaying:
        logger.warning("%s of id=%s gave no answer: %s", name, context.instance_id, error)
