"""Coverage: every managed image is migrated, running, blocked, ignored, untouched or unknown, and why.

The numbers add up. What was not read is unknown, never untouched.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel

from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationRecord
from domain.policy.naming import name_targets
from domain.policy.rules import Decision
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageId
from domain.resources.images import ManagedImage
from domain.resources.provenance import version_ids_made_from, version_made_from

Category = Literal["migrated", "running", "blocked", "ignored", "untouched", "unknown"]
CATEGORIES: tuple[Category, ...] = ("migrated", "running", "blocked", "ignored", "untouched", "unknown")

VersionsByDefinition = dict[ImageDefinitionId, list[ImageVersion]]


class Unknown(NamedTuple):
    """Why it is not known whether an image is migrated. If a part is `unread`, a later look may tell."""

    why: str
    unread: bool


class ImageCoverage(BaseModel):
    """One image: its category, and the reason where there is one. If it is `unread`, a later look may tell more."""

    image: ImageId
    category: Category
    rule: str
    why: str | None = None
    created_at: datetime | None = None
    definitions: list[ImageDefinitionId] = []
    unread: bool = False

    def classified(self, category: Category, why: str | None = None) -> Self:
        """The same image in a category."""
        copy = self.model_copy()
        copy.category, copy.why = category, why
        return copy

    def given_up(self) -> Self:
        """The same image, if a later look is not waited for."""
        copy = self.model_copy()
        copy.unread = False
        return copy


class CoverageSummary(BaseModel):
    """How many images there are, and how many in each category."""

    images: int
    counts: dict[Category, int]
    blocked_why: dict[str, int]
    ignored_by: dict[str, int]


def target_definitions(image: ManagedImage, decision: Decision) -> list[ImageDefinitionId]:
    """The definitions that the policy gives the image, one per gallery; none where it gives no name."""
    naming = name_targets(image, decision.choices) if decision.action == "migrate" else None
    return [gallery.definition(naming.definition) for gallery in naming.galleries] if naming else []


def versions_of(
    image: ManagedImage, definitions: list[ImageDefinitionId], versions: VersionsByDefinition
) -> list[ImageVersion]:
    """The versions with the image's content, if every target definition has one; otherwise none."""
    lists = [versions.get(definition, []) for definition in definitions]
    copied_from = version_ids_made_from(image, lists)
    found = [version_made_from(image, one, copied_from) for one in lists]
    held = [version for version in found if version is not None]
    return held if len(held) == len(definitions) else []


def has_completed(record: MigrationRecord | None, image: ManagedImage) -> bool:
    """Whether the task hub knows that this very content completed."""
    return (
        record is not None
        and record.status.state is MigrationState.COMPLETED
        and record.status.fingerprint == image.fingerprint
    )


def classify(
    image: ManagedImage,
    decision: Decision,
    definitions: list[ImageDefinitionId],
    record: MigrationRecord | None,
    *,
    in_every_region: bool | Unknown,
) -> ImageCoverage:
    """Puts the image into its category.

    `definitions` are those of `target_definitions`. `in_every_region` says that every target gallery has a version of
    this content in all of its regions: Azure's own state, which outlives the task hub. A migration of an earlier
    image of the same name says nothing about this one, and what was not read says nothing either.
    """
    coverage = ImageCoverage(
        image=image.id,
        category="untouched",
        rule=decision.rule,
        created_at=image.created_at,
        definitions=definitions,
    )
    if record is not None and record.running:
        return coverage.classified("running", record.status.state.value)
    if decision.ignores:
        return coverage.classified("ignored", f"rule: {decision.rule}")
    if isinstance(in_every_region, Unknown):
        coverage.unread = in_every_region.unread
        return coverage.classified("unknown", in_every_region.why)
    if in_every_region:
        return coverage.classified("migrated")
    if record is not None and record.status.fingerprint == image.fingerprint and _stopped(record):
        reason = record.status.reason or "no reason recorded"
        return coverage.classified("blocked", f"{record.status.state.value}: {reason}")
    return coverage


def _stopped(record: MigrationRecord) -> bool:
    """The migration ended without its version being everywhere."""
    state = record.status.state
    return state in ENDS and state not in (MigrationState.COMPLETED, MigrationState.SKIPPED)


def summarize(images: Sequence[ImageCoverage]) -> CoverageSummary:
    """Counts the images by category, by the reason they are blocked, and by the rule that ignores them."""
    counts = Counter(one.category for one in images)
    return CoverageSummary(
        images=len(images),
        counts={category: counts[category] for category in CATEGORIES},
        blocked_why=dict(Counter(one.why or "" for one in images if one.category == "blocked")),
        ignored_by=dict(Counter(one.rule for one in images if one.category == "ignored")),
    )
