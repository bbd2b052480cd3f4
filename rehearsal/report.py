"""What a rehearsal found out: one document, that is printed as JSON or drawn as text."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from rehearsal.prices import Money, Storage

KIND: Literal["gallerist-rehearsal"] = "gallerist-rehearsal"


class RehearsedImage(BaseModel):
    """The migration of one managed image."""

    image: str
    state: str
    rule: str | None
    reason: str | None
    fix: str | None
    versions: list[str]
    regions: list[str]
    warnings: list[str]
    began_at_minute: float
    """Minutes since the start of the rehearsal."""
    ended_at_minute: float


class LeftAlone(BaseModel):
    """An image that no migration was started for."""

    image: str
    category: str
    rule: str
    why: str | None


class ArmCalls(BaseModel):
    """Requests to Azure Resource Manager until the last migration ended, looks of the rehearsal not counted."""

    total: int
    throttled: int
    """How many of them were answered with 429."""
    failed: int
    """How many were answered with a server error, or not at all."""
    by_kind: dict[str, int]
    throttled_by_kind: dict[str, int]


class RehearsedPromotion(BaseModel):
    """A version that becomes `latest`."""

    version: str
    state: str
    promoted: dict[str, datetime]
    pending: list[str]
    reason: str | None


class RehearsedRetirement(BaseModel):
    """A managed image that is on its way to its deletion."""

    image: str
    state: str
    soak_ends: datetime | None
    approval_wanted_at: datetime | None
    """When its obligations were met but for the approval, to the step of the rehearsal's looks."""
    unmet: list[str]
    """Why it is not deleted yet."""
    ended: datetime | None


class Deletion(BaseModel):
    """Something that was deleted in the rehearsal."""

    id: str
    kind: Literal["managed image", "image version"]
    at: datetime


class Gone(BaseModel):
    """A record of the snapshot that was not rehearsed."""

    id: str
    why: str


class Rehearsal(BaseModel):
    """A rehearsal of one policy over one snapshot. Times are those of the rehearsal, which begins with the snapshot."""

    kind: Literal["gallerist-rehearsal"] = KIND
    policy: str
    snapshot_taken: datetime
    seed: int
    pace: str
    faults: bool
    images: int
    counts: dict[str, int]
    """How many migrations ended in each state."""
    left_alone: dict[str, int]
    """How many images needed no migration, per category."""
    migrations: list[RehearsedImage]
    ignored: list[LeftAlone]
    hours: float
    """Until the last migration ended."""
    arm_calls: ArmCalls
    storage: Storage
    money: Money | None
    days: float
    """How much time was rehearsed in all."""
    promotions: list[RehearsedPromotion]
    retirements: list[RehearsedRetirement]
    deletions: list[Deletion]
    approvals: int
    """How many approvals the rehearsal gave, because it was asked to."""
    assumptions: list[str]
    not_rehearsed: list[Gone]
    processor_seconds: float = Field(default=0.0)
    wall_seconds: float = Field(default=0.0)

    def states(self) -> dict[str, str]:
        """The end state of each migration, by the image's id in lower case."""
        return {one.image.lower(): one.state for one in self.migrations}

    def versions(self) -> dict[str, list[str]]:
        """The versions that were made or found, by the image's id in lower case."""
        return {one.image.lower(): sorted(one.versions) for one in self.migrations}
