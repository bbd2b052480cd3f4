"""Requests that compare what is wanted with what is there."""

from typing import Annotated

from pydantic import StringConstraints

from api.ids import AnyDefinitionId
from api.requests.fields import Query, SubscriptionQuery
from domain.resources.regions import Region


class DiffQuery(SubscriptionQuery):
    """Which images to compare."""

    resource_group: Annotated[str, StringConstraints(max_length=90)] | None = None
    """Only the images in resource groups of this name."""
    page: str | None = None
    """Where the page starts: follow `next` instead of setting it."""


class CheckQuery(Query):
    """Which definition to check."""

    definition: AnyDefinitionId
    """The image definition."""
    region: Region | None = None
    """Only this region; without it, all that the newest version has or the policy wants."""
