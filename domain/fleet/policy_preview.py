"""What each image would get by a policy, told without looking at any gallery; a plan looks closer at one image."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from domain.fleet.batches import Scope
from domain.planning.checks.policy import check_decision, check_definition_name, name_does_not_fit
from domain.planning.numbering import Numbering, number_image
from domain.planning.plan import choose, target_regions
from domain.planning.requests import Overrides
from domain.policy.naming import name_targets
from domain.policy.rules import Decision, Policy
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId, ImageId
from domain.resources.images import ManagedImage


class Outlook(BaseModel):
    """What one image would get; `reason` says why it would get nothing."""

    image: ImageId
    rule: str
    action: Literal["migrate", "ignore", "blocked"]
    galleries: list[GalleryId] = []
    definition: str | None = None
    version: Numbering | None = None
    regions: list[TargetRegion] = []
    reason: str | None = None


def look_out(policy: Policy, scope: Scope, images: Iterable[ManagedImage], now: datetime) -> list[Outlook]:
    """What each image of the scope would get, in the order of their ids."""
    inside = sorted((image for image in images if scope.holds(image.id)), key=lambda image: image.id.key)
    return [outlook(policy, image, now) for image in inside]


def outlook(policy: Policy, image: ManagedImage, now: datetime) -> Outlook:
    """What the image would get, as far as the policy and the image alone can tell."""
    decision = choose(policy, image, Overrides(), now)
    told = Outlook(image=image.id, rule=decision.rule, action=decision.action)
    if decision.ignores:
        return told.model_copy(update={"reason": f"the policy ignores it ({decision.rule})"})
    try:
        return told.model_copy(update=_names(decision, image, now))
    except ValueError as error:
        return told.model_copy(update={"action": "blocked", "reason": str(error)})


def _names(decision: Decision, image: ManagedImage, now: datetime) -> dict[str, Any]:
    """The names, numbers and regions; raises ValueError where there are none."""
    failed = check_decision(decision)
    if failed:
        raise ValueError("; ".join(check.detail for check in failed))
    naming = name_targets(image, decision.choices)
    if naming is None:
        raise ValueError(name_does_not_fit(image, decision.choices).detail)
    named = check_definition_name(naming.definition)
    if named.verdict == "failed":
        raise ValueError(named.detail)
    return {
        "galleries": naming.galleries,
        "definition": naming.definition,
        "version": number_image(image, decision.choices, decision.number, now),
        "regions": target_regions(image, decision.choices),
    }


def summary(outlooks: Iterable[Outlook]) -> dict[str, dict[str, int]]:
    """How many images each action and each rule takes."""
    told = list(outlooks)
    return {
        "actions": dict(Counter(outlook.action for outlook in told)),
        "rules": dict(Counter(outlook.rule for outlook in told)),
    }
