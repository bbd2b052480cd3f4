"""How a plan proves the version: where a machine is started from it, and with what."""

from typing import TypeVar

from pydantic import BaseModel

from domain.policy.sections import Choices
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId, ResourceGroupId, ResourceId, SubnetId, SubscriptionScope
from domain.resources.permissions import PROOF_ACTIONS, SIZE_ACTIONS, SUBNET_ACTIONS
from domain.resources.regions import Region

Value = TypeVar("Value")


class Verification(BaseModel):
    """The decided proof of a version. `regions` are those in which a machine is started, the image's own first.

    Without `sizes`, the smallest that fit are tried.
    """

    regions: list[Region]
    resource_group: str
    subnets: dict[Region, SubnetId]
    sizes: list[str] = []
    agent: bool
    deadline_minutes: float


def verification_of(choices: Choices, regions: list[TargetRegion]) -> Verification | None:
    """Returns the proof that a decision's choices ask for; None if they ask for none.

    Raises:
        ValueError: the choices were not merged over the built-in policy, which leaves no part of it open.
    """
    verify = choices.verify
    if verify.mode != "boot":
        return None
    return Verification(
        regions=_regions(choices, regions),
        resource_group=verify.resource_group or "",
        subnets=verify.subnets or {},
        sizes=verify.sizes or [],
        agent=_decided(verify.agent),
        deadline_minutes=_decided(verify.deadline_minutes),
    )


def proof_scopes(
    verification: Verification | None, galleries: list[GalleryId]
) -> list[tuple[ResourceId, tuple[str, ...]]]:
    """Returns where the identity needs which actions to make the proofs: group, subnets and subscription."""
    if verification is None:
        return []
    scopes: dict[ResourceId, tuple[str, ...]] = {}
    for gallery in galleries:
        if verification.resource_group:
            group = ResourceGroupId.of(gallery.subscription, verification.resource_group)
            scopes[group] = PROOF_ACTIONS
        scopes[SubscriptionScope.of(gallery.subscription)] = SIZE_ACTIONS
    for region in verification.regions:
        if region in verification.subnets:
            scopes[verification.subnets[region]] = SUBNET_ACTIONS
    return list(scopes.items())


def _regions(choices: Choices, regions: list[TargetRegion]) -> list[str]:
    """The regions asked for; those that are named stay as they are, so that a check can find the wrong ones."""
    asked = choices.verify.regions
    names = [region.name for region in regions]
    if isinstance(asked, list):
        return sorted(asked, key=lambda name: names.index(name) if name in names else len(names))
    return names if asked == "all" else names[:1]


def _decided(value: Value | None) -> Value:
    if value is None:
        raise ValueError("the choices leave part of 'verify' open: merge them over the built-in policy")
    return value
