"""The answers that say whether the app can work, and what it lacks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from api.answers.base import Answer
from domain.about import VERSION
from domain.fleet.findings import Finding, Verdict, worst


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
    identity: Literal["ok"]
    """The app's identity gets tokens. Without one the answer is a 503, whose `code` says why."""
    last_sweep: datetime | None
    """When the sweep, which looks for images each hour, was last at work. At most a minute old."""
    last_event: datetime | None
    """When an event of Azure last started a migration, as far as the last gauge knows, which is taken each hour."""

    @classmethod
    def of(
        cls,
        rules: int,
        policy_problem: str | None,
        last_sweep: datetime | None,
        last_event: datetime | None,
    ) -> Self:
        """The health, with what is wrong with the newest policy."""
        return cls(
            status="degraded" if policy_problem else "healthy",
            version=VERSION,
            rules=rules,
            policy_problem=policy_problem,
            identity="ok",
            last_sweep=last_sweep,
            last_event=last_event,
        )


class Diagnosis(Answer):
    """What a deployment has and lacks."""

    version: str
    """The version of Gallerist."""
    verdict: Verdict
    """The worst of the findings."""
    findings: list[Finding]
    """What was looked at, in the order in which it should be mended."""

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Self:
        """These findings."""
        return cls(version=VERSION, verdict=worst(findings), findings=list(findings))
