"""The faults of a rehearsal: what Azure does on a bad day, always the same for one seed."""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from domain.policy.naming import name_targets
from domain.policy.rules import Policy
from domain.resources.images import ManagedImage
from local.stack import Stack

COMPUTE = "/providers/Microsoft.Compute/"
# a migration sends about so many requests (measured with `make demo-fleet`)
REQUESTS_PER_IMAGE = 30
# of the requests; of two faults for one request only one happens
SHARE = 0.065
DEFINITIONS_WITH_A_BAD_REGION = 0.3


class Target(NamedTuple):
    """An image definition that versions are going to be made in, and a region of theirs."""

    definition: str
    region: str


def add_faults(stack: Stack, seed: int, images: int, targets: Sequence[Target]) -> None:
    """Requests that fail, are throttled, are cut off or lose their answer; regions that fail once."""
    chance = Random(seed)  # noqa: S311 # faults, not secrets
    kinds: list[dict[str, Any]] = [
        {"kind": "answer", "status": 503},
        {"kind": "answer", "status": 429, "code": "TooManyRequests", "retry_after": 60},
        {"kind": "answer", "status": 429, "code": "TooManyRequests"},
        {"kind": "drop"},
        {"kind": "lost-answer", "method": "PUT", "path": "/versions/"},
    ]
    requests = images * REQUESTS_PER_IMAGE
    for _ in range(round(requests * SHARE)):
        fault = {**chance.choice(kinds), "skip": chance.randrange(requests)}
        stack.control("POST", "faults", {"path": COMPUTE, **fault})
    for target in targets:
        if chance.random() < DEFINITIONS_WITH_A_BAD_REGION:
            version = f"/images/{target.definition}/versions/"
            fault = {"kind": "failed", "region": target.region, "version": version}
            stack.control("POST", "faults", fault)


def targets_of(policy: Policy, images: Sequence[ManagedImage], now: Any) -> list[Target]:
    """Returns where the policy sends the images, each definition once, in the order of their names."""
    found: dict[str, str] = {}
    for image in images:
        decision = policy.decide(image, now)
        naming = None if decision.ignores else name_targets(image, decision.choices)
        if naming is not None:
            regions = decision.choices.regions or []
            found[naming.definition] = regions[-1].name if regions else image.location
    return [Target(*one) for one in sorted(found.items())]
