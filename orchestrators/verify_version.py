"""Starts a machine from a version in one region, and says whether it came up.

choose sizes -> begin the machine -> look until something is known -> delete it -> next size, wait, or end
"""

from dataclasses import dataclass
from datetime import timedelta

import azure.durable_functions as df
from pydantic import BaseModel

from domain import names
from domain.proofs.proof import (
    NextAttempt,
    ProofProgress,
    ProofRequest,
    ProofStart,
    ProofVerdict,
    after_lost,
    next_attempt,
    proof_details,
)
from domain.proofs.refusals import NO_SIZE, own_failure
from domain.proofs.sizes import ProofSizes
from domain.proofs.verdict import MachineLook, MachineQuery, Verdict, judge, too_late
from domain.records.evidence import Evidence
from domain.resources.ids import MachineId
from domain.results import CurrentWait, Failure
from orchestrators.run.activity_calls import (
    OnWait,
    Orchestration,
    StepFailedError,
    call_activity,
    call_once,
    sleep,
)
from orchestrators.run.records import record
from orchestrators.run.started import started_at

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.VERIFY_VERSION)
def verify_version(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Makes one attempt at the proof of a `ProofRequest`, and continues as new with the next; returns a `ProofStatus`.

    Whatever comes of an attempt, its machine is deleted before anything else happens.
    """
    request = ProofRequest.model_validate(context.get_input())
    request.started_at = started_at(context, request)
    show = _shown(context, request)
    show(None)
    try:
        if request.attempts.sizes is None:
            request = yield from _with_sizes(context, request, show)
        request = request.began(context.current_utc_datetime)
        show = _shown(context, request)
        show(None)
        outcome = yield from _attempt(context, request, show)
    except StepFailedError as error:
        outcome = _Outcome(Verdict(kind="surroundings", failure=error.failure))
    if request.attempts.sizes:
        request = yield from _clean_up(context, request, show)
    following = _next(request, outcome, context)
    if following is not None and following.failure is None:
        if following.wait_seconds and outcome.verdict.failure:
            yield from _wait(context, outcome.verdict.failure, following, show)
        request.attempts = following.attempts
        context.continue_as_new(request.model_dump(mode="json"))
        return None
    return (yield from _end(context, request, outcome, following, show))


@dataclass
class _Outcome:
    """What an attempt gave: the verdict, and the last look at the machine."""

    verdict: Verdict
    look: MachineLook | None = None


def _shown(context: df.DurableOrchestrationContext, request: ProofRequest) -> OnWait:
    def show(wait: CurrentWait | None) -> None:
        progress = ProofProgress(proof=request.status, waiting_for=wait)
        context.set_custom_status(progress.model_dump(mode="json"))

    return show


def _with_sizes(
    context: df.DurableOrchestrationContext, request: ProofRequest, show: OnWait
) -> Orchestration[ProofRequest]:
    sizes = yield from call_activity(
        context, names.CHOOSE_PROOF_SIZES, request.sizes_request(), ProofSizes, show
    )
    if not sizes.names:
        raise StepFailedError(own_failure(NO_SIZE, sizes.reason))
    return request.with_sizes(sizes.names)


def _attempt(
    context: df.DurableOrchestrationContext, request: ProofRequest, show: OnWait
) -> Orchestration[_Outcome]:
    """Begins the machine, and looks at it until something is known or its time is over."""
    begun_at = context.current_utc_datetime
    spec = request.machine_spec(begun_at)
    start = yield from call_activity(context, names.BEGIN_PROOF_MACHINE, spec, ProofStart, show)
    if start.stale:
        yield from _delete(context, spec.id, show)
        start = yield from call_activity(context, names.BEGIN_PROOF_MACHINE, spec, ProofStart, show)
    if not start.begun:
        return _Outcome(
            Verdict(kind="no-hardware", refusal=start.refusal or "surroundings", failure=start.failure)
        )
    return (yield from _watch(context, request, spec.id, show))


def _watch(
    context: df.DurableOrchestrationContext, request: ProofRequest, machine: MachineId, show: OnWait
) -> Orchestration[_Outcome]:
    """Looks until the deadline: a machine that failed for lack of time may still be ready (its own text)."""
    deadline = request.deadline(context.current_utc_datetime)
    latest: MachineLook | None = None
    while True:
        seconds = request.seconds_between_looks
        until = context.current_utc_datetime + timedelta(seconds=seconds)
        show(CurrentWait(reason=f"{machine.name} starts in {request.region}", until=until))
        yield from sleep(context, seconds)
        result = yield from call_once(context, names.GET_PROOF_MACHINE, MachineQuery(id=machine), MachineLook)
        if result.failure is not None:
            return _Outcome(Verdict(kind="surroundings", failure=result.failure), latest)
        if result.retry_later is None:
            latest = result.value
            verdict = judge(latest, agent=request.agent)
            if verdict.kind != "not-yet":
                return _Outcome(verdict, latest)
        if context.current_utc_datetime >= deadline:
            return _late(request, latest, result.retry_later.failure if result.retry_later else None)


def _late(request: ProofRequest, latest: MachineLook | None, unread: Failure | None) -> _Outcome:
    """The end of the time. What could not be read says nothing about the image."""
    if unread is not None:
        return _Outcome(Verdict(kind="surroundings", failure=unread), latest)
    return _Outcome(Verdict(kind="failed", failure=too_late(latest, request.deadline_minutes)), latest)


def _clean_up(
    context: df.DurableOrchestrationContext, request: ProofRequest, show: OnWait
) -> Orchestration[ProofRequest]:
    """Deletes the attempt's machine with all it has, also where its creation was refused half-way.

    What cannot be deleted is a warning: the timer deletes it when it has expired.
    """
    machine = request.machine
    try:
        yield from _delete(context, machine, show)
    except StepFailedError as error:
        warning = (
            f"{machine} could not be deleted yet, and is deleted when it has expired: {error.failure.message}"
        )
        copy = request.model_copy()
        copy.status = request.status.warned(warning)
        return copy
    return request


def _delete(
    context: df.DurableOrchestrationContext, machine: MachineId, show: OnWait
) -> Orchestration[BaseModel]:
    query = MachineQuery(id=machine)
    return (yield from call_activity(context, names.DELETE_PROOF_MACHINE, query, BaseModel, show))


def _next(
    request: ProofRequest, outcome: _Outcome, context: df.DurableOrchestrationContext
) -> NextAttempt | None:
    """What follows the attempt; None if its verdict is the last word."""
    verdict = outcome.verdict
    if verdict.failure is None or request.attempts.sizes is None:
        return None
    if verdict.kind == "no-hardware":
        refusal = verdict.refusal or "surroundings"
        return next_attempt(request, refusal, verdict.failure, context.current_utc_datetime)
    return after_lost(request, verdict.failure) if verdict.kind == "lost" else None


def _wait(
    context: df.DurableOrchestrationContext, failure: Failure, following: NextAttempt, show: OnWait
) -> Orchestration[None]:
    until = context.current_utc_datetime + timedelta(seconds=following.wait_seconds)
    show(CurrentWait(reason=f"{failure.code}: {failure.message}", until=until))
    yield from sleep(context, following.wait_seconds)
    show(None)


def _end(
    context: df.DurableOrchestrationContext,
    request: ProofRequest,
    outcome: _Outcome,
    following: NextAttempt | None,
    show: OnWait,
) -> Orchestration[object]:
    """Keeps the evidence; returns the proof's status."""
    verdicts: dict[str, ProofVerdict] = {"proved": "proved", "failed": "failed"}
    verdict = verdicts.get(outcome.verdict.kind, "unproved")
    failure = following.failure if following else outcome.verdict.failure
    now = context.current_utc_datetime
    status = request.status.ended(verdict, now, failure)
    status.agent_version = outcome.look.agent_version if outcome.look else None
    evidence = Evidence(
        subject=str(request.version_id),
        kind="proof",
        at=now,
        by=request.started_by,
        key=f"{context.instance_id}/{request.region}/{request.controller}",
        details=proof_details(request, status, outcome.look),
    )
    try:
        yield from record(context, evidence, show)
    except StepFailedError as error:
        status = status.warned(f"the evidence of the proof could not be stored: {error.failure.message}")
    return status.model_dump(mode="json")
