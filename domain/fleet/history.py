"""The history of an image definition: its versions, and the promotions that decided what `latest` was, and when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.fleet.lineage import LineageLine
from domain.promotion.flags import VersionFlags
from domain.promotion.latest import highest_first
from domain.promotion.status import PromotionRecord
from domain.resources.galleries import ImageVersion
from domain.resources.provenance import MIGRATION_TAG, RULE_TAG, SOURCE_TAG, STARTED_BY_TAG
from domain.resources.versions import Version
from domain.retention.ladder import SoftDeletedVersion

PROMOTION_KINDS = ("promotion", "election", "rollback")


class _Part(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class VersionLine(_Part):
    """One version of the definition, the highest number first."""

    version: str
    """Its number."""
    state: str
    """Azure's provisioning state, or `SoftDeleted` for what is in the gallery's bin."""
    published_at: datetime | None
    """When it was first written; of a soft-deleted version, null."""
    deleted_at: datetime | None
    source: str | None
    """The managed image or other resource that it was made from."""
    by: str | None
    """Who started its migration; null if Gallerist did not make it."""
    rule: str | None
    """The policy rule that it was made by."""
    migration: str | None
    """The id of its migration."""
    regions: list[str]
    excluded_in: list[str]
    """The regions in which `latest` ignores it."""
    end_of_life: datetime | None


class PromotionLine(_Part):
    """One promotion, election or rollback, the newest first."""

    at: datetime
    """When it ended; of one that runs, when it last changed."""
    what: str
    """`promotion`, `election` or `rollback`."""
    version: str
    """The version that was to be `latest`."""
    state: str
    by: str
    """Who started it, or gave the last order."""
    promoted: dict[str, datetime]
    """Since when each region had the version as its latest by this promotion."""
    latest: dict[str, str | None]
    """What `latest` resolved to afterwards, by region."""
    reason: str | None
    running: bool


def version_lines(
    versions: Iterable[ImageVersion], deleted: Iterable[SoftDeletedVersion]
) -> list[VersionLine]:
    """Returns the versions and what is in the bin, by their numbers."""
    lines = [_line(one) for one in versions]
    lines += [_deleted(one) for one in deleted]
    return sorted(lines, key=lambda line: Version.of_name(line.version) or Version(-1, 0, 0), reverse=True)


def _line(version: ImageVersion) -> VersionLine:
    flags, tags = VersionFlags.of(version), version.tags
    return VersionLine(
        version=version.id.name,
        state=version.provisioning_state,
        published_at=version.published_at,
        deleted_at=None,
        source=tags.get(SOURCE_TAG) or version.source,
        by=tags.get(STARTED_BY_TAG),
        rule=tags.get(RULE_TAG),
        migration=tags.get(MIGRATION_TAG),
        regions=[region.name for region in version.target_regions],
        excluded_in=[name for name in flags.regions if flags.excluded_in(name)],
        end_of_life=version.end_of_life,
    )


def _deleted(row: SoftDeletedVersion) -> VersionLine:
    return VersionLine(
        version=row.id.name,
        state="SoftDeleted",
        published_at=None,
        deleted_at=row.deleted_at,
        source=None,
        by=None,
        rule=None,
        migration=None,
        regions=[],
        excluded_in=[],
        end_of_life=None,
    )


def promotion_line(line: LineageLine) -> PromotionLine | None:
    """Reads a record of how a promotion ended; None for other records, and for those of another release."""
    if line.what not in PROMOTION_KINDS or line.at is None or "state" not in line.details:
        return None
    fields: dict[str, Any] = {
        "promoted": line.details.get("promoted") or {},
        "latest": line.details.get("latest") or {},
        "reason": line.details.get("reason"),
        "state": line.details["state"],
        "version": str(line.details.get("version_id")).rpartition("/")[2],
    }
    try:
        return PromotionLine.model_validate(
            {"at": line.at, "what": line.what, "by": line.by, "running": False, **fields}
        )
    except ValueError:
        return None


def running_line(record: PromotionRecord) -> PromotionLine:
    """The promotion that the task hub has, which has left no record yet."""
    status = record.status
    return PromotionLine(
        at=record.updated,
        what={"elect": "election", "rollback": "rollback"}.get(status.action, "promotion"),
        version=status.version_id.name,
        state=str(status.state),
        by=status.ordered_by or status.started_by,
        promoted=dict(status.promoted),
        latest=dict(status.latest),
        reason=status.reason,
        running=record.running,
    )


def newest_first(lines: Sequence[PromotionLine]) -> list[PromotionLine]:
    """Returns each promotion once, the newest first: a record is written for every version that one touched."""
    once = {(line.what, line.version, line.state, line.at): line for line in lines}
    return sorted(once.values(), key=lambda line: line.at, reverse=True)


def page_of(versions: Sequence[ImageVersion], most: int) -> list[ImageVersion]:
    """Returns the highest versions: those whose records are read."""
    return highest_first(versions)[:most]
