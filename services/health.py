"""Checks that the app can work."""

from datetime import datetime
from typing import NamedTuple

import azure.durable_functions as df

from services.container import services
from services.gauge import last_heard


class Health(NamedTuple):
    """The rules in force; `policy_problem` says why a newer policy is not in force, if there is one.

    `last_sweep` and `last_event` are when the app last looked for images and was last told of one.
    """

    rules: int
    policy_problem: str | None
    last_sweep: datetime | None
    last_event: datetime | None


async def check_health(client: df.DurableOrchestrationClient) -> Health:
    """Gets a token for the identity, reads the policy, and asks the task hub.

    Raises:
        ArmError: the identity gets no token.
        PolicyError: there is no policy that can be used.
        TaskHubError: the task hub does not answer.
    """
    await services().compute.check_token()
    policies = services().policies
    policy = await policies.current()
    heard = await last_heard(client)
    return Health(len(policy.rules), policies.problem, heard.sweep, heard.event)
