"""Requests about promotions and the adoption of a definition's versions."""

from typing import Literal

from pydantic import Field

from api.ids import AnyDefinitionId, AnyVersionId
from api.requests.fields import Body, Query
from domain.policy.second_half import Rings
from domain.policy.section import LONGEST_HOURS
from domain.resources.regions import Region


class StartPromotion(Body):
    """The version that becomes `latest`, and choices that override the policy."""

    version: AnyVersionId
    """The image version."""
    action: Literal["promote", "elect"] = "promote"
    """`elect` makes an older version `latest`: every higher one is excluded."""
    rings: Rings | None = None
    """The regions of each ring, in order. Regions in no ring come last."""
    bake_hours: float | None = Field(default=None, ge=0, le=LONGEST_HOURS)
    """How long at least each ring bakes before the next one begins."""
    regions: list[Region] | None = Field(default=None, min_length=1, max_length=100)
    """With `elect`: the regions to change; without them, all of the version's regions."""


class AdoptionQuery(Query):
    """Which definition."""

    definition: AnyDefinitionId
    """The image definition."""
