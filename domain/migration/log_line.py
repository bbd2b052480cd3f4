"""The log line that alerts are built on: a migration started, or ended. See docs/operations.md."""

import json
import logging

from domain.about import VERSION
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus

LOGGER = "gallerist.migrations"

_LEVELS = {
    MigrationState.FAILED: logging.ERROR,
    MigrationState.PARTIAL: logging.WARNING,
    MigrationState.BLOCKED: logging.WARNING,
    MigrationState.UNVERIFIED: logging.WARNING,
}


def log_event(event: str, instance_id: str, status: MigrationStatus) -> None:
    """Logs what happened to a migration, at the level of its state."""
    logging.getLogger(LOGGER).log(
        _LEVELS.get(status.state, logging.INFO),
        "migration %s id=%s image=%s state=%s by=gallerist-%s reason=%s fix=%s",
        event,
        instance_id,
        status.image,
        status.state,
        VERSION,
        json.dumps(status.reason or ""),
        json.dumps(status.fix or ""),
    )
