"""Re-points consumers to a version, one after the other, and reads each back."""

from typing import Any

import azure.durable_functions as df

from domain import names
from domain.records.evidence import Evidence
from domain.references.repoint import (
    Repoint,
    RepointedConsumer,
    RepointLook,
    RepointPlan,
    RepointRequest,
    refused,
)
from domain.results import CurrentWait
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity, sleep
from orchestrators.run.records import record
from orchestrators.run.started import started_at

blueprint = df.Blueprint()

# about an hour: the model of a scale set changes within minutes
FIRST_LOOK_SECONDS = 10
LONGEST_LOOK_SECONDS = 600
MOST_LOOKS = 12


@blueprint.orchestration_trigger(context_name="context", orchestration=names.REPOINT_CONSUMERS)
def repoint_consumers(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Re-points the consumers of a `Repoint`; custom status and output are the `Repoint` as it is then.

    Each execution takes one consumer and continues as new, so that the history stays short.
    """
    request = Repoint.model_validate(context.get_input())
    request.started_at = started_at(context, request)
    waiting = [
        index for index, one in enumerate(request.consumers) if one.outcome in ("waiting", "repointing")
    ]
    if waiting:
        index = waiting[0]
        begun = request.consumers[index]
        request.consumers[index] = RepointedConsumer(id=begun.id, outcome="repointing")
        _show(context, request)
        request.consumers[index] = yield from _repoint(context, request, begun)
        _show(context, request)
        if len(waiting) > 1:
            context.continue_as_new(request.model_dump(mode="json"))
            return None
    return request.model_dump(mode="json")


def _repoint(
    context: df.DurableOrchestrationContext, request: Repoint, consumer: RepointedConsumer
) -> Orchestration[RepointedConsumer]:
    """Changes one consumer and waits until it shows the version; returns its outcome."""
    query = RepointRequest(consumer=consumer.id, version_id=request.version_id)
    try:
        plan = yield from call_activity(context, names.BEGIN_REPOINT, query, RepointPlan, _show_no_wait)
        if not plan.possible:
            return refused(consumer, plan)
        if not plan.done:
            yield from _record(context, request, plan)
        reason = yield from _read_back(context, query)
    except StepFailedError as error:
        reason, plan = error.failure.message, None
    outcome: Any = "failed" if reason else "repointed"
    return RepointedConsumer(
        id=consumer.id, outcome=outcome, reason=reason, steps=plan.steps[1:] if plan else []
    )


def _read_back(context: df.DurableOrchestrationContext, query: RepointRequest) -> Orchestration[str]:
    """Waits until the consumer names the version and is no longer changed; returns why not, or nothing."""
    reason = ""
    for number in range(MOST_LOOKS):
        yield from sleep(context, min(FIRST_LOOK_SECONDS * (1 << number), LONGEST_LOOK_SECONDS))
        look = yield from call_activity(context, names.GET_REPOINT_STATUS, query, RepointLook, _show_no_wait)
        state = look.provisioning_state
        named = look.names.lower() == query.version_id.key
        if named and state == "Succeeded":
            return ""
        reason = f"it is {state} and names {look.names or 'no image'}"
        if state in ("Failed", "Canceled"):
            break
    return reason


def _record(
    context: df.DurableOrchestrationContext, request: Repoint, plan: RepointPlan
) -> Orchestration[None]:
    """Keeps what was changed, so that it can be changed back."""
    at = context.current_utc_datetime
    evidence = Evidence(
        subject=str(request.version_id),
        kind="repoint",
        at=at,
        by=request.started_by,
        key=f"{plan.consumer.lower()} {at.isoformat()}",
        details={"consumer": plan.consumer, "before": plan.old, "after": plan.new},
    )
    yield from record(context, evidence, _show_no_wait)


def _show(context: df.DurableOrchestrationContext, request: Repoint) -> None:
    """Shows the outcomes; the steps, which are long, are in the output."""
    shown = request.model_copy()
    shown.consumers = [_short(one) for one in request.consumers]
    context.set_custom_status(shown.model_dump(mode="json"))


def _short(consumer: RepointedConsumer) -> RepointedConsumer:
    return RepointedConsumer(id=consumer.id, outcome=consumer.outcome, reason=consumer.reason[:200])


def _show_no_wait(_wait: CurrentWait | None) -> None:
    """The custom status shows outcomes only."""
