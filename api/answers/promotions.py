"""The answers about promotions."""

from datetime import datetime
from typing import Self

from api.answers.base import Answer, Links, UnreadableInstance
from api.ids import AnyDefinitionId, AnyVersionId
from api.links import Addresses
from domain.promotion.flags import VersionFlags
from domain.promotion.followers import Follower
from domain.promotion.latest import RegionLatest
from domain.promotion.plan import PlannedRing, PromotionPlan
from domain.promotion.states import PromotionState
from domain.promotion.status import Action, PromotionRecord, Superseded, may_roll_back
from domain.results import CurrentWait, Failure


class PlannedPromotion(Answer):
    """What a promotion or an election would do."""

    version: AnyVersionId
    rings: list[PlannedRing]
    """The regions of each ring, and the scale sets in them that would upgrade by themselves."""
    instances: int
    """How many instances would upgrade."""
    latest: list[RegionLatest]
    """What `latest` resolves to now, and why no higher version is it."""
    no_fallback: list[str]
    """The regions in which no other version could be `latest`."""
    before: list[VersionFlags]
    """The flags of the versions that would be written."""
    warnings: list[str]
    obstacle: Failure | None
    """Why it may not begin."""

    @classmethod
    def of(cls, plan: PromotionPlan) -> Self:
        """The plan."""
        return cls(
            version=plan.version_id,
            rings=plan.rings,
            instances=sum(one.upgrading for ring in plan.rings for one in ring.followers),
            latest=plan.latest,
            no_fallback=plan.no_fallback,
            before=plan.before,
            warnings=plan.warnings,
            obstacle=plan.obstacle,
        )


class Promotion(Answer):
    """A promotion, an election, or the rollback of one."""

    id: str
    """The promotion's id: one per image definition."""
    version: AnyVersionId
    definition: AnyDefinitionId
    action: Action
    state: PromotionState
    """`promoted`, `aborted`, `rolled-back`, `superseded` and `failed` are ends."""
    started_by: str
    ordered_by: str | None
    """Who paused, resumed, aborted, superseded or rolled it back at last."""
    rings: list[list[str]]
    ring: int
    """The ring that is promoted or bakes, from 1 on; 0 before the first."""
    bake_hours: float
    bake_until: datetime | None
    """When the present ring has baked at the earliest."""
    promoted: dict[str, datetime]
    """The regions in which this promotion made the version `latest`, and since when."""
    pending: list[str]
    """The regions that it has not changed."""
    latest: dict[str, str | None]
    """What `latest` resolved to at the last look."""
    followers: list[Follower]
    """The scale sets that follow `latest` in the promoted regions, as of the last look."""
    before: list[VersionFlags]
    """The flags before the first write, which a rollback restores."""
    can_roll_back: bool
    still_running: int | None
    """After a rollback: how many machines and instances still run the version."""
    superseded: Superseded | None
    """The promotion that this one replaced."""
    warnings: list[str]
    reason: str | None
    """Why it ended or is paused."""
    fix: str | None
    """What to do about it."""
    failure: Failure | None
    waiting_for: CurrentWait | None
    created: datetime
    updated: datetime
    links: Links

    @classmethod
    def of(cls, record: PromotionRecord, addresses: Addresses) -> Self:
        """The promotion as the task hub knows it."""
        status = record.status
        return cls(
            id=record.id,
            version=status.version_id,
            definition=status.version_id.definition,
            action=status.action,
            state=status.state,
            started_by=status.started_by,
            ordered_by=status.ordered_by or None,
            rings=status.rings,
            ring=status.ring,
            bake_hours=status.bake_hours,
            bake_until=status.bake_until,
            promoted=status.promoted,
            pending=status.pending,
            latest=status.latest,
            followers=status.followers,
            before=status.before,
            can_roll_back=may_roll_back(status),
            still_running=status.still_running,
            superseded=status.superseded,
            warnings=status.warnings,
            reason=status.reason,
            fix=status.fix,
            failure=status.failure,
            waiting_for=status.waiting_for,
            created=record.created,
            updated=record.updated,
            links=Links(self=addresses.promotion(record.id)),
        )


class Promotions(Answer):
    """All promotions, in the order of their ids."""

    promotions: list[Promotion]
    unreadable: list[UnreadableInstance]
    """What the task hub holds under ids of promotions, and this release cannot read."""
