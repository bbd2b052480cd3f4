"""Writes log lines once, although orchestrators are replayed."""

import logging

import azure.durable_functions as df

from domain.migration.log_line import LOGGER, log_event
from domain.migration.status import MigrationStatus
from domain.records.delivery import SendNotice
from domain.records.evidence import Evidence
from domain.records.notices import Notice
from domain.results import Failure
from domain.retirement.log_line import log_event as log_retirement_event
from domain.retirement.retirement import Retirement

logger = logging.getLogger(LOGGER)


def log_migration(context: df.DurableOrchestrationContext, event: str, status: MigrationStatus) -> None:
    """Logs that a migration started or ended."""
    if not context.is_replaying:
        log_event(event, context.instance_id, status)


def log_retirement(context: df.DurableOrchestrationContext, event: str, retirement: Retirement) -> None:
    """Logs what happened to a retirement."""
    if not context.is_replaying:
        log_retirement_event(event, context.instance_id, retirement)


def log_lost_call(context: df.DurableOrchestrationContext, name: str, error: Exception) -> None:
    """Logs the whole text of what the host reports of a call without an answer; users are shown one sentence of it."""
    if not context.is_replaying:
        logger.warning("%s of id=%s gave no answer: %s", name, context.instance_id, error)


def log_lost_notice(context: df.DurableOrchestrationContext, notice: Notice, failure: Failure) -> None:
    """Logs a notice that the outbox did not take."""
    if not context.is_replaying:
        logger.warning("notice %s of %s is lost: %s", notice.type, notice.subject, failure.message)


def log_undelivered_notice(context: df.DurableOrchestrationContext, sending: SendNotice) -> None:
    """Logs a notice that is given up, in one line for all of its targets."""
    if not context.is_replaying:
        notice = sending.notice
        reasons = "; ".join(f"{target}: {reason}" for target, reason in sending.refused.items())
        logger.error(
            "notice %s of %s is given up after %d attempts: %s",
            notice.type,
            notice.subject,
            sending.attempts,
            reasons,
        )


def log_lost_evidence(context: df.DurableOrchestrationContext, evidence: Evidence, failure: Failure) -> None:
    """Logs a record that could not be stored, and goes on without it."""
    if not context.is_replaying:
        logger.error("evidence %s of %s is lost: %s", evidence.kind, evidence.subject, failure.message)
