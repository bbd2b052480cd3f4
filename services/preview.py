"""Previews what a policy does with the images of a scope, without reading any gallery."""

import asyncio
from datetime import UTC, datetime

from adapters.policy_file import parse_policy
from domain.errors import ArmError
from domain.fleet.policy_preview import ImagePreview, preview_policy
from domain.fleet.scopes import Scope
from services.container import services


async def preview(policy_text: str | None, scope: Scope) -> list[ImagePreview]:
    """What each image of the scope gets by this policy, or by the one in force; starts nothing.

    Raises:
        PolicyError: the policy has errors.
        ArmError: the images cannot be read.
    """
    if policy_text is None:
        policy = await services().policies.current()
    else:
        # a long policy takes a second or two, in which others want answers
        policy = await asyncio.to_thread(parse_policy, policy_text, "in the request")
    look = services().looks.begin()
    seen = (await look.images([scope.subscription]))[scope.subscription]
    if (seen.extent, seen.dates) != ("whole", "whole"):
        raise look.error or ArmError(0, "NoAnswer", "the images were not read in time")
    # so does a fleet with it
    return await asyncio.to_thread(preview_policy, policy, scope, seen.values, datetime.now(UTC))
