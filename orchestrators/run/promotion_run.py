"""One execution of a promotion: moves its state, shows every change as the custom status, records and announces."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain.promotion.custom_status import promotion_custom_status
from domain.promotion.latest import RegionLatest, latest_of
from domain.promotion.log_line import log_latest_changed, log_promotion_event
from domain.promotion.messages import PromotionRequest
from domain.promotion.records import end_evidence
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionEnd, PromotionStatus
from domain.records.notices import Notice, NoticeType
from domain.results import CurrentWait
from orchestrators.run.activity_calls import Orchestration, StepFailedError
from orchestrators.run.records import announce, record


class PromotionRun:
    """The status of a promotion during one execution of `promote_version`."""

    def __init__(self, context: df.DurableOrchestrationContext, request: PromotionRequest) -> None:
        self.context = context
        self.request = request
        self.status = request.status or PromotionStatus.of(
            request.version_id, request.action, request.started_by
        )
        self.status.superseded = self.status.superseded or request.superseded

    def move(self, state: PromotionState) -> None:
        """Moves the promotion's state. What it waited for is over."""
        self.status = self.status.moved(state)
        self.status.waiting_for = self.status.reason = self.status.fix = None
        self.show()

    def pause(self, reason: str, fix: str) -> None:
        """Waits for a person, and shows why."""
        self.status = self.status.moved(PromotionState.PAUSED)
        self.status.reason, self.status.fix = reason, fix
        self.log("paused")
        self.show()

    def show(self) -> None:
        """Shows the status as it is."""
        self.context.set_custom_status(promotion_custom_status(self.status))

    def show_waiting(self, wait: CurrentWait | None) -> None:
        """Shows what is waited for; None when the wait ends."""
        self.status.waiting_for = wait
        self.show()

    def wait_for(self, reason: str, seconds: float) -> None:
        """Shows why nothing is written at the moment, and when the next look comes."""
        until = self.context.current_utc_datetime + timedelta(seconds=seconds)
        self.show_waiting(CurrentWait(reason=reason, until=until))

    def log(self, event: str) -> None:
        """Logs what happened, once."""
        if not self.context.is_replaying:
            log_promotion_event(event, self.context.instance_id, self.status)

    def announce(self, kind: NoticeType, key: str, data: dict[str, Any] | None = None) -> Orchestration[None]:
        """Tells subscribers what happened."""
        status = self.status
        shown = {
            "action": status.action,
            "version": str(status.version_id),
            "state": status.state,
            "ring": status.ring,
            "rings": status.rings,
            "promoted": list(status.promoted),
            "by": status.ordered_by or status.started_by,
            "reason": status.reason,
            "fix": status.fix,
        }
        notice = Notice(
            type=kind,
            subject=str(status.version_id),
            at=self.context.current_utc_datetime,
            key=f"{self.request.start_id} {key}",
            data=shown | (data or {}),
            targets=self.request.targets,
        )
        yield from announce(self.context, notice)

    def note_latest(self, resolved: list[RegionLatest], *, ours: bool) -> Orchestration[None]:
        """Keeps what `latest` resolves to; changes that are not `ours` are stated, logged and announced."""
        found = latest_of(resolved)
        before = self.status.latest
        changed = [name for name, version in found.items() if name in before and before[name] != version]
        self.status.latest = before | found
        for region in () if ours else changed:
            old, new = before[region], found[region]
            text = f"latest in {region} changed from {old or 'nothing'} to {new or 'nothing'}, not by this promotion"
            self.status.warn(text)
            if not self.context.is_replaying:
                log_latest_changed(self.request.definition, region, old, new)
            moment = f"{self.context.current_utc_datetime:%Y%m%dT%H%M%S}"
            details = {"region": region, "latest_before": old, "latest_now": new}
            yield from self.announce("latest.changed", f"{region} {moment}", details)

    def end(self, end: PromotionEnd) -> Orchestration[dict[str, Any]]:
        """Ends the promotion: records it, announces it, and returns the orchestration's output."""
        self.status = self.status.ended(end)
        self.log(end.state)
        now = self.context.current_utc_datetime
        try:
            for version in self.status.touched:
                evidence = end_evidence(self.status, version, self.request.start_id, now)
                yield from record(self.context, evidence, lambda _: None)
        except StepFailedError as error:
            # the flags are what counts; that they are not recorded is stated
            self.status.warn(f"the evidence of this end could not be stored: {error.failure.message}")
        yield from self.announce("promotion.ended", str(end.state))
        self.show()
        return self.status.model_dump(mode="json")
