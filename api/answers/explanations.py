"""The answers that say why: what decided about an image."""

from datetime import datetime
from typing import Self

from api.answers.base import Answer
from api.ids import AnyDefinitionId, AnyGalleryId, AnyImageId, AnyVersionId
from domain.fleet.findings import Finding
from domain.fleet.history import PromotionLine, VersionLine
from domain.fleet.usable import Usable
from domain.planning.checks.check import Check
from domain.planning.plan import PolicyDraft
from domain.policy.explain import Decided, Explanation, TriedRule
from domain.policy.sections import Action, PolicyStrategy
from domain.promotion.latest import RegionLatest
from domain.resources.galleries import TargetRegion
from domain.resources.images import ManagedImage


class ChosenNames(Answer):
    """The names, regions and the number that follow from the choices for this image."""

    galleries: list[AnyGalleryId]
    definition: str
    publisher: str
    offer: str
    sku: str
    tags: dict[str, str]
    regions: list[TargetRegion]
    """The target regions, the image's own first: it is always one of them."""
    numbering: PolicyStrategy
    """Where the number comes from."""
    number: str | None
    """The number that the image itself determines, or the lowest one; null if it is the next free one."""

    @classmethod
    def of(cls, draft: PolicyDraft) -> Self | None:
        """The names of a draft; none if the image gets none."""
        naming = draft.naming
        if naming is None:
            return None
        return cls(
            galleries=naming.galleries,
            definition=naming.definition,
            publisher=naming.publisher,
            offer=naming.offer,
            sku=naming.sku,
            tags=naming.tags,
            regions=draft.regions,
            numbering=draft.numbering.strategy,
            number=draft.numbering.number,
        )


class ImageExplanation(Answer):
    """Which rule, tag, default or built-in value decided what about an image."""

    image: AnyImageId
    created_at: datetime | None
    action: Action
    action_by: str
    """Who decided the action: a tag, a rule or the defaults."""
    rule: str
    """The rule that matched, `defaults` if none did, or the tag that decided otherwise."""
    rules: list[TriedRule]
    """Every rule in its order, with the conditions that were tried."""
    choices: list[Decided]
    """Every choice that somebody made, and what it would be otherwise."""
    faults: list[str]
    """The image's `gallerist:` tags that cannot be read; they block the image."""
    names: ChosenNames | None
    """What follows for this image; null if the image is blocked before it gets a name, as `checks` say."""
    checks: list[Check]
    """What the policy and the image alone show, before any gallery is read."""

    @classmethod
    def of(cls, image: ManagedImage, explanation: Explanation, draft: PolicyDraft) -> Self:
        """The explanation of one image."""
        return cls(
            image=image.id,
            created_at=image.created_at,
            action=explanation.action,
            action_by=explanation.action_by,
            rule=explanation.rule,
            rules=explanation.rules,
            choices=explanation.choices,
            faults=explanation.faults,
            names=ChosenNames.of(draft),
            checks=draft.checks,
        )


class VersionInRegion(Answer):
    """Whether a machine in a region can use a version, and why."""

    version: AnyVersionId
    """The version; of `latest`, the one that it resolves to."""
    region: str
    subscription: str | None
    usable: Usable
    """`yes` as far as Azure shows it: the rights of those who create machines cannot be read, as `access` says."""
    latest: RegionLatest | None
    """What `latest` resolves to in the region; null if the versions cannot be read."""
    findings: list[Finding]
    """What was looked at, in the order of the causes."""


class DefinitionHistory(Answer):
    """The versions of a definition, and the promotions that decided what `latest` was."""

    definition: AnyDefinitionId
    latest: list[RegionLatest]
    """What `latest` resolves to now, per region."""
    versions: list[VersionLine]
    """All versions, those in the gallery's bin too, the highest first. `GET /api/lineage` says more of each."""
    promotions: list[PromotionLine]
    """Promotions, elections and rollbacks as their records have them, the newest first."""
    missing: list[str]
    """What could not be read, or was not looked at."""
