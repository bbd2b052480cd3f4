"""The answer that says whether the app can work."""

from typing import Literal, Self

from api.answers.base import Answer
from domain.about import VERSION


class Health(Answer):
    """Whether the app can work."""

    status: Literal["healthy", "degraded"]
    """`degraded`: the newest policy has errors, and an older one stays in force."""
    version: str
    """The version of Gallerist."""
    rules: int
    """How many rules the policy in force has."""
    policy_problem: str | None
    """The errors of the newest policy."""

    @classmethod
    def of(cls, rules: int, policy_problem: str | None) -> Self:
        """The health, with what is wrong with the newest policy."""
        status: Literal["healthy", "degraded"] = "degraded" if policy_problem else "healthy"
        return cls(status=status, version=VERSION, rules=rules, policy_problem=policy_problem)
