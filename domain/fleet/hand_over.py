"""What follows a migration by itself: promotions of its versions, and the retirement of its image. Pure."""

from typing import NamedTuple

from pydantic import BaseModel, Field

from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.policy.sections import Choices
from domain.promotion.hand_over import EndedMigration, why_not_by_itself
from domain.promotion.status import PromotionRecord
from domain.records.evidence import EvidenceKind
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.images import ManagedImage
from domain.resources.versions import Version

# whoever promoted, elected or rolled the version back has decided about it
DECIDED: tuple[EvidenceKind, ...] = ("promotion", "election", "rollback")


class HandOver(BaseModel):
    """The input of `hand_over`: a migration that is about to end, its image, and its status at the end."""

    migration: str
    image: ManagedImage
    status: MigrationStatus


class HandedOver(BaseModel):
    """What was started: the instance ids, and why something that the policy asks for was not."""

    started: list[str] = Field(default=[])
    warnings: list[str] = Field(default=[])


class Known(NamedTuple):
    """What is known of a version: how it is in the gallery, its evidence by name, and its definition's promotion."""

    version: ImageVersion
    records: list[str]
    promotion: PromotionRecord | None


def why_not_promoted(choices: Choices, target: TargetStatus, known: Known, started_by: str) -> str | None:
    """Why the version is not promoted by itself; None if it is."""
    version, running = known.version, known.promotion
    if any(f"-{kind}-" in name for kind in DECIDED for name in known.records):
        return "it was promoted, elected or rolled back before; promote it with POST /api/promotions"
    if running is not None and _decided(running, version.id):
        return f"the promotion {running.id} has decided about it; promote it with POST /api/promotions"
    if running is not None and running.running and _number(running.status.version_id) > _number(version.id):
        return f"version {running.status.version_id.name} is newer, and is being promoted"
    verdicts = {proof.verdict for proof in target.proofs}
    ended = EndedMigration(
        everywhere=target.state in (MigrationState.COMPLETED, MigrationState.UNVERIFIED),
        proved=verdicts == {"proved"} if verdicts else None,
        excluded=version.exclude_from_latest,
        started_by=started_by,
    )
    return why_not_by_itself(choices, ended)


def _decided(record: PromotionRecord, version: ImageVersionId) -> bool:
    return record.status.version_id == version and not record.running


def _number(version: ImageVersionId) -> Version:
    return Version.of_name(version.name) or Version(-1, 0, 0)
