"""Where every managed image stands: migrated, running, blocked, ignored or untouched, and why. The numbers add up."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationStatus
from domain.policy.naming import name_targets
from domain.policy.rules import Decision
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageDefinitionId, ImageId
from domain.resources.images import ManagedImage
from domain.resources.provenance import version_made_from

Category = Literal["migrated", "running", "blocked", "ignored", "untouched"]
CATEGORIES: tuple[Category, ...] = ("migrated", "running", "blocked", "ignored", "untouched")


class Standing(BaseModel):
    """One image's place: exactly one category, and the reason where there is one to tell."""

    image: ImageId
    category: Category
    rule: str
    why: str | None = None
    created_at: datetime | None = None
    definitions: list[ImageDefinitionId] = []


class KnownMigration(BaseModel):
    """What the task hub knows of an image's migration."""

    id: str
    status: MigrationStatus
    running: bool


Shelf = dict[ImageDefinitionId, list[ImageVersion]]


def target_definitions(image: ManagedImage, decision: Decision) -> list[ImageDefinitionId]:
    """The definitions that the policy gives the image, one per gallery; none where it gives no name."""
    naming = name_targets(image, decision.choices) if decision.action == "migrate" else None
    return [gallery.definition(naming.definition) for gallery in naming.galleries] if naming else []


def held_versions(
    image: ManagedImage, definitions: list[ImageDefinitionId], shelf: Shelf
) -> list[ImageVersion]:
    """The versions that hold the image's content, if every target definition has one that succeeded."""
    found = [version_made_from(image, shelf.get(definition, [])) for definition in definitions]
    held = [version for version in found if version is not None and version.provisioning_state == "Succeeded"]
    return held if definitions and len(held) == len(definitions) else []


def standing(
    image: ManagedImage,
    decision: Decision,
    definitions: list[ImageDefinitionId],
    known: KnownMigration | None,
    *,
    in_every_region: bool,
) -> Standing:
    """Where the image stands.

    `definitions` are those of `target_definitions`; `in_every_region` says that every target gallery has a version
    of this very content, replicated to all of its regions: Azure's own state, which outlives the task hub. What the
    task hub knows of an earlier content of the same name says nothing about this one.
    """
    place = Standing(
        image=image.id,
        category="untouched",
        rule=decision.rule,
        created_at=image.created_at,
        definitions=definitions,
    )
    if known is not None and known.running:
        return place.model_copy(update={"category": "running", "why": known.status.state.value})
    if decision.ignores:
        return place.model_copy(update={"category": "ignored", "why": f"rule: {decision.rule}"})
    if in_every_region:
        return place.model_copy(update={"category": "migrated"})
    if known is not None and known.status.fingerprint == image.fingerprint and _stopped(known.status.state):
        why = f"{known.status.state.value}: {known.status.reason or 'no reason was told'}"
        return place.model_copy(update={"category": "blocked", "why": why})
    return place


def _stopped(state: MigrationState) -> bool:
    """Whether a migration ended without its version being everywhere."""
    return state in ENDS and state not in (MigrationState.COMPLETED, MigrationState.SKIPPED)


def summary(standings: Iterable[Standing]) -> dict[str, Any]:
    """The coverage: how many images, how many in each category, why blocked and which rule ignored."""
    places = list(standings)
    counts = Counter(place.category for place in places)
    return {
        "images": len(places),
        **{category: counts[category] for category in CATEGORIES},
        "blocked_why": dict(Counter(place.why for place in places if place.category == "blocked")),
        "ignored_by": dict(Counter(place.rule for place in places if place.category == "ignored")),
    }
