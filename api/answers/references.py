"""The answers about references, and about re-pointing them."""

from datetime import datetime
from typing import Self

from api.answers.base import Answer, Links
from api.ids import AnyVersionId
from api.links import Addresses
from domain.fleet.gaps import Unread
from domain.references import scan
from domain.references.expected import GoneSubscription as Gone
from domain.references.repoint import (
    Outcome,
    Repoint,
    RepointedConsumer,
    RepointPlan,
)
from domain.references.repoint_texts import instead
from domain.references.scan import Finder, Form, Relation, Remedy


class PlannedRepoint(Answer):
    """Whether a consumer can be re-pointed, and the whole sequence for its upgrade mode."""

    consumer: str
    kind: str
    possible: bool
    reasons: list[str]
    """Why it cannot be re-pointed."""
    old: str
    """What it names now."""
    new: str
    """The exact id that it is to name."""
    upgrade_mode: str | None
    steps: list[str]
    """In order. The first is taken by Gallerist; the others are its owner's."""

    @classmethod
    def of(cls, plan: RepointPlan) -> Self:
        """A plan as it was made."""
        return cls(**plan.model_dump())


class Reference(Answer):
    """A part of a resource that names the image, or somebody who declared to need it."""

    id: str
    """The resource id, or the declared name."""
    kind: str
    part: str
    """Where it names the image: its model, an instance, or the path of a part that Gallerist does not know."""
    names: str
    """The id as it is written there."""
    form: Form
    relation: Relation
    """`uses`, `makes` (it brings the image back), `made-from`, `mentions` or `unknown`."""
    blocks: bool
    """Whether the image is kept because of it."""
    why: str
    remedy: Remedy
    todo: str
    """What has to be done so that it no longer needs the image."""
    found_by: Finder
    digest: str
    """Tells this consumer from the same one after a change; an acknowledgement names it."""
    repoint: PlannedRepoint | None
    """How it can be re-pointed to a version of the image; null if there is none, or it is no scale set."""

    @classmethod
    def of(cls, consumer: scan.Consumer, plan: RepointPlan | None) -> Self:
        """A consumer, with how it can be re-pointed."""
        new = plan.new if plan else "the version"
        todo = "Nothing." if consumer.remedy == "nothing" else instead(consumer.kind, new)
        if plan is not None:
            todo = " ".join(plan.steps) or f"It cannot be re-pointed: {'; '.join(plan.reasons)}."
        return cls(
            id=consumer.id,
            kind=consumer.kind,
            part=consumer.part,
            names=consumer.names,
            form=consumer.form,
            relation=consumer.relation,
            blocks=consumer.blocks,
            why=consumer.why,
            remedy=consumer.remedy,
            todo=todo,
            found_by=consumer.found_by,
            digest=consumer.digest,
            repoint=PlannedRepoint.of(plan) if plan else None,
        )


class UnreadKind(Answer):
    """What could not be read. It may use the image, so the image is kept."""

    subscription: str
    kind: str
    reason: str

    @classmethod
    def of(cls, unread: scan.Unread) -> Self:
        """What a scan could not read."""
        return cls(subscription=unread.subscription, kind=unread.kind, reason=unread.reason)


class References(Answer):
    """Who uses an image or a version. It shows; only the scan right before a deletion can allow one."""

    id: str
    complete: bool
    """Whether everything was read that has to be read before a deletion."""
    blocking: int
    """How many of the references block."""
    references: list[Reference]
    """Those that block come first."""
    more: int
    """How many more do not block, and are not listed."""
    subscriptions: list[str]
    """The subscriptions that were read completely."""
    unreadable: list[UnreadKind]
    """What cannot be read."""
    unread: Unread | None
    """What was not read yet; null if nothing is left."""
    begun_at: datetime
    ended_at: datetime

    @classmethod
    def of(
        cls,
        subject: str,
        found: scan.Scan,
        unread: Unread | None,
        plans: dict[tuple[str, str], RepointPlan],
    ) -> Self:
        """A scan as far as it is."""
        return cls(
            id=subject,
            complete=found.complete and unread is None,
            blocking=len(found.blocking),
            references=[Reference.of(one, plans.get((one.id.lower(), one.part))) for one in found.consumers],
            more=found.more,
            subscriptions=found.subscriptions,
            unreadable=[UnreadKind.of(one) for one in found.unread],
            unread=unread,
            begun_at=found.begun_at,
            ended_at=found.ended_at,
        )


class Repointed(Answer):
    """How far one consumer is."""

    id: str
    outcome: Outcome
    """`waiting`, `repointing`, `repointed` (it was read back), `refused` or `failed`."""
    reason: str
    steps: list[str]
    """What its owner has to do next."""

    @classmethod
    def of(cls, consumer: RepointedConsumer) -> Self:
        """A consumer with its outcome."""
        return cls(**consumer.model_dump())


class Repointing(Answer):
    """A request to re-point consumers, and how far it is. Poll `links.self`."""

    id: str
    version: AnyVersionId
    ended: bool
    started_by: str
    consumers: list[Repointed]
    links: Links

    @classmethod
    def of(cls, request: Repoint, instance_id: str, addresses: Addresses) -> Self:
        """A request that was started."""
        return cls(
            id=instance_id,
            version=request.version_id,
            ended=request.ended,
            started_by=request.started_by,
            consumers=[Repointed.of(one) for one in request.consumers],
            links=Links(self=addresses.of(instance_id)),
        )


class RepointPlans(Answer):
    """What re-pointing these consumers would do."""

    version: AnyVersionId
    plans: list[PlannedRepoint]

    @classmethod
    def of(cls, version: AnyVersionId, plans: list[RepointPlan]) -> Self:
        """The plans, in the order of the request."""
        return cls(version=version, plans=[PlannedRepoint.of(plan) for plan in plans])


class GoneSubscription(Answer):
    """A subscription that is not expected any more, on a person's word."""

    subscription: str
    by: str
    reason: str
    at: datetime

    @classmethod
    def of(cls, gone: Gone) -> Self:
        """As it was recorded."""
        return cls(**gone.model_dump())
