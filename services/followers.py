"""Reads who follows a definition, in every subscription in which somebody may."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.azure.kept import is_missing
from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.promotion.followers import Gap, Machine, ScaleSet
from domain.resources.ids import ImageDefinitionId
from services.container import services

Listed = TypeVar("Listed")


async def expected_subscriptions(definition: ImageDefinitionId) -> list[str]:
    """The subscriptions in which followers may be: the gallery's, those of the settings, those that the identity sees.

    Raises:
        ArmError: the identity's subscriptions cannot be listed.
    """
    seen = await services().followers.subscriptions(definition.subscription)
    named = [definition.subscription, *services().settings.subscriptions, *seen]
    return list({name.lower(): name for name in reversed(named)}.values())[::-1]


async def read_scale_sets(definition: ImageDefinitionId) -> tuple[list[ScaleSet], list[Gap]]:
    """The scale sets of all expected subscriptions, and the subscriptions in which they cannot be read.

    Raises:
        ArmError: they may be readable later.
    """
    return await _everywhere(definition, services().followers.scale_sets)


async def read_machines(definition: ImageDefinitionId) -> tuple[list[Machine], list[Gap]]:
    """The virtual machines of all expected subscriptions, as `read_scale_sets` reads scale sets."""
    return await _everywhere(definition, services().followers.machines)


async def instance_versions(scale_set: ScaleSet) -> list[str | None]:
    """The exact version of each instance; none if the scale set is gone meanwhile.

    Raises:
        ArmError: they cannot be read.
    """
    try:
        return await services().followers.instance_versions(scale_set)
    except ArmError as error:
        if is_missing(error):
            return []
        raise


def gap_of(where: str, error: ArmError) -> Gap:
    """What cannot be read.

    Raises:
        ArmError: the error itself, if waiting helps.
    """
    if diagnose(error).retry != "never":
        raise error
    return Gap(where=where, reason=str(error))


async def _everywhere(
    definition: ImageDefinitionId, read: Callable[[str], Awaitable[list[Listed]]]
) -> tuple[list[Listed], list[Gap]]:
    found: list[Listed] = []
    gaps: list[Gap] = []
    for subscription in await expected_subscriptions(definition):
        try:
            found += await read(subscription)
        except ArmError as error:
            gaps.append(gap_of(f"subscription {subscription}", error))
    return found, gaps
