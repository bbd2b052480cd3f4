"""Retires one managed image: reads, asks the transition function what to do, does it, waits, and begins anew.

`domain.retirement.transition` decides everything. An execution takes one look at most, so that the history stays short;
what is known is carried in the input.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain import names
from domain.records.evidence import Stored
from domain.records.notices import NoticeType
from domain.references.scan import ScanRequest
from domain.results import CurrentWait, Failure
from domain.retirement import effects, events
from domain.retirement.announcements import notice_of
from domain.retirement.custom_status import custom_status
from domain.retirement.messages import DECIDED_EVENT
from domain.retirement.readings import Look, Reading
from domain.retirement.records import end_record
from domain.retirement.refusals import refused
from domain.retirement.requests import (
    CertifyRequest,
    CompleteRequest,
    DeleteAnswer,
    DeleteRequest,
    Done,
    GuardRequest,
    ProtectRequest,
    ReadRequest,
    SeeRequest,
    Sight,
)
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState
from domain.retirement.transition import next_step
from orchestrators.find_users import scan_in_child
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity, call_once
from orchestrators.run.log_lines import log_lost_evidence, log_retirement
from orchestrators.run.records import announce, record_soon
from orchestrators.run.started import started_at

blueprint = df.Blueprint()
Value = TypeVar("Value", bound=BaseModel)


@blueprint.orchestration_trigger(context_name="context", orchestration=names.RETIRE_IMAGE)
def retire_image(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Takes the `Retirement` given as input further; returns it at its end, and shows it as custom status."""
    retirement = Retirement.model_validate(context.get_input())
    retirement.started_at = started_at(context, retirement)
    run = _Run(context, retirement)
    effect = run.after(events.Woke())
    while not isinstance(effect, effects.Rest | effects.End):
        effect = run.after((yield from run.carry_out(effect)))
    if isinstance(effect, effects.End):
        yield from run.keep_end()
        yield from run.tell("retirement.ended")
        log_retirement(context, "ended", run.retirement)
        return run.retirement.model_dump(mode="json")
    yield from _rest(context, effect)
    context.continue_as_new(run.retirement.model_dump(mode="json"))
    return None


def _rest(context: df.DurableOrchestrationContext, effect: effects.Rest) -> Orchestration[None]:
    """Waits until then, or until a person decided something: the event is a hint, the decision itself is a record."""
    if effect.until <= context.current_utc_datetime:
        return
    timer: Any = context.create_timer(effect.until)
    decided = context.wait_for_external_event(DECIDED_EVENT)
    winner = yield context.task_any([timer, decided])
    if winner is decided:
        timer.cancel()


class _Run:
    """One execution: the retirement as far as it is, and how each effect is carried out."""

    def __init__(self, context: df.DurableOrchestrationContext, retirement: Retirement) -> None:
        self.context = context
        self.retirement = retirement

    def after(self, event: events.Event) -> effects.Effect:
        """What to do after an event; shows what changed."""
        before = self.retirement.state
        step = next_step(self.retirement, event, self.context.current_utc_datetime)
        self.retirement = step.retirement
        if self.retirement.state is not before:
            log_retirement(self.context, "moved", self.retirement)
        self._show()
        return step.effect

    def carry_out(self, effect: effects.Effect) -> Orchestration[events.Event]:
        """Does what an effect says; returns what happened."""
        how: Callable[..., Orchestration[events.Event]] = {
            effects.TakeLook: self._look,
            effects.Protect: self._protect,
            effects.Tell: self._tell,
            effects.Guard: self._guard,
            effects.Certify: self._certify,
            effects.SendDelete: self._delete,
            effects.SeeImage: self._see,
            effects.Complete: self._complete,
            effects.Unguard: self._unguard,
        }[type(effect)]  # type: ignore[assignment] # each takes its own effect
        return (yield from how(effect))

    def keep_end(self) -> Orchestration[None]:
        """Records how it ended, unless the certificate says so: without that it would begin again one day."""
        if self.retirement.state is RetirementState.RETIRED:
            return
        evidence = end_record(self.retirement, self._now)
        failure = yield from record_soon(self.context, evidence)
        if failure is not None:
            log_lost_evidence(self.context, evidence, failure)

    def tell(self, kind: NoticeType) -> Orchestration[None]:
        """Tells subscribers; nothing waits for it."""
        yield from announce(self.context, notice_of(self.retirement, kind, self._now))

    @property
    def _now(self) -> Any:
        return self.context.current_utc_datetime

    def _show(self) -> None:
        self.context.set_custom_status(custom_status(self.retirement))

    def _show_waiting(self, wait: CurrentWait | None) -> None:
        self.retirement = self.retirement.changed(waiting_for=wait)
        self._show()

    def _look(self, _effect: effects.TakeLook) -> Orchestration[events.Event]:
        first, begun_at, retirement = not self.retirement.obligations, self._now, self.retirement
        own = {
            retirement.image.subscription,
            *(target.version_id.subscription for target in retirement.targets),
        }
        request = ScanRequest(ids=[str(retirement.image)], expected=sorted(own))
        known, reading = self.retirement.scanned, None
        try:
            # references are read last, so that nothing stands between them and the DELETE
            if known:
                reading = yield from self._read(known)
            scan = yield from scan_in_child(self.context, request, self._show_waiting)
            if reading is None or set(scan.subscriptions) - set(known):
                reading = yield from self._read(scan.subscriptions)
        except StepFailedError as error:
            return events.LookFailed(error.failure)
        look = Look(begun_at=begun_at, ended_at=self._now, scan=scan, reading=reading)
        if first:
            log_retirement(self.context, "started", self.retirement)
            told = self.retirement.changed(terms=look.terms)
            yield from announce(self.context, notice_of(told, "retirement.started", self._now))
        return events.Looked(look)

    def _read(self, subscriptions: list[str]) -> Orchestration[Reading]:
        query = ReadRequest.of(self.retirement, subscriptions, self._now)
        return (yield from self._call(names.READ_RETIREMENT, query, Reading))

    def _protect(self, effect: effects.Protect) -> Orchestration[events.Event]:
        request = ProtectRequest(writes=effect.writes)
        return events.Protected((yield from self._failure_of(names.PROTECT_VERSIONS, request)))

    def _tell(self, effect: effects.Tell) -> Orchestration[events.Event]:
        """Hands the notice to the outbox, and waits until it took it: without the notice nothing is deleted."""
        notice = notice_of(self.retirement, effect.kind, self._now)
        failure = None
        if notice.targets.any:
            failure = yield from self._failure_of(names.ANNOUNCE, notice)
        log_retirement(self.context, effect.kind.removeprefix("retirement."), self.retirement)
        return events.Told(effect.kind, effect.look, failure)

    def _guard(self, effect: effects.Guard) -> Orchestration[events.Event]:
        return events.Guarded(
            (yield from self._failure_of(names.PLACE_GUARDS, self._guards(effect.subscriptions)))
        )

    def _unguard(self, _effect: effects.Unguard) -> Orchestration[events.Event]:
        subscriptions = self.retirement.guarded_in
        return events.Unguarded(
            (yield from self._failure_of(names.REMOVE_GUARDS, self._guards(subscriptions)))
        )

    def _guards(self, subscriptions: list[str]) -> GuardRequest:
        return GuardRequest(
            retirement=self.retirement.id, image=self.retirement.image, subscriptions=subscriptions
        )

    def _certify(self, effect: effects.Certify) -> Orchestration[events.Event]:
        request, at = CertifyRequest(certificate=effect.certificate), effect.certificate.made_at
        try:
            stored = yield from self._call(names.STORE_CERTIFICATE, request, Stored)
        except StepFailedError as error:
            return events.Certified(None, at, error.failure)
        return events.Certified(stored, at, None)

    def _delete(self, effect: effects.SendDelete) -> Orchestration[events.Event]:
        """Calls once: after any other answer everything is read again before another DELETE."""
        subscriptions = effect.look.scan.subscriptions if effect.look.scan else []
        request = DeleteRequest(
            retirement=self.retirement,
            look=effect.look,
            read=ReadRequest.of(self.retirement, subscriptions, self._now),
        )
        result = yield from call_once(self.context, names.DELETE_MANAGED_IMAGE, request, DeleteAnswer)
        answer = result.value
        if answer is None:
            # nothing says whether the DELETE was sent
            return events.DeleteAnswered(unanswered=True)
        failure = refused(answer.failure) if answer.failure else None
        return events.DeleteAnswered(answer.operation_url, answer.moved, failure, answer.unanswered)

    def _see(self, _effect: effects.SeeImage) -> Orchestration[events.Event]:
        request = SeeRequest(
            image=self.retirement.image,
            fingerprint=self.retirement.fingerprint,
            sent_at=self.retirement.sent_at or self._now,
            operation_url=self.retirement.operation_url,
        )
        try:
            sight = yield from self._call(names.SEE_IMAGE, request, Sight)
        except StepFailedError:
            return events.ImageSeen("unread")
        return events.ImageSeen(sight.outcome, refused(sight.failure) if sight.failure else None)

    def _complete(self, effect: effects.Complete) -> Orchestration[events.Event]:
        retirement = self.retirement
        request = CompleteRequest(
            deletion=effect.deletion,
            replaced_by=[target.version_id for target in retirement.targets],
            approved_by=retirement.approval.by if retirement.approval else "",
        )
        return events.Completed((yield from self._failure_of(names.COMPLETE_CERTIFICATE, request)))

    def _call(self, activity: str, request: BaseModel, value: type[Value]) -> Orchestration[Value]:
        return (yield from call_activity(self.context, activity, request, value, self._show_waiting))

    def _failure_of(self, activity: str, request: BaseModel) -> Orchestration[Failure | None]:
        """Calls an activity; returns why it failed, None if it did not."""
        try:
            yield from self._call(activity, request, Done)
        except StepFailedError as error:
            return refused(error.failure)
        return None
