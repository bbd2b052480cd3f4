"""Scans for references from an orchestration: the parts side by side, each in as many calls as it takes."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.references.parts import PartScan, PlanScan, ScanPart, ScanPlan, parts_of, scan_of
from domain.references.scan import Scan, ScanRequest
from domain.results import ActivityResult, CurrentWait, RetryLater, lost_call
from orchestrators.run.activity_calls import FIRST_WAIT_SECONDS, OnWait, Orchestration, call_activity, settle
from orchestrators.run.log_lines import log_lost_call

# at a time: the identity's limits are shared with the migrations that run
PARTS_AT_ONCE = 6
# in one scan, so that a history stays at a few hundred events; what is left then is unread
MOST_CALLS = 200
# of one part in a row that bring nothing; throttling does not count
MOST_TRIES = 6
LONGEST_WAIT_SECONDS = 120


class _Progress:
    """One part: what was found so far, and how to go on."""

    def __init__(self, request: ScanPart) -> None:
        self.request = request
        self.found = PartScan()
        self.retry_later: RetryLater | None = None
        self.tries = 0
        self.done = False

    def take(self, reply: Any) -> None:
        """Takes in an activity's reply."""
        result = ActivityResult[PartScan].model_validate(reply)
        if result.failure is not None:
            self.give_up(result.failure.message)
        elif result.value is None:
            self.wait(result.retry_later)
        else:
            went_on = result.value.next != self.request.cursor
            self.found = self.found.followed_by(result.value, self.request.part)
            self.request = self.request.at(result.value.next)
            self.done, self.tries = result.value.next is None, 0 if went_on else self.tries
            self.wait(result.value.retry_later)

    def wait(self, retry_later: RetryLater | None) -> None:
        """Notes that the next call has to wait; gives up after too many that brought nothing."""
        self.retry_later = None if self.done else retry_later
        if self.retry_later is not None:
            self.tries += 0 if self.retry_later.throttled else 1
            if self.tries > MOST_TRIES:
                self.give_up(self.retry_later.failure.message)

    @property
    def wait_seconds(self) -> float:
        """How long the next call has to wait."""
        if self.done or self.retry_later is None:
            return 0
        doubling = min(FIRST_WAIT_SECONDS * (1 << self.tries), LONGEST_WAIT_SECONDS)
        return max(self.retry_later.retry_after_seconds or 0, doubling)

    def give_up(self, reason: str) -> None:
        """Counts the rest as unread: unknown means keep."""
        self.found, self.done = self.found.given_up(self.request.part, reason), True


def scan_references(
    context: df.DurableOrchestrationContext, request: ScanRequest, on_wait: OnWait
) -> Orchestration[Scan]:
    """Scans every subscription expected, and Resource Graph. What cannot be read is in the scan's `unread`.

    Raises:
        StepFailedError: the list of subscriptions could not be read.
    """
    begun_at = context.current_utc_datetime
    query = PlanScan(**request.model_dump(), now=begun_at)
    plan = yield from call_activity(context, names.PLAN_SCAN, query, ScanPlan, on_wait)
    parts = [_Progress(part) for part in parts_of(plan)]
    calls = 0
    while batch := [part for part in parts if not part.done][:PARTS_AT_ONCE]:
        if calls + len(batch) > MOST_CALLS:
            for part in batch:
                part.give_up("the scan took too long")
            continue
        calls += len(batch)
        yield from _advance(context, batch, on_wait)
    found = [(part.request.part, part.found) for part in parts]
    return scan_of(plan, found, begun_at, context.current_utc_datetime)


def _advance(
    context: df.DurableOrchestrationContext, batch: list[_Progress], on_wait: OnWait
) -> Orchestration[None]:
    """Calls the activity once for each of these parts, and waits as long as one of them asks for."""
    calls = [
        context.call_activity(names.SCAN_REFERENCES, part.request.model_dump(mode="json")) for part in batch
    ]
    outcomes = yield from settle(context, calls)
    for part, outcome in zip(batch, outcomes, strict=True):
        if isinstance(outcome, Exception):
            log_lost_call(context, names.SCAN_REFERENCES, outcome)
            part.wait(lost_call(outcome))
        else:
            part.take(outcome)
    slowest = max(batch, key=lambda part: part.wait_seconds)
    if slowest.wait_seconds and slowest.retry_later is not None:
        until = context.current_utc_datetime + timedelta(seconds=slowest.wait_seconds)
        on_wait(CurrentWait(reason=slowest.retry_later.reason, until=until))
        yield context.create_timer(until)
        on_wait(None)
