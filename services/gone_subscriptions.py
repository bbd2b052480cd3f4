"""Takes a person's word that a subscription exists no more, so that scans are complete again without it."""

import logging

from domain.records.evidence import text_of
from domain.references.expected import (
    FOLDER,
    GoneSubscription,
    declared_gone,
    policy_subscriptions,
    remembered,
)
from services.container import services
from services.refusals import ConflictError, NotFoundError

logger = logging.getLogger(__name__)


async def declare_gone(gone: GoneSubscription) -> None:
    """Records it, unless the subscription is there. One that is seen again later is expected again.

    Nothing that Azure answers proves it: a subscription without rights looks like one that does not exist.

    Raises:
        NotFoundError: the subscription was never seen.
        ConflictError: it is seen now, the policy or the settings name it, or it was declared gone before.
        ArmError: the list of subscriptions, or the store of evidence, cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    here, name = services(), gone.subscription.lower()
    records = await here.evidence.names(FOLDER)
    if name in declared_gone(records):
        raise ConflictError(f"the subscription {name} was declared gone before")
    if name in await here.consumers.visible_subscriptions():
        raise ConflictError(f"the identity sees the subscription {name}: it is not gone")
    named = policy_subscriptions(await here.policies.current())
    if name in named | {one.lower() for one in here.settings.subscriptions}:
        raise ConflictError(
            f"the policy or the settings name the subscription {name}; take it out there first: what they name is "
            "always expected"
        )
    if name not in remembered(records):
        raise NotFoundError(f"the subscription {name} was never seen, so nothing expects it")
    await here.evidence.put(gone.name, text_of(gone))
    logger.warning("subscription %s is declared gone by %s: %s", name, gone.by, gone.reason)
