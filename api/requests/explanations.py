"""Requests that ask why."""

from api.ids import AnyDefinitionId, AnyImageId, AnyVersionId
from api.requests.fields import Query
from domain.resources.ids import SubscriptionId
from domain.resources.regions import Region


class ExplainQuery(Query):
    """Which image."""

    image: AnyImageId
    """The managed image."""


class WhyQuery(Query):
    """Which version, and where it is to be used."""

    version: AnyVersionId
    """The image version; `latest` as its name stands for what it resolves to in the region."""
    region: Region
    """The region of the machine, in either spelling."""
    subscription: SubscriptionId | None = None
    """The subscription of the machine; without it, who can reach the gallery is not looked at."""


class HistoryQuery(Query):
    """Which definition."""

    definition: AnyDefinitionId
    """The image definition."""
