"""Stores evidence and announces notices from an orchestration."""

import azure.durable_functions as df
from pydantic import BaseModel

from domain import names
from domain.records.evidence import Evidence, Stored
from domain.records.notices import Notice
from domain.results import ActivityResult, Failure
from orchestrators.run.activity_calls import OnWait, Orchestration, call_activity, call_once, sleep
from orchestrators.run.log_lines import log_lost_notice

# a store of evidence that hiccups is back soon; one that is misconfigured is not
TRIES = 3
SECONDS_BETWEEN_TRIES = 30


def record(
    context: df.DurableOrchestrationContext, evidence: Evidence, on_wait: OnWait
) -> Orchestration[Stored]:
    """Stores a record, and waits while the store does not answer.

    Raises:
        StepFailedError: the record could not be stored.
    """
    return (yield from call_activity(context, names.RECORD_EVIDENCE, evidence, Stored, on_wait))


def record_soon(
    context: df.DurableOrchestrationContext,
    evidence: Evidence,
    first: ActivityResult[Stored] | None = None,
) -> Orchestration[Failure | None]:
    """Stores a record within a few tries; returns why it was not. For records that nothing may wait for.

    `first` is the outcome of the first try, if it was made already.
    """
    result = first or (yield from call_once(context, names.RECORD_EVIDENCE, evidence, Stored))
    for _ in range(TRIES - 1):
        if not result.retry_later:
            break
        yield from sleep(context, SECONDS_BETWEEN_TRIES)
        result = yield from call_once(context, names.RECORD_EVIDENCE, evidence, Stored)
    return result.retry_later.failure if result.retry_later else result.failure


def announce(context: df.DurableOrchestrationContext, notice: Notice) -> Orchestration[None]:
    """Hands a notice to the outbox, once. What cannot be handed over is logged: nothing waits for a notice."""
    if not notice.targets.any:
        return
    result = yield from call_once(context, names.ANNOUNCE, notice, BaseModel)
    failure = result.retry_later.failure if result.retry_later else result.failure
    if failure is not None:
        log_lost_notice(context, notice, failure)
