"""Previews what a policy does with the images of a scope, without reading any gallery."""

import asyncio
from datetime import UTC, datetime

from adapters.policy_file import parse_policy
from domain.fleet.batches import Scope
from domain.fleet.policy_preview import ImagePreview, preview_policy
from services.container import services


async def preview(policy_text: str | None, scope: Scope) -> list[ImagePreview]:
    """What each image of the scope gets by this policy, or by the one in force; starts nothing.

    Raises:
        PolicyError: the policy has errors.
    """
    if policy_text is None:
        policy = await services().policies.current()
    else:
        # a long policy takes a second or two, in which others want answers
        policy = await asyncio.to_thread(parse_policy, policy_text, "in the request")
    images = await services().compute.list_managed_images(scope.subscription)
    return preview_policy(policy, scope, images, datetime.now(UTC))
