"""The lineage of a version: where it came from and what happened to it, each line with the place that says so.

Tags are trusted first, then evidence, then the task hub: the version carries its tags with it, evidence is written
once, and the task hub forgets.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.migration.status import MigrationRecord
from domain.records.evidence import Evidence, digest_of
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import (
    CREATED_TAG,
    FINGERPRINT_TAG,
    MIGRATION_TAG,
    RELEASE_TAG,
    RULE_TAG,
    SOURCE_TAG,
    STARTED_BY_TAG,
)

Place = Literal["tags", "evidence", "task hub", "gallery"]
_SOURCE_TAGS = {
    SOURCE_TAG: "source",
    FINGERPRINT_TAG: "fingerprint",
    STARTED_BY_TAG: "started_by",
    RULE_TAG: "rule",
    MIGRATION_TAG: "migration",
    CREATED_TAG: "created",
    RELEASE_TAG: "release",
}
_OTHER_TAGS = (
    "gallerist-proof",
    "gallerist-lock",
    "gallerist-certificate",
    "gallerist-retention",
    "gallerist:keep",
)


class LineageLine(BaseModel):
    """One fact: what happened, when and by whom, and where it is written.

    `record` is the name of the evidence and `digest` that of its text, by which a changed one is told.
    """

    what: str
    place: Place
    at: datetime | None = None
    by: str = ""
    details: dict[str, Any] = Field(default={})
    record: str | None = None
    digest: str | None = None


class Lineage(BaseModel):
    """Everything that is known of a version. `missing` says what could not be read: it may hold more."""

    version: ImageVersionId
    exists: bool | None
    source: str | None = None
    lines: list[LineageLine] = Field(default=[])
    missing: list[str] = Field(default=[])


class StoredText(BaseModel):
    """A record as it is stored."""

    name: str
    text: str


def lines_of_tags(tags: dict[str, str], place: Place = "tags") -> list[LineageLine]:
    """What a version says of itself."""
    origin = {fact: tags[name] for name, fact in _SOURCE_TAGS.items() if name in tags}
    lines = []
    if origin:
        made = LineageLine(what="made", place=place, by=origin.get("started_by", ""), details=origin)
        made.at = _time(origin.get("created"))
        lines.append(made)
    lines += [
        LineageLine(what=name, place=place, details={"value": tags[name]})
        for name in _OTHER_TAGS
        if name in tags
    ]
    return lines


def line_of_version(version: ImageVersion) -> LineageLine:
    """What the gallery shows of the version."""
    details = {
        "provisioning_state": version.provisioning_state,
        "regions": [region.name for region in version.target_regions],
        "replication": [region.model_dump(mode="json") for region in version.replication or []],
        "end_of_life": version.end_of_life.isoformat() if version.end_of_life else None,
    }
    return LineageLine(what="published", place="gallery", at=version.published_at, details=details)


def line_of_evidence(stored: StoredText) -> LineageLine:
    """One record.

    Raises:
        ValueError: the text is not a record of ours.
    """
    evidence = Evidence.model_validate_json(stored.text)
    return LineageLine(
        what=_name_of(evidence),
        place="evidence",
        at=evidence.at,
        by=evidence.by,
        details=evidence.details,
        record=stored.name,
        digest=digest_of(stored.text),
    )


def line_of_migration(record: MigrationRecord, version: ImageVersionId) -> LineageLine | None:
    """What the task hub still knows of the migration; None if it did not make this version."""
    target = next((one for one in record.status.targets if one.version_id == version), None)
    if target is None:
        return None
    details = {
        "source": str(record.status.image),
        "fingerprint": record.status.fingerprint,
        "rule": record.status.rule,
        "migration": record.id,
        "state": str(target.state),
        "outcome": target.outcome,
        "regions": [region.model_dump(mode="json") for region in target.regions],
    }
    return LineageLine(
        what="migration", place="task hub", at=record.updated, by=record.status.started_by, details=details
    )


def in_order(lines: Sequence[LineageLine]) -> list[LineageLine]:
    """The lines by time, those without a time first."""
    return sorted(
        lines, key=lambda line: (line.at is not None, line.at.timestamp() if line.at else 0, line.what)
    )


def source_in(lines: Sequence[LineageLine]) -> str | None:
    """The id of the managed image, from the first place that names it."""
    named = (line.details.get("source") for line in lines)
    return next((source for source in named if isinstance(source, str)), None)


def tags_in(lines: Sequence[LineageLine]) -> dict[str, str]:
    """The tags of a version that is gone, from the record that retention made before it let the version go."""
    for line in reversed(lines):
        version = line.details.get("version")
        tags = version.get("tags") if isinstance(version, dict) else None
        if isinstance(tags, dict):
            return {str(name): str(value) for name, value in tags.items()}
    return {}


def _name_of(evidence: Evidence) -> str:
    """The kind; of a step of retention also which step, and whether it is only intended."""
    parts = (evidence.kind, evidence.details.get("step"), evidence.details.get("state"))
    named = parts if evidence.kind == "retention" else parts[:1]
    return ": ".join(str(part) for part in named if part)


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
