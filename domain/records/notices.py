"""Notices: what subscribers are told, as CloudEvents 1.0."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from domain.redaction import webhook_address

NOTICE_ID_PREFIX = "notice-"
_NAMESPACE = "gallerist"

NoticeType = Literal[
    "migration.ended",
    "region.replicated",
    "proof.failed",
    "promotion.started",
    "promotion.ring-promoted",
    "promotion.ended",
    "latest.changed",
    "retirement.started",
    "retirement.notice",
    "retirement.approval-needed",
    "retirement.ended",
    "retention.step",
]


class NoticeTargets(BaseModel):
    """Where a notice goes, by the policy: an Event Grid topic, a webhook, both or neither; and whom it names.

    Of the webhook's URL the query is left out, because it may be a key: it is looked up in the policy at each delivery.
    """

    topic: str | None = None
    webhook: Annotated[str, AfterValidator(webhook_address)] | None = None
    owner: str | None = None

    @property
    def any(self) -> bool:
        """Whether anybody is told."""
        return bool(self.topic or self.webhook)


class Notice(BaseModel):
    """One notice. Notices of one type, subject and key are one notice, however often they are announced."""

    type: NoticeType
    subject: str
    at: datetime
    key: str
    data: dict[str, Any] = Field(default={})
    targets: NoticeTargets

    @property
    def id(self) -> str:
        """The id of the notice, and of the instance that delivers it."""
        text = f"{self.type}\n{self.subject.lower()}\n{self.key}"
        return NOTICE_ID_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32]

    def as_cloud_event(self, source: str) -> dict[str, Any]:
        """The notice as the JSON of a CloudEvent; `source` is the function app's address or name."""
        owner = {"owner": self.targets.owner} if self.targets.owner else {}
        return {
            "specversion": "1.0",
            "id": self.id.removeprefix(NOTICE_ID_PREFIX),
            "source": source,
            "type": f"{_NAMESPACE}.{self.type}",
            "subject": self.subject,
            "time": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": self.data | owner,
        }
