"""Explains what the policy in force decides about an image. Reads the image and the policy, no gallery."""

from datetime import UTC, datetime
from typing import NamedTuple

from domain.planning.plan import PolicyDraft, draft_plan
from domain.planning.requests import Overrides
from domain.policy.explain import Explanation, explain
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from services.container import services
from services.plan_migration import read_image


class ExplainedImage(NamedTuple):
    """An image, why the policy decides what it does, and the names and the number that follow from it."""

    image: ManagedImage
    explanation: Explanation
    draft: PolicyDraft


async def explain_image(image_id: ImageId) -> ExplainedImage:
    """Explains the decision about an image.

    Raises:
        NotFoundError: the image does not exist.
        NotYetError: ARM is still creating or changing the image.
        ArmError: the image cannot be read.
        PolicyError: there is no usable policy.
    """
    image = await read_image(image_id)
    policy, now = await services().policies.current(), datetime.now(UTC)
    draft = draft_plan(image, policy.decide(image, now), Overrides(), now)
    return ExplainedImage(image, explain(policy, image, now), draft)
