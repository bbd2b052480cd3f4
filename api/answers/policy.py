"""The answer that says what a policy gives each image."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Self

from api.answers.base import Answer
from api.ids import AnyImageId
from domain.fleet.policy_preview import ImagePreview
from domain.policy.sections import PolicyStrategy
from domain.resources.galleries import TargetRegion


class PreviewedNumber(Answer):
    """Where a version's number would come from."""

    strategy: PolicyStrategy
    number: str | None
    """The number, as far as the image decides it."""


class PreviewedImage(Answer):
    """What a policy gives one image."""

    image: AnyImageId
    rule: str
    """The policy rule that matched the image."""
    action: Literal["migrate", "ignore", "blocked"]
    galleries: list[str]
    """The resource ids of the target galleries."""
    definition: str | None
    """The name of the image definition."""
    version: PreviewedNumber | None
    regions: list[TargetRegion]
    reason: str | None
    """Why the image would not be migrated."""

    @classmethod
    def of(cls, preview: ImagePreview) -> Self:
        """An image with what the policy gives it."""
        numbering = preview.version
        return cls(
            image=preview.image,
            rule=preview.rule,
            action=preview.action,
            galleries=[str(gallery) for gallery in preview.galleries],
            definition=preview.definition,
            version=PreviewedNumber(strategy=numbering.strategy, number=numbering.number)
            if numbering
            else None,
            regions=preview.regions,
            reason=preview.reason,
        )


class PolicyCounts(Answer):
    """How many images each action and each rule applies to."""

    actions: dict[str, int]
    rules: dict[str, int]


class PolicyCheck(Answer):
    """What a policy gives the images of a scope."""

    policy: Literal["in force", "given"]
    """Whether the policy came with the request."""
    total: int
    """How many images the scope has."""
    counts: PolicyCounts
    images: list[PreviewedImage]
    """The first images, up to the request's limit, in the order of their ids."""

    @classmethod
    def of(cls, previews: Sequence[ImagePreview], *, limit: int, given: bool) -> Self:
        """The first images in full, all of them counted."""
        counts = PolicyCounts(
            actions=Counter(preview.action for preview in previews),
            rules=Counter(preview.rule for preview in previews),
        )
        return cls(
            policy="given" if given else "in force",
            total=len(previews),
            counts=counts,
            images=[PreviewedImage.of(preview) for preview in previews[:limit]],
        )
