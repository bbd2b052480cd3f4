"""Checks that the app can work."""

from typing import NamedTuple

from services.container import services


class Health(NamedTuple):
    """The rules in force; `policy_problem` says why a newer policy is not in force, if there is one."""

    rules: int
    policy_problem: str | None


async def check_health() -> Health:
    """Gets a token for the identity and reads the policy.

    Raises:
        ArmError: the identity gets no token.
        PolicyError: there is no policy that can be used.
    """
    await services().compute.check_token()
    policies = services().policies
    policy = await policies.current()
    return Health(len(policy.rules), policies.problem)
