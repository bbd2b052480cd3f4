"""Requests about the policy."""

from pydantic import Field

from api.requests.fields import Body
from domain.fleet.scopes import Scope
from domain.policy.sections import LONGEST_POLICY

MOST_PREVIEWS = 1000


class CheckPolicy(Body):
    """A policy, and the images to try it on."""

    policy: str | None = Field(default=None, max_length=LONGEST_POLICY)
    """The policy as YAML; without it, the policy in force."""
    scope: Scope
    """The images to try the policy on."""
    limit: int = Field(default=100, ge=1, le=MOST_PREVIEWS)
    """How many images the answer lists. It counts all of them."""
