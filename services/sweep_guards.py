"""Removes the policy assignments that terminated and purged retirements left: only what is certainly this app's."""

import logging

import azure.durable_functions as df

from domain.errors import ArmError
from domain.retirement.messages import guarded_retirement
from services.container import services
from services.refusals import ConflictError
from services.view_retirements import find_retirement

logger = logging.getLogger(__name__)


async def remove_left_guards(client: df.DurableOrchestrationClient) -> list[str]:
    """Removes the assignments, and their definitions, of retirements that do not run; returns what was removed.

    An assignment counts as this app's if its name has our pattern and its metadata names the app. It was placed after
    its retirement began, so one that is listed and does not run has ended; what a new start of that retirement needs is
    read back there and placed again. A repeated call finds nothing left. A definition without its assignment denies
    nothing and is left alone: to list definitions would take another right.
    """
    removed: list[str] = []
    for subscription in await _subscriptions():
        for name in await _guards(subscription):
            if await _is_over(client, name):
                await _remove(subscription, name, removed)
    return removed


async def _subscriptions() -> list[str]:
    """Every one where a retirement may have placed something: those of the settings, and those that are visible."""
    configured = [name.lower() for name in services().settings.subscriptions]
    try:
        visible = await services().consumers.visible_subscriptions()
    except ArmError as error:
        logger.warning("the subscriptions cannot be listed: %s", error)
        visible = []
    return sorted({*configured, *visible})


async def _guards(subscription: str) -> list[str]:
    """The app's assignments. Without the role of strict retirements it can place none, and list none."""
    try:
        return await services().guards.placed(subscription)
    except ArmError as error:
        logger.info("the policy assignments of %s cannot be listed: %s", subscription, error)
        return []


async def _is_over(client: df.DurableOrchestrationClient, name: str) -> bool:
    """Whether the retirement has ended, or the task hub has forgotten it. What cannot be read may run."""
    retirement = guarded_retirement(name)
    if retirement is None:
        return False
    try:
        record = await find_retirement(client, retirement)
    except ConflictError as error:
        logger.warning("%s stays: %s", name, error)
        return False
    return record is None or not record.running


async def _remove(subscription: str, name: str, removed: list[str]) -> None:
    """Removes one; a refusal leaves the others alone."""
    try:
        await services().guards.remove(subscription, name)
    except ArmError as error:
        logger.warning("%s in %s, which a retirement left, cannot be removed: %s", name, subscription, error)
    else:
        removed.append(f"{name} in {subscription}")
