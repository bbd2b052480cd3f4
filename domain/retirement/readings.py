"""What is read before a managed image is deleted: values without a judgement. What could not be read says why."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from domain.policy.rules import Policy
from domain.policy.second_half import DeclaredConsumer, RetireWhen
from domain.records.notices import NoticeTargets
from domain.references.scan import Scan
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.images import ManagedImage
from domain.retirement.messages import Attempt, Decision

# a reading older than this proves nothing
FRESH = timedelta(minutes=10)
# a DELETE is sent at most that long after its certificate, which says when the attempt was
CAP_PERIOD = timedelta(hours=24) + FRESH
# the policy's `verify.mode` that asks for a proof
BOOT = "boot"
OWNER_TAG = "owner"
# what a retirement writes into the tags of a version
LOCK_TAG = "gallerist-lock"
CERTIFICATE_TAG = "gallerist-certificate"


class Terms(BaseModel):
    """What the policy in force says about the retirement of this image."""

    rule: str = ""
    when: RetireWhen = "never"
    soak_days: float = 14
    approval_days: float = 30
    strict: bool = False
    most_per_day: int = 1
    consumers: list[DeclaredConsumer] = Field(default=[])
    notice_days: float = 3
    proof_wanted: bool = False
    end_of_life_days: int | None = None
    notify: NoticeTargets = NoticeTargets()
    faults: list[str] = Field(default=[])

    @property
    def soak(self) -> timedelta:
        """How long the soak is."""
        return timedelta(days=self.soak_days)

    @property
    def notice(self) -> timedelta:
        """How long before the deletion the owner hears of it; never longer than the soak."""
        return timedelta(days=min(self.notice_days, self.soak_days))


def terms_of(policy: Policy, image: ManagedImage, now: datetime, *, proof_wanted: bool) -> Terms:
    """What a policy says about the image: its choices, and who is told."""
    decision = policy.decide(image, now)
    retire, notify = decision.choices.retire_source, decision.choices.notify
    tags = {name.lower(): text for name, text in image.tags.items()}
    wanted = retire.when if decision.action == "migrate" else "never"
    return Terms(
        rule=decision.rule,
        when=wanted or "never",
        soak_days=retire.soak_days if retire.soak_days is not None else 14,
        approval_days=retire.approval_days or 30,
        strict=retire.strict or False,
        most_per_day=retire.most_per_day or 1,
        consumers=retire.consumers or [],
        notice_days=notify.notice_days if notify.notice_days is not None else 3,
        proof_wanted=proof_wanted or decision.choices.verify.mode == BOOT,
        end_of_life_days=decision.choices.end_of_life_after_days,
        notify=NoticeTargets(
            topic=notify.topic, webhook=notify.webhook, owner=tags.get(OWNER_TAG) or notify.owner
        ),
        faults=list(decision.faults),
    )


class ImageReading(BaseModel):
    """The managed image; None if it does not exist. `read_at` is the time of Azure's own answer.

    `document` is the resource as ARM shows it, and suffices to make its description again.
    """

    read_at: datetime
    image: ManagedImage | None = None
    document: dict[str, Any] = Field(default={})
    unread: str | None = None

    @property
    def gone(self) -> bool:
        """Whether ARM says that there is no such image."""
        return self.image is None and self.unread is None


class VersionReading(BaseModel):
    """One target gallery's version; None if it does not exist. `in_bin` says that its number is soft-deleted."""

    version_id: ImageVersionId
    version: ImageVersion | None = None
    deletion_blocked: bool = False
    in_bin: bool = False
    unread: str | None = None


class FoundLock(BaseModel):
    """A management lock on the image, its group or its subscription."""

    id: str
    scope: str
    level: str
    notes: str = ""


class Texts(BaseModel):
    """A list of texts, or why it could not be read."""

    values: list[str] = Field(default=[])
    unread: str | None = None


class Locks(BaseModel):
    """The locks that apply to the image, or why they could not be read."""

    values: list[FoundLock] = Field(default=[])
    unread: str | None = None


class Reading(BaseModel):
    """Everything but the references.

    `building` is this image's running migration and, at the last reading before a DELETE, versions that Azure is still
    making from the image.
    `older` are images of the same family of names that are older, or whose age is unknown. `attempts` are the
    certificates of the last 24 hours, of every retirement. `guards` are the subscriptions in which the strict policy
    assignment stands.
    """

    image: ImageReading
    versions: list[VersionReading] = Field(default=[])
    locks: Locks = Locks()
    building: Texts = Texts()
    older: Texts = Texts()
    attempts: list[Attempt] = Field(default=[])
    frozen: str | None = None
    terms: Terms = Terms()
    decisions: list[Decision] = Field(default=[])
    guards: Texts = Texts()


class Look(BaseModel):
    """One look at everything: a scan for references, and the rest. It is as old as its beginning."""

    begun_at: datetime
    ended_at: datetime
    scan: Scan | None = None
    scan_unread: str | None = None
    reading: Reading

    @property
    def terms(self) -> Terms:
        """What the policy says."""
        return self.reading.terms

    def is_fresh(self, now: datetime) -> bool:
        """Whether the look may still be acted on."""
        return now - self.begun_at <= FRESH

    def version(self, version_id: ImageVersionId) -> VersionReading:
        """The reading of one version; one that was not read is unread."""
        found = (one for one in self.reading.versions if one.version_id == version_id)
        return next(found, VersionReading(version_id=version_id, unread="it was not read"))
