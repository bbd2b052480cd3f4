"""The log lines that alerts are built on: a migration starts, a migration ends; docs/operations.md has their form."""

import json
import logging

import azure.durable_functions as df

from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus

logger = logging.getLogger("gallerist.migrations")

_LEVELS = {
    MigrationState.FAILED: logging.ERROR,
    MigrationState.PARTIAL: logging.WARNING,
    MigrationState.BLOCKED: logging.WARNING,
}


def log_migration(context: df.DurableOrchestrationContext, event: str, status: MigrationStatus) -> None:
    """Tell of the migration, unless this is a replay of what was told already."""
    if context.is_replaying:
        return
    logger.log(
        _LEVELS.get(status.state, logging.INFO),
        "migration %s id=%s image=%s state=%s reason=%s fix=%s",
        event,
        context.instance_id,
        status.image,
        status.state,
        json.dumps(status.reason or ""),
        json.dumps(status.fix or ""),
    )
