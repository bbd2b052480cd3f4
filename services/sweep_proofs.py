"""Deletes what crashes and terminated migrations left of proofs: only what is certainly ours, and has expired."""

import logging
from collections.abc import Awaitable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

from adapters.azure.machines import AzureMachines, MachineList
from domain.errors import ArmError
from domain.policy.rules import Policy
from domain.policy.sections import Choices
from domain.policy.templates import render
from domain.proofs.machine import has_expired, is_proof_name
from domain.resources.ids import GalleryId, ResourceGroupId
from services.container import services

logger = logging.getLogger(__name__)
Value = TypeVar("Value")


async def delete_left_machines(now: datetime) -> list[str]:
    """Begins to delete every expired machine of a proof, and expired disks and interfaces without one; returns names.

    It looks in the resource groups that the policy names for proofs, and touches only what has our tag, a name of our
    pattern, and a time that is over. A repeated call finds nothing left to delete.
    """
    policy = await services().policies.current()
    machines = services().machines
    deleted: list[str] = []
    for group in proof_groups(policy, services().settings.subscriptions):
        deleted += await _sweep(machines, group, now)
    return deleted


def proof_groups(policy: Policy, subscriptions: Iterable[str]) -> list[ResourceGroupId]:
    """The resource groups in which the policy, in its defaults or any of its rules, has proofs made.

    A gallery in the image's own subscription stands for one in each of these subscriptions.
    """
    found: dict[ResourceGroupId, None] = {}
    for choices in _all_choices(policy):
        name = choices.verify.resource_group
        for template in choices.galleries or []:
            for subscription in subscriptions if "{" in template else [""]:
                gallery = GalleryId.parse(render(template, {"subscription": subscription}))
                if name:
                    found[ResourceGroupId.of(gallery.subscription, name)] = None
    return list(found)


def _all_choices(policy: Policy) -> Iterable[Choices]:
    # proofs that the policy has switched off may have left something, too
    return [policy.choices_of(None), *(policy.choices_of(rule.name) for rule in policy.rules)]


async def _sweep(machines: AzureMachines, group: ResourceGroupId, now: datetime) -> list[str]:
    deleted: list[str] = []
    found = await _readable(machines.list_machines(group), group) or MachineList([])
    # Azure's clock, where it says the time: what has expired is decided by nobody else's
    now = found.at or now
    for machine in found.looks:
        expired = is_proof_name(machine.id.name) and has_expired(machine.tags, now)
        if expired and machine.provisioning_state != "Deleting":
            await _delete(machines.begin_delete_machine(machine.id), machine.id.name, deleted)
    for left in await _readable(machines.list_left(group), group) or []:
        # what a machine has goes with the machine
        if is_proof_name(left.name) and has_expired(left.tags, now) and left.machine is None:
            await _delete(machines.delete_left(left), left.name, deleted)
    return deleted


async def _readable(call: Awaitable[Value], group: ResourceGroupId) -> Value | None:
    try:
        return await call
    except ArmError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            logger.warning("what is left of proofs in %s cannot be listed: %s", group, error)
        return None


async def _delete(call: Awaitable[None], name: str, deleted: list[str]) -> None:
    """Deletes one resource; a refusal leaves the others alone."""
    try:
        await call
    except ArmError as error:
        logger.warning("%s, which a proof left, cannot be deleted: %s", name, error)
    else:
        deleted.append(name)
