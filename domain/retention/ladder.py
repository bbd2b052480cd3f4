"""The ladder: in use → excluded from `latest` → soft-deleted → grace → gone; without soft delete the grace is ours."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from domain.policy.second_half import Retention
from domain.resources.galleries import ImageVersion, PublishedRegion
from domain.resources.ids import ImageVersionId

# when retention excluded the version: this date, not the exclusion itself, is the rung, for migrations exclude too
EXCLUDED_TAG = "gallerist-retention"
# keeps a version, or a definition with all of its versions, whatever its value is
KEEP_TAG = "gallerist:keep"
# what is excluded by one run is deleted by a later one: somebody has to see it in between
SHORTEST_GRACE = timedelta(days=1)

Step = Literal["exclude", "soft-delete", "delete", "lower-replicas"]
DELETIONS: tuple[Step, ...] = ("soft-delete", "delete")


class Rung(StrEnum):
    """How far down a version is."""

    IN_USE = "in-use"
    EXCLUDED = "excluded"
    SOFT_DELETED = "soft-deleted"
    GRACE = "grace"


class Rules(BaseModel):
    """The policy's section `retention`; nothing is removed unless `keep_last` and `keep_days` are both given."""

    rule: str = ""
    keep_last: int | None = None
    keep_days: float | None = None
    grace_days: float = 30
    dry_run: bool = True
    most_per_run: int = 10
    old_replicas: int | None = None

    @classmethod
    def of(cls, rule: str, section: Retention | None) -> "Rules":
        """What a rule of the policy decides, over the built-in values."""
        chosen = section.model_dump(exclude_none=True) if section else {}
        return cls(rule=rule, **chosen)

    @property
    def active(self) -> bool:
        """Whether retention does anything."""
        return self.keep_last is not None and self.keep_days is not None

    @property
    def grace(self) -> timedelta:
        """How long a version is excluded before it is deleted, in a gallery without soft delete."""
        return max(timedelta(days=self.grace_days), SHORTEST_GRACE)


class SoftDeletedVersion(BaseModel):
    """A version in the gallery's bin. Only a newer version of the gallery API has the dates, so they may be unknown."""

    id: ImageVersionId
    location: str
    deleted_at: datetime | None = None
    unusable_at: datetime | None = None
    gone_at: datetime | None = None

    def rung(self, now: datetime) -> Rung:
        """Whether machines can still be created from it, or it can only be restored."""
        over = self.unusable_at is not None and self.unusable_at <= now
        return Rung.GRACE if over else Rung.SOFT_DELETED


class Flags(BaseModel):
    """The exclusion from `latest`: the version's flag, and the regions' own, which win where they are set."""

    version: bool
    regions: dict[str, bool] = Field(default={})

    @classmethod
    def of(cls, version: ImageVersion) -> "Flags":
        """The flags as they are."""
        own = {
            region.name: region.exclude_from_latest
            for region in version.target_regions
            if region.exclude_from_latest is not None
        }
        return cls(version=version.exclude_from_latest, regions=own)


class Next(NamedTuple):
    """The step that a version would take now, or what it waits for."""

    step: Step | None
    waits: str = ""


def is_excluded_in(version: ImageVersion, region: PublishedRegion) -> bool:
    """Whether `latest` ignores the version in a region: the region's own flag wins, if it has one (documented)."""
    own = region.exclude_from_latest
    return version.exclude_from_latest if own is None else own


def is_excluded_everywhere(version: ImageVersion) -> bool:
    """Whether `latest` ignores the version in all of its regions, also for tools that read the version's flag only."""
    return version.exclude_from_latest and all(
        is_excluded_in(version, region) for region in version.target_regions
    )


def excluded_at(version: ImageVersion) -> datetime | None:
    """When retention excluded the version; None if it did not, or its tag cannot be read."""
    text = tag(version.tags, EXCLUDED_TAG)
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def rung_of(version: ImageVersion) -> Rung:
    """How far down a version is that is not in the bin."""
    excluded = excluded_at(version) is not None and is_excluded_everywhere(version)
    return Rung.EXCLUDED if excluded else Rung.IN_USE


def next_step(version: ImageVersion, rules: Rules, *, soft_delete: bool, now: datetime) -> Next:
    """The next rung for a version that nothing keeps."""
    if rules.old_replicas is not None:
        most = max((region.replicas for region in version.target_regions), default=0)
        if most > rules.old_replicas:
            return Next("lower-replicas")
        return Next(None, "its replicas are as few as the policy wants for old versions, and it is kept")
    since = excluded_at(version)
    if since is None or not is_excluded_everywhere(version):
        return Next("exclude")
    due = since + (SHORTEST_GRACE if soft_delete else rules.grace)
    if now < due:
        return Next(None, f"it is excluded from latest, and is deleted after {due:%Y-%m-%d %H:%M} UTC")
    return Next("soft-delete" if soft_delete else "delete")


def tag(tags: dict[str, str], name: str) -> str | None:
    """The value of a tag; the names of tags ignore case (documented)."""
    return next((value for key, value in tags.items() if key.lower() == name), None)
