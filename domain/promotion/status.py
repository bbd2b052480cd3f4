"""The status of a promotion: its custom status while it runs, its output at the end."""

from datetime import datetime
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, Field

from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Follower
from domain.promotion.states import ENDS, HasPromotionState, PromotionState
from domain.resources.ids import ImageVersionId
from domain.resources.regions import Region
from domain.results import CurrentWait, Failure

Action = Literal["promote", "elect", "rollback"]
MOST_WARNINGS = 50


class Superseded(BaseModel):
    """A promotion of the same definition that this one replaced, and how far it was."""

    version_id: ImageVersionId
    started_by: str
    promoted: list[Region]


class PromotionStatus(HasPromotionState):
    """How far a promotion is.

    `ring` counts from 1; 0 before the first. `promoted` says since when each region has the version as its latest by
    this promotion. `before` are the flags of every version it touched, as they were before its first write; `written`
    is what it wrote since. `latest` is what was last read back. `taken_back` are regions that somebody else changed
    after they were promoted, and that a person left so.
    """

    version_id: ImageVersionId
    action: Action = "promote"
    started_by: str
    rings: list[list[Region]] = Field(default=[])
    bake_hours: float = 0
    ring: int = 0
    promoted: dict[Region, datetime] = Field(default={})
    bake_until: datetime | None = None
    latest: dict[Region, str | None] = Field(default={})
    followers: list[Follower] = Field(default=[])
    before: list[VersionFlags] = Field(default=[])
    written: list[FlagChange] = Field(default=[])
    warnings: list[str] = Field(default=[])
    ordered_by: str = ""
    still_running: int | None = None
    superseded: Superseded | None = None
    taken_back: list[Region] = Field(default=[])
    reason: str | None = None
    fix: str | None = None
    failure: Failure | None = None
    waiting_for: CurrentWait | None = None
    looks: int = Field(default=0, ge=0)

    @classmethod
    def of(cls, version_id: ImageVersionId, action: Action, started_by: str) -> Self:
        """The status at the beginning."""
        return cls(version_id=version_id, action=action, started_by=started_by)

    @classmethod
    def rolling_back(cls, former: "PromotionStatus", started_by: str) -> Self:
        """The status of a rollback of a promotion that ended, at its beginning."""
        return cls(
            version_id=former.version_id,
            action="rollback",
            started_by=started_by,
            rings=former.rings,
            ring=former.ring,
            promoted=former.promoted,
            before=former.before,
            written=former.written,
        )

    @property
    def is_rollback(self) -> bool:
        """Whether it only restores what a former promotion changed."""
        return self.action == "rollback"

    @property
    def is_rolling_back(self) -> bool:
        """Whether what was before is being restored."""
        return self.is_rollback or self.state is PromotionState.ROLLING_BACK

    @property
    def current_ring(self) -> list[Region]:
        """The regions of the ring that is promoted or bakes."""
        return self.rings[self.ring - 1] if 0 < self.ring <= len(self.rings) else []

    @property
    def is_last_ring(self) -> bool:
        """Whether no ring follows."""
        return self.ring >= len(self.rings)

    @property
    def pending(self) -> list[Region]:
        """The regions of the rings that do not have the version as their latest by this promotion."""
        done = {*self.promoted, *self.taken_back}
        return [region for ring in self.rings for region in ring if region not in done]

    @property
    def touched(self) -> list[ImageVersionId]:
        """The versions whose flags were written, and the promoted one."""
        return list(dict.fromkeys([self.version_id, *(one.version for one in self.before)]))

    def warn(self, *texts: str) -> None:
        """Keeps statements, each once; of many, the first ones."""
        self.warnings = list(dict.fromkeys([*self.warnings, *texts]))[:MOST_WARNINGS]

    def where(self) -> str:
        """In which regions the version is latest by this promotion, and in which it is not, in words."""
        if not self.promoted:
            return f"no region was changed to {self.version_id.name}"
        has = f"{self.version_id.name} was made latest in {', '.join(self.promoted)}"
        return f"{has}, and not in {', '.join(self.pending)}" if self.pending else has

    def ended(self, end: "PromotionEnd") -> Self:
        """The status at the end."""
        copy = self.moved(end.state)
        copy.reason, copy.fix, copy.failure, copy.waiting_for = end.reason, end.fix, end.failure, None
        return copy


class PromotionEnd(NamedTuple):
    """How a promotion ends: its state, and unless it succeeded, why and what to do."""

    state: PromotionState
    reason: str | None = None
    fix: str | None = None
    failure: Failure | None = None


class PromotionRecord(NamedTuple):
    """A promotion as the task hub knows it; `running` also if it was interrupted and continues by itself."""

    id: str
    status: PromotionStatus
    running: bool
    created: datetime
    updated: datetime


def may_roll_back(status: PromotionStatus) -> bool:
    """Whether there is something to restore: a promotion or an election that wrote flags and was not rolled back."""
    return bool(status.written) and status.state is not PromotionState.ROLLED_BACK


def has_ended(status: PromotionStatus) -> bool:
    """Whether no move leaves the promotion's state."""
    return status.state in ENDS
