"""Delivers one notice: the instance is its place in a durable outbox, and nothing waits for it."""

import azure.durable_functions as df

from domain import names
from domain.records.delivery import PATIENCE, Delivery, DeliveryAnswer, SendNotice, Target
from orchestrators.run.activity_calls import Orchestration, call_once
from orchestrators.run.log_lines import log_undelivered_notice
from orchestrators.run.started import started_at

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context", orchestration=names.SEND_NOTICE)
def send_notice(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Tries the targets of the `SendNotice`, waits, and tries again what is left, for a day; returns the `SendNotice`.

    Each execution makes one attempt, so that the history stays short. What was delivered to one target is not sent to
    it again because of the other.
    """
    sending = SendNotice.model_validate(context.get_input())
    sending.started_at = started_at(context, sending)
    sending.attempts += 1
    sending.asked_to_wait_seconds = 0
    for target in sending.pending:
        answer = yield from _attempt(context, sending, target)
        sending.note(target, answer)
    context.set_custom_status(_shown(sending))
    if sending.pending:
        due = context.current_utc_datetime + sending.wait(context.instance_id)
        if due - sending.started_at < PATIENCE:
            yield context.create_timer(due)
            context.continue_as_new(sending.model_dump(mode="json"))
            return None
        sending.give_up()
        context.set_custom_status(_shown(sending))
    if sending.refused:
        log_undelivered_notice(context, sending)
    return sending.model_dump(mode="json")


def _attempt(
    context: df.DurableOrchestrationContext, sending: SendNotice, target: Target
) -> Orchestration[DeliveryAnswer]:
    """One attempt. A call without an answer may have delivered the notice: it is made again."""
    delivery = Delivery(notice=sending.notice, target=target)
    result = yield from call_once(context, names.DELIVER_NOTICE, delivery, DeliveryAnswer)
    if result.value is not None:
        return result.value
    failure = result.retry_later.failure if result.retry_later else result.failure
    return DeliveryAnswer(outcome="later", reason=failure.message if failure else "no answer")


def _shown(sending: SendNotice) -> dict[str, object]:
    """The custom status: not the notice itself, whose data may be long."""
    return sending.model_dump(mode="json", exclude={"notice", "start_id", "started_at"})
