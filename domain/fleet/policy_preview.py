"""What a policy would do with each image, decided without reading any gallery. A plan checks one image fully."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.field_errors import shortened
from domain.fleet.scopes import Scope
from domain.planning.numbering import Numbering
from domain.planning.plan import choose, draft_plan, skip_reason
from domain.planning.requests import Overrides
from domain.policy.rules import Policy
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId, ImageId
from domain.resources.images import ManagedImage


class ImagePreview(BaseModel):
    """What one image would get, or the `reason` why it would get nothing."""

    image: ImageId
    rule: str
    action: Literal["migrate", "ignore", "blocked"]
    galleries: list[GalleryId] = []
    definition: str | None = None
    version: Numbering | None = None
    regions: list[TargetRegion] = []
    reason: str | None = None


def preview_policy(
    policy: Policy, scope: Scope, images: Iterable[ManagedImage], now: datetime
) -> list[ImagePreview]:
    """Returns a preview of each image in the scope, ordered by id."""
    inside = sorted((image for image in images if scope.holds(image.id)), key=lambda image: image.id.key)
    return [preview_image(policy, image, now) for image in inside]


def preview_image(policy: Policy, image: ManagedImage, now: datetime) -> ImagePreview:
    """Returns what the policy and the image alone decide."""
    decision = choose(policy, image, Overrides(), now)
    if decision.ignores:
        return ImagePreview(image=image.id, rule=decision.rule, action="ignore", reason=skip_reason(decision))
    draft = draft_plan(image, decision, Overrides(), now)
    failures = [check.detail for check in draft.checks if check.verdict == "failed"]
    if draft.naming is None or failures:
        reason = shortened("; ".join(failures))
        return ImagePreview(image=image.id, rule=decision.rule, action="blocked", reason=reason)
    return ImagePreview(
        image=image.id,
        rule=decision.rule,
        action="migrate",
        galleries=draft.naming.galleries,
        definition=draft.naming.definition,
        version=draft.numbering,
        regions=draft.regions,
    )


def summary(previews: Iterable[ImagePreview]) -> dict[str, dict[str, int]]:
    """Counts the images per action and per rule."""
    listed = list(previews)
    return {
        "actions": dict(Counter(preview.action for preview in listed)),
        "rules": dict(Counter(preview.rule for preview in listed)),
    }
