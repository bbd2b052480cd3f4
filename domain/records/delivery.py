"""The delivery of a notice: what an HTTP answer means, when it is tried again, and when it is given up."""

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, Field

from domain.records.notices import Notice, NoticeTargets
from domain.starts import Start

Target = Literal["topic", "webhook"]
TARGETS: tuple[Target, ...] = ("topic", "webhook")

# as long as Event Grid itself tries to deliver an event (documented)
PATIENCE = timedelta(hours=24)
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600

# a repetition of the same request gets the same answer
_FINAL = {
    HTTPStatus.BAD_REQUEST: "refuses the event as invalid",
    HTTPStatus.METHOD_NOT_ALLOWED: "takes no POST",
    HTTPStatus.NOT_ACCEPTABLE: "does not take CloudEvents",
    HTTPStatus.GONE: "is gone for good",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "refuses the event as too large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "refuses the address as too long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "does not take CloudEvents",
    HTTPStatus.UNPROCESSABLE_ENTITY: "refuses the event as invalid",
}
# somebody may give the identity its role, or the topic its name, within a day; a new role takes minutes to apply
_LATER = {
    HTTPStatus.UNAUTHORIZED: "does not accept who sends it",
    HTTPStatus.FORBIDDEN: "does not let the app send: on a topic its identity needs the role EventGrid Data Sender",
    HTTPStatus.NOT_FOUND: "does not exist",
    HTTPStatus.TOO_MANY_REQUESTS: "throttles",
}


class Delivery(BaseModel):
    """The input of `deliver_notice`: one notice, and one of its two targets."""

    notice: Notice
    target: Target


class DeliveryAnswer(BaseModel):
    """What became of one attempt: `refused` means that no other attempt can help."""

    outcome: Literal["delivered", "later", "refused"]
    reason: str = ""
    retry_after_seconds: int | None = None


def answer_of(status: int, retry_after_seconds: int | None = None) -> DeliveryAnswer:
    """Judges the HTTP status of a receiver. Its body is never read: it may be anything, and long."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return DeliveryAnswer(outcome="delivered")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        reason = f"HTTP {status}: it answers with a redirect, which is not followed"
        return DeliveryAnswer(outcome="refused", reason=reason)
    for known, outcome in ((_FINAL, "refused"), (_LATER, "later")):
        for code, reason in known.items():
            if status == code:
                return DeliveryAnswer.model_validate(
                    {
                        "outcome": outcome,
                        "reason": f"HTTP {status}: it {reason}",
                        "retry_after_seconds": retry_after_seconds,
                    }
                )
    return DeliveryAnswer(outcome="later", reason=f"HTTP {status}", retry_after_seconds=retry_after_seconds)


class SendNotice(Start):
    """The input of `send_notice`, its custom status, and its output: how far the delivery is.

    `delivered` and `refused` are the targets that are done with, the latter with the reason; `reason` is that of the
    last attempt that is repeated.
    """

    notice: Notice
    attempts: int = 0
    delivered: list[Target] = Field(default=[])
    refused: dict[Target, str] = Field(default={})
    reason: str = ""
    asked_to_wait_seconds: int = 0

    @property
    def pending(self) -> list[Target]:
        """The targets that are still tried."""
        wanted = [target for target in TARGETS if address_of(self.notice.targets, target)]
        return [target for target in wanted if target not in self.delivered and target not in self.refused]

    def note(self, target: Target, answer: DeliveryAnswer) -> None:
        """Notes what became of an attempt."""
        if answer.outcome == "delivered":
            self.delivered = [*self.delivered, target]
        elif answer.outcome == "refused":
            self.refused = {**self.refused, target: answer.reason}
        else:
            self.reason = f"{target}: {answer.reason}"
            self.asked_to_wait_seconds = max(self.asked_to_wait_seconds, answer.retry_after_seconds or 0)

    def give_up(self) -> None:
        """Refuses what is still pending."""
        hours = PATIENCE // timedelta(hours=1)
        for target in self.pending:
            why = f"not delivered within {hours} hours; the last answer: {self.reason}"
            self.refused = {**self.refused, target: why}

    def wait(self, instance_id: str) -> timedelta:
        """How long to wait before the next attempt: doubling, spread by up to a quarter, equal in every replay."""
        doubling = FIRST_WAIT_SECONDS * 2 ** min(self.attempts - 1, 20)
        seconds = min(max(doubling, self.asked_to_wait_seconds), LONGEST_WAIT_SECONDS)
        digest = hashlib.sha256(f"{instance_id}/{self.attempts}".encode()).digest()
        return timedelta(seconds=seconds * (1 + digest[0] / 255 / 4))


def address_of(targets: NoticeTargets, target: Target) -> str | None:
    """Where a target is; None if the policy names none."""
    return targets.topic if target == "topic" else targets.webhook
