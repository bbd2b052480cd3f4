"""The evidence of promotions: what was before the first write, and how each one ended."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.states import PromotionState
from domain.promotion.status import Action, PromotionStatus
from domain.records.evidence import Evidence, EvidenceKind
from domain.resources.ids import ImageVersionId
from domain.resources.regions import Region

_KINDS: dict[Action, EvidenceKind] = {"promote": "promotion", "elect": "election", "rollback": "rollback"}


class Before(BaseModel):
    """The flags of every version that a promotion or election was about to write, as they were."""

    version_id: ImageVersionId
    action: Action = "promote"
    started_by: str = ""
    rings: list[list[Region]] = Field(default=[])
    before: list[VersionFlags] = Field(default=[])

    @classmethod
    def of(cls, status: PromotionStatus) -> Self:
        """The record of a promotion that is about to begin."""
        return cls(
            version_id=status.version_id,
            action=status.action,
            started_by=status.started_by,
            rings=status.rings,
            before=status.before,
        )

    @classmethod
    def empty(cls, version: ImageVersionId) -> Self:
        """A record of nothing."""
        return cls(version_id=version)

    def as_status(self) -> PromotionStatus:
        """The status of the promotion that began with this record, as far as a rollback needs it.

        What it wrote is not recorded; that it wrote something is assumed.
        """
        return PromotionStatus(
            version_id=self.version_id,
            action=self.action,
            started_by=self.started_by,
            rings=self.rings,
            before=self.before,
            written=[FlagChange(version=self.version_id)],
        )


def before_evidence(before: Before, start_id: str, at: datetime) -> Evidence:
    """The record of what was before. Its subject is the definition: by its folder a rollback finds it."""
    return Evidence(
        subject=str(before.version_id.definition),
        kind="promotion",
        at=at,
        by=before.started_by,
        key=f"before {start_id}",
        details=before.model_dump(mode="json"),
    )


def end_evidence(status: PromotionStatus, version: ImageVersionId, start_id: str, at: datetime) -> Evidence:
    """The record of how a promotion, election or rollback ended. Its subject is a version that it touched."""
    shown = status.model_dump(mode="json", exclude={"followers", "waiting_for", "looks"})
    return Evidence(
        subject=str(version),
        kind="rollback" if status.state is PromotionState.ROLLED_BACK else _KINDS[status.action],
        at=at,
        by=status.ordered_by or status.started_by,
        key=f"{status.state} {start_id}",
        details=shown,
    )
